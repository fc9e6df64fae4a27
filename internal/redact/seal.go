package redact

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"
)

// sealer encrypts with keys of this process.
type sealer struct {
	block cipher.Block
	mac   []byte // key of the initial values
}

//nolint:gochecknoglobals // created once and never changed
var processSealer = sync.OnceValue(func() sealer {
	keys := make([]byte, 64)
	_, _ = rand.Read(keys)                 // never fails
	block, err := aes.NewCipher(keys[:32]) // the size is valid
	if err != nil {
		panic(err)
	}
	return sealer{block: block, mac: keys[32:]}
})

// Seal encrypts a text in a form that can be printed. The same text has the same
// form within a process, so that sealed texts can be compared, and another one in
// each process. It protects against printers that use reflection, not against a
// reader of the memory.
func Seal(text string) string {
	s := processSealer()
	mac := hmac.New(sha256.New, s.mac)
	_, _ = mac.Write([]byte(text)) // never fails
	sealed := mac.Sum(nil)[:aes.BlockSize]
	sealed = append(sealed, text...)
	s.crypt(sealed)
	return Mark + hex.EncodeToString(sealed)
}

// Open returns the text of Seal, and "" for anything else.
func Open(sealed string) string {
	b, err := hex.DecodeString(strings.TrimPrefix(sealed, Mark))
	if err != nil || len(b) < aes.BlockSize {
		return ""
	}
	processSealer().crypt(b)
	return string(b[aes.BlockSize:])
}

// crypt encrypts or decrypts what follows the initial value.
func (s sealer) crypt(b []byte) {
	cipher.NewCTR(s.block, b[:aes.BlockSize]).XORKeyStream(b[aes.BlockSize:], b[aes.BlockSize:])
}
