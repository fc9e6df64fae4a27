package licensespring

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FuzzLicenseUpdate builds updates and states from bytes. Whatever they hold, they can
// be checked, compared and, if the check finds no error, encoded as JSON without null.
// A record that shows what was sent does not differ.
func FuzzLicenseUpdate(f *testing.F) {
	f.Add([]byte("\x00"), []byte(`{"id":7}`))
	f.Add([]byte("\xff\x01\x07\x05\x0d\xff\x01\x01\xff\x03\xff\x01\xff\x04note\xff\x02"), []byte(`{"id":7,"validity_period":null,"metadata":{"a":1},"license_users":[]}`))
	f.Add([]byte("every\xffmember\xff\xfe\x01\x02\x03\x04\x05\xffand more\xff\xff\xff\x10\x20\x30"), []byte(`{"id":7,"enabled":"x","product_features":[{"product_feature":{"code":"f"}},7],"license_users":[{"true_email":"a@b.c"}]}`))
	client, err := New("AAAAAAAA.00000000000000000000000000000000")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, data, record []byte) {
		b := &builder{data: data}
		var (
			update LicenseUpdate
			state  LicenseState
		)
		update.fields(b)
		state.fields(b)
		state.AllowShorten, state.AllowEnable = b.bool(), b.bool()
		user := UserAssignment{}
		user.fields(b)

		rec := new(LicenseRecord)
		if json.Unmarshal(record, rec) != nil {
			rec = new(LicenseRecord)
		}
		_ = state.Diff(rec)
		_, _ = client.PreviewEnsureLicense(rec, state)
		_ = state.Check()
		for _, w := range []*licenseWrite{updateWrite(7, &update), featuresWrite(7, state.ProductFeatures), assignWrite(7, &user)} {
			req, findings, err := client.encode(w)
			assert.Equal(t, errorsAmong(findings) == nil, err == nil, "%v: %v", findings, err)
			if err == nil {
				requireNoNull(t, req.Body)
			}
		}
		if update.Validate() == nil {
			requireSame(t, client, &update)
		}
	})
}

// requireNoNull checks that a body is JSON without null, except in metadata and extra
// members, which the caller determines.
func requireNoNull(t *testing.T, body []byte) {
	t.Helper()
	var members map[string]any
	require.NoError(t, json.Unmarshal(body, &members), "%s", body)
	for name, value := range members {
		assert.NotNil(t, value, "%s: %s", name, body)
	}
}

// requireSame checks that an update does not differ from a record that shows it.
func requireSame(t *testing.T, client *Client, update *LicenseUpdate) {
	t.Helper()
	compared := *update
	compared.Extra, compared.MaintenanceDuration = nil, Duration{}
	body, err := appendUpdate(nil, &compared, client.cfg.dialect)
	require.NoError(t, err)
	rec := new(LicenseRecord)
	shown := strings.TrimSuffix(`{"id":7,`+string(body[1:len(body)-1]), ",") + "}"
	require.NoError(t, json.Unmarshal([]byte(shown), rec), "%s", shown)
	assert.Empty(t, compareLicense(&compared, rec, new(*bool)).differences, "%s", body)
}

// builder is the visitor that sets members to values from bytes.
type builder struct{ data []byte }

func (b *builder) byte() byte {
	if len(b.data) == 0 {
		return 0
	}
	first := b.data[0]
	b.data = b.data[1:]
	return first
}

func (b *builder) bool() bool { return b.byte()%2 == 1 }

// text returns a text that some member accepts, or any.
func (b *builder) text() string {
	texts := []string{"week", "monthly", "y", "d", "min", "render", "a@example.com", "B@example.com", "product_feature", "valid_duration", "null", "{}"}
	if i := int(b.byte()) % (2 * len(texts)); i < len(texts) {
		return texts[i]
	}
	n := min(int(b.byte()%16), len(b.data))
	s := string(b.data[:n])
	b.data = b.data[n:]
	return s
}

func (b *builder) number() int {
	n := int(int8(b.byte()))
	if n == math.MinInt8 {
		return math.MaxInt
	}
	return n
}

func (b *builder) date() Date {
	return Date{Year: 2000 + b.number(), Month: 1 + time.Month(b.byte()%13), Day: int(b.byte() % 33)}
}

func (b *builder) value() any {
	switch b.byte() % 6 {
	case 0:
		return nil
	case 1:
		return b.text()
	case 2:
		return float64(b.number()) / 2
	case 3:
		return b.bool()
	case 4:
		return map[string]any{b.text(): b.number()}
	default:
		return []any{b.text(), json.Number(b.text()), math.Inf(1)}
	}
}

// member sets a field, in one of four cases.
func (b *builder) member(_ string, p any) {
	if b.byte()%4 != 1 {
		return
	}
	switch p := p.(type) {
	case *string:
		*p = b.text()
	case *ConsumptionPeriod:
		*p = ConsumptionPeriod(b.text())
	case *Secret:
		*p = NewSecret(b.text())
	case **string:
		*p = new(b.text())
	case **bool:
		*p = new(b.bool())
	case **int:
		*p = new(b.number())
	case **int64:
		*p = new(int64(b.number()))
	case **float64:
		*p = new(float64(b.number()) / 3)
	case *Date:
		*p = b.date()
	case *Duration:
		*p = Duration{Count: b.number(), Unit: DurationUnit(b.text())}
	case *map[string]any:
		*p = map[string]any{b.text(): b.value(), b.text(): b.value()}
	case *[]ProductFeature:
		*p = make([]ProductFeature, b.byte()%4)
		for i := range *p {
			(*p)[i].fields(b)
		}
	case *[]UserAssignment:
		*p = make([]UserAssignment, b.byte()%4)
		for i := range *p {
			(*p)[i].fields(b)
		}
	default:
		panic(fmt.Sprintf("unknown type %T", p))
	}
}

func (b *builder) extra(_ object, extra *map[string]json.RawMessage) {
	if b.byte()%4 == 1 {
		*extra = map[string]json.RawMessage{b.text(): json.RawMessage(b.text())}
	}
}
