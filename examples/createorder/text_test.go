package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/http"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// TestTextFiles reads an order in the encodings and with the line ends that editors
// and PowerShell write.
func TestTextFiles(t *testing.T) {
	t.Parallel()
	const document = "{\"id\": \"é€\U0001f600\ufffd\",\n\"items\": [{\"product_code\": \"acmecad\",\n\"licenses\": [{\"max_activations\": 3.0}]}]}\n\n"
	encodeUTF16 := func(order binary.AppendByteOrder) func(string) string {
		return func(s string) string {
			b := order.AppendUint16(nil, 0xfeff)
			for _, unit := range utf16.Encode([]rune(s)) {
				b = order.AppendUint16(b, unit)
			}
			return string(b)
		}
	}
	for name, encode := range map[string]func(string) string{
		"UTF-8":                   func(s string) string { return s },
		"UTF-8, byte order mark":  func(s string) string { return bomUTF8 + s },
		"UTF-16 in little endian": encodeUTF16(binary.LittleEndian),
		"UTF-16 in big endian":    encodeUTF16(binary.BigEndian),
	} {
		for _, end := range []string{"\n", "\r\n", "\r"} {
			order, err := readOrder("test", strings.NewReader(encode(strings.ReplaceAll(document, "\n", end))))
			require.NoError(t, err, "%s, %q", name, end)
			assert.Equal(t, "é€\U0001f600\ufffd", order.ID)
			assert.Equal(t, 3, *order.Items[0].Licenses[0].MaxActivations)
		}
	}
}

func TestWholeNumbers(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]string{
		`{"a":3.0,"b":[-1.000,0.0],"c":"3.0","d\"":2.0}`: `{"a":3,"b":[-1,0],"c":"3.0","d\"":2}`,
		`{"a":3.01,"b":3.0e1,"c":3.10,"d":30}`:           `{"a":3.01,"b":3.0e1,"c":3.10,"d":30}`,
	} {
		assert.Equal(t, want, string(wholeNumbers([]byte(document))))
	}
}

// TestProxyTimeout lets a proxy respond instead of the service, which has created the
// order. The status does not tell, so the lookup decides.
func TestProxyTimeout(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusRequestTimeout, 499, 460, http.StatusBadGateway} {
		srv := newServer(t)
		srv.Inject(licensespringtest.Status(status, licensespringtest.Stored()).On(licensespringtest.CreateOrder))
		got := runWith(t.Context(), environment(srv), "")
		assert.Equal(t, exitOK, got.code, "status %d: %s", status, got.stderr)
		assert.Contains(t, got.stdout, ": recovered")
		assert.Len(t, srv.Orders(), 1)
	}
}

// TestReportError checks that the outcome decides about the exit code, whatever other
// errors the error contains.
func TestReportError(t *testing.T) {
	t.Parallel()
	kinds := []licensespring.ErrorKind{
		licensespring.ErrInvalidRequest, licensespring.ErrUnauthorized, licensespring.ErrRateLimited, licensespring.ErrUnavailable,
		licensespring.ErrOutcomeUnknown, licensespring.ErrNotSent, licensespring.ErrOrderConflict,
	}
	for outcome, want := range map[licensespring.Outcome]int{
		licensespring.OutcomeUnknown:  exitUnknown,
		licensespring.OutcomeNotSent:  exitNotSent,
		licensespring.OutcomeRejected: exitRejected,
		"":                            exitFailed,
	} {
		for _, kind := range kinds {
			failed := &licensespring.Error{Op: licensespring.OpCreateOrder, Kind: kind, Outcome: outcome}
			var out bytes.Buffer
			assert.Equal(t, want, reportError(&out, failed), "%s, %s", outcome, kind)

			invalid := &licensespring.ValidationError{Findings: []licensespring.Finding{{Path: "id", Severity: licensespring.SeverityError}}}
			both := errors.Join(invalid, failed)
			wantBoth := want
			if outcome == licensespring.OutcomeNotSent || outcome == "" {
				wantBoth = exitUsage // nothing was sent
			}
			assert.Equal(t, wantBoth, reportError(&out, both), "%s, %s", outcome, kind)
		}
	}
}
