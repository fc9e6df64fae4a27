package redact

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"sync"
)

// keys are the keys of this process: of the initial values, and of the key streams.
type keys struct{ value, stream [sha256.Size]byte }

//nolint:gochecknoglobals // created once and never changed
var processKeys = sync.OnceValue(func() *keys {
	k := &keys{}
	_, _ = rand.Read(k.value[:]) // never fails
	_, _ = rand.Read(k.stream[:])
	return k
})

// valueSize is the size of the initial value of a sealed text.
const valueSize = 16

// Seal encrypts a text in a form that can be printed. The same text has the same
// form within a process, so that sealed texts can be compared, and another one in
// each process. It protects against printers that use reflection, not against a
// reader of the memory.
func Seal(text string) string {
	var buffer, printed [256]byte // most texts need one allocation, the result
	k := processKeys()
	b := append(append(buffer[:0], k.value[:]...), text...)
	value := sha256.Sum256(b)
	b = append(append(b[:0], value[:valueSize]...), text...)
	k.crypt(b)
	return string(hex.AppendEncode(append(printed[:0], Mark...), b))
}

// Open returns the text of Seal, and "" for anything else.
func Open(sealed string) string {
	hexText, ok := strings.CutPrefix(sealed, Mark)
	if !ok {
		return ""
	}
	var buffer [256]byte
	b, err := hex.AppendDecode(buffer[:0], []byte(hexText))
	if err != nil || len(b) < valueSize {
		return ""
	}
	processKeys().crypt(b)
	return string(b[valueSize:])
}

// crypt encrypts or decrypts what follows the initial value in b: it adds the hashes
// of the key, the initial value and a counter.
func (k *keys) crypt(b []byte) {
	var seed [sha256.Size + valueSize + 8]byte
	copy(seed[copy(seed[:], k.stream[:]):], b[:valueSize])
	text := b[valueSize:]
	for i := 0; i*sha256.Size < len(text); i++ {
		binary.BigEndian.PutUint64(seed[sha256.Size+valueSize:], uint64(i))
		stream := sha256.Sum256(seed[:])
		for j := range text[i*sha256.Size : min(len(text), (i+1)*sha256.Size)] {
			text[i*sha256.Size+j] ^= stream[j]
		}
	}
}
