package licensespring_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

// decoded is what a program reads from a response.
type decoded struct {
	Outcome  licensespring.Outcome      `json:"outcome"`
	Warnings []string                   `json:"warnings"`
	Keys     []string                   `json:"keys"`
	Users    []string                   `json:"users"` // with their passwords
	Record   *licensespring.OrderRecord `json:"record"`
}

// receivedResponse returns the result of CreateOrder for a small order and the
// given response.
func receivedResponse(t *testing.T, body []byte) *licensespring.OrderResult {
	t.Helper()
	client := newClient(t, testKey, licensespring.WithHTTPClient(&http.Client{Transport: fixedResponse{body: body}}))
	res, err := client.CreateOrder(t.Context(), licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense()))
	require.NoError(t, err, "a created order is never lost")
	return res
}

// TestResponses reads every known form of a response: none of them loses a
// created order.
func TestResponses(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/responses/*.json")
	require.NoError(t, err)
	n := 0
	for _, file := range files {
		if strings.HasSuffix(file, ".want.json") {
			continue
		}
		n++
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := os.ReadFile(file)
			require.NoError(t, err)
			res := receivedResponse(t, body)
			assert.Equal(t, string(body), string(res.Raw()))
			assert.Equal(t, string(body), string(res.Order.Raw()))

			got := decoded{Outcome: res.Outcome, Keys: res.Order.LicenseKeys(), Record: res.Order}
			for _, w := range res.Warnings {
				assert.Equal(t, licensespring.SeverityWarning, w.Severity)
				got.Warnings = append(got.Warnings, strings.TrimSpace(w.Path+" "+string(w.Rule)))
			}
			for _, u := range res.Order.Users() {
				got.Users = append(got.Users, u.Email+" "+u.InitialPassword.Reveal())
			}
			text, err := json.MarshalIndent(got, "", "  ")
			require.NoError(t, err)
			text = append(text, '\n')
			assert.Equal(t, string(golden(t, "responses/"+name+".want.json", text)), string(text))

			// Decoding the record alone gives the same result.
			var again licensespring.OrderRecord
			require.NoError(t, json.Unmarshal(body, &again))
			assertSameJSON(t, res.Order, &again)
		})
	}
	assert.GreaterOrEqual(t, n, 17)
}

func assertSameJSON(t *testing.T, want, got any) {
	t.Helper()
	a, err := json.Marshal(want)
	require.NoError(t, err)
	b, err := json.Marshal(got)
	require.NoError(t, err)
	assert.Equal(t, string(a), string(b))
}

// A record can be encoded as JSON and decoded again, without the passwords and
// without any text in their place.
func TestRecordRoundTrip(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"full_classic", "full_current", "users", "legacy", "customer_number", "dates", "bundle"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := os.ReadFile("testdata/responses/" + name + ".json")
			require.NoError(t, err)
			rec := receivedResponse(t, body).Order
			kept, err := json.Marshal(rec)
			require.NoError(t, err)
			assert.NotContains(t, string(kept), "s3cret")

			var again licensespring.OrderRecord
			require.NoError(t, json.Unmarshal(kept, &again))
			for _, u := range again.Users() {
				assert.True(t, u.InitialPassword.IsZero(), "%q is not the zero Secret", u.InitialPassword.Reveal())
			}
			assert.Equal(t, rec.LicenseKeys(), again.LicenseKeys())
			require.Len(t, again.Users(), len(rec.Users()))

			second, err := json.Marshal(&again)
			require.NoError(t, err)
			assert.JSONEq(t, strings.ReplaceAll(string(kept), `,"initial_password":"[redacted]"`, ""), string(second))
		})
	}
}

func TestRecordRejectsOtherJSON(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`[]`, `"x"`, `7`, `true`} {
		var rec licensespring.OrderRecord
		err := json.Unmarshal([]byte(body), &rec)
		require.EqualError(t, err, "licensespring: not an order record")
	}
	var rec licensespring.OrderRecord
	require.Error(t, rec.UnmarshalJSON([]byte(`{"id": `)))
	require.Error(t, rec.UnmarshalJSON(nil))

	var orders []licensespring.OrderRecord
	require.NoError(t, json.Unmarshal([]byte(`[{"id": 1}, {"id": "2"}]`), &orders))
	assert.Equal(t, int64(2), orders[1].ID)
}

// A record shares no memory with its input or with the results of Raw.
func TestRecordSharesNothing(t *testing.T) {
	t.Parallel()
	body := []byte(`{"id": 1, "store_id": "inv-1", "order_items": [{"licenses": [{"license_key": "A"}]}]}`)
	var rec licensespring.OrderRecord
	require.NoError(t, rec.UnmarshalJSON(body))
	for i := range body {
		body[i] = 'x'
	}
	assert.Contains(t, string(rec.Raw()), "inv-1")
	rec.Raw()[0] = 'x'
	assert.Equal(t, byte('{'), rec.Raw()[0])
	l := &rec.OrderItems[0].Licenses[0]
	assert.JSONEq(t, `{"license_key": "A"}`, string(l.Raw()))
	l.Raw()[0] = 'x'
	assert.JSONEq(t, `{"license_key": "A"}`, string(l.Raw()))

	// Records that were not decoded have no raw JSON.
	assert.Nil(t, new(licensespring.OrderRecord).Raw())
	assert.Nil(t, new(licensespring.ItemRecord).Raw())
	assert.Nil(t, new(licensespring.LicenseRecord).Raw())
	assert.Nil(t, new(licensespring.FeatureRecord).Raw())
	assert.Nil(t, new(licensespring.UserRecord).Raw())
	assert.Nil(t, new(licensespring.OrderResult).Raw())
}

// Members without a field are in the raw JSON.
func TestRecordKeepsEveryMember(t *testing.T) {
	t.Parallel()
	var rec licensespring.OrderRecord
	require.NoError(t, json.Unmarshal([]byte(`{"x": 0, "order_items": [{"x": 1, "licenses": [
		{"x": 2, "product_features": [{"x": 3}], "license_users": [{"x": 4}]}]}]}`), &rec))
	item := &rec.OrderItems[0]
	l := &item.Licenses[0]
	for n, raw := range []json.RawMessage{rec.Raw(), item.Raw(), l.Raw(), l.ProductFeatures[0].Raw(), l.LicenseUsers[0].Raw()} {
		var got struct{ X *int }
		require.NoError(t, json.Unmarshal(raw, &got))
		require.NotNil(t, got.X)
		assert.Equal(t, n, *got.X)
	}
}

// The raw JSON contains the passwords; no printer shows them.
func TestRecordShowsNoPassword(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("testdata/responses/full_classic.json")
	require.NoError(t, err)
	res := receivedResponse(t, body)
	require.Contains(t, string(res.Raw()), "s3cret-pass")
	for _, v := range []any{res, *res, res.Order, *res.Order, res.Order.OrderItems, res.Order.OrderItems[1].Licenses[0], res.Order.Users()} {
		for _, text := range printed(t, v) {
			assert.NotContains(t, text, "s3cret")
			assert.NotContains(t, text, fmt.Sprintf("%x", "s3cret"))
		}
	}
}

// The number of warnings about unreadable members is bounded.
func TestUnreadableMembersAreBounded(t *testing.T) {
	t.Parallel()
	res := receivedResponse(t, []byte(`{"id": 1, "store_id": "inv-1", "order_items": [`+strings.Repeat(`{"id": [], "licenses": []},`, 500)+`{"id": 1, "licenses": [{}]}]}`))
	n := 0
	for _, w := range res.Warnings {
		if w.Rule == licensespring.RuleUnreadableMember {
			n++
		}
	}
	assert.Equal(t, 20, n)
	assert.Equal(t, "response.order_items[0].id", res.Warnings[0].Path)
	assert.Len(t, res.Order.OrderItems, 501)
}

// A warning contains the full path of the unreadable member, at any depth.
func TestUnreadableMembersHavePaths(t *testing.T) {
	t.Parallel()
	res := receivedResponse(t, []byte(`{"id": 1, "store_id": "inv-1", "order_items": [{"product": {"id": []}, "licenses": [
		{"license_user": {"id": []}, "product_features": [7, {"product_feature": {"code": [], "product_feature": {"code": 1}}}]}]}]}`))
	var paths []string
	for _, w := range res.Warnings {
		if w.Rule == licensespring.RuleUnreadableMember {
			paths = append(paths, w.Path)
		}
	}
	assert.Equal(t, []string{
		"response.order_items[0].product.id",
		"response.order_items[0].licenses[0].license_user.id",
		"response.order_items[0].licenses[0].product_features[0]",
		"response.order_items[0].licenses[0].product_features[1].product_feature.code",
	}, paths)
}

// FuzzOrderRecord checks that decoding any response does not panic, and that an
// order with a readable id and licenses is not lost.
func FuzzOrderRecord(f *testing.F) {
	files, err := filepath.Glob("testdata/responses/*.json")
	require.NoError(f, err)
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(body)
	}
	f.Add([]byte(`{"id":1,"store_id":"inv-1","order_items":[{"licenses":[{"license_key":"K"}]}]}`))
	f.Add([]byte(`{"id":1,"St\u006fre_id":"inv-1","order_items":[]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var rec licensespring.OrderRecord
		err := rec.UnmarshalJSON(body)
		if !json.Valid(body) || !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) {
			require.Error(t, err)
			return
		}
		if err != nil && strings.Contains(err.Error(), "more records") {
			return // "{},{},{}, …" and hardly a text: see TestHostileNumberOfRecords
		}
		require.NoError(t, err)
		assert.Equal(t, string(body), string(rec.Raw()))

		// The fields that matter agree with encoding/json.
		var plain struct {
			ID         *int64  `json:"id"`
			StoreID    *string `json:"store_id"`
			OrderItems []struct {
				Licenses []struct {
					LicenseKey string `json:"license_key"`
				} `json:"licenses"`
			} `json:"order_items"`
		}
		if json.Unmarshal(body, &plain) == nil && !ambiguous(body) {
			if plain.ID != nil && *plain.ID != 0 {
				assert.Equal(t, *plain.ID, rec.ID)
			}
			if plain.StoreID != nil && *plain.StoreID != "" {
				assert.Equal(t, *plain.StoreID, rec.StoreID)
			}
			var keys []string
			for _, item := range plain.OrderItems {
				for _, l := range item.Licenses {
					if l.LicenseKey != "" {
						keys = append(keys, l.LicenseKey)
					}
				}
			}
			assert.Equal(t, keys, rec.LicenseKeys())
		}

		// It can be encoded and decoded again, without a password.
		kept, err := json.Marshal(&rec)
		require.NoError(t, err)
		var again licensespring.OrderRecord
		require.NoError(t, json.Unmarshal(kept, &again))
		assert.Equal(t, rec.LicenseKeys(), again.LicenseKeys())
		for _, u := range again.Users() {
			assert.True(t, u.InitialPassword.IsZero())
		}

		// The comparison with an order ends.
		client := newClient(t, testKey, licensespring.WithMaxAttempts(1), licensespring.WithRetryWaits(1, 1),
			licensespring.WithHTTPClient(&http.Client{Transport: fixedResponse{body: body}}))
		res, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
		if err != nil {
			errorOf(t, err)
		} else {
			assert.NotNil(t, res.Order)
		}
	})
}

// ambiguous reports bodies that encoding/json may read differently: those with
// duplicate members or with names in another case, which encoding/json accepts.
func ambiguous(body []byte) bool {
	return isAmbiguous(json.NewDecoder(bytes.NewReader(body)))
}

func isAmbiguous(dec *json.Decoder) bool {
	token, err := dec.Token()
	if err != nil {
		return true
	}
	open, ok := token.(json.Delim)
	if !ok {
		return false
	}
	names := make(map[string]bool)
	for dec.More() {
		if open == '{' {
			token, err := dec.Token()
			name, _ := token.(string)
			if err != nil || names[name] || slices.ContainsFunc(
				[]string{"id", "order_id", "store_id", "order_items", "licenses", "license_key"},
				func(known string) bool { return name != known && strings.EqualFold(name, known) },
			) {
				return true
			}
			names[name] = true
		}
		if isAmbiguous(dec) {
			return true
		}
	}
	_, err = dec.Token()
	return err != nil
}
