package licensespring_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

const (
	licensesURL       = "https://saas.licensespring.com/api/v1/licenses/"
	licenseID   int64 = 1933000000000021
)

// readLicense returns the license of GetLicense for a response.
func readLicense(t *testing.T, body string, options ...licensespring.Option) (*licensespring.LicenseRecord, error) {
	t.Helper()
	client, transport := mocked(t, options...)
	transport.RegisterResponder(http.MethodGet, licensesURL+"1933000000000021/", httpmock.NewStringResponder(http.StatusOK, body))
	return client.GetLicense(t.Context(), licenseID)
}

// Every form of a license is read, and what is unreadable in it stays absent.
func TestGetLicense(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/licenses/*.json")
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
			rec, err := readLicense(t, string(body))
			require.NoError(t, err)
			assert.Equal(t, string(body), string(rec.Raw()), "the whole response")

			text, err := json.MarshalIndent(rec, "", "  ")
			require.NoError(t, err)
			text = append(text, '\n')
			assert.Equal(t, string(golden(t, "licenses/"+name+".want.json", text)), string(text))

			// Decoding the record alone gives the same result, and so does decoding
			// what encoding/json has written.
			var again licensespring.LicenseRecord
			require.NoError(t, json.Unmarshal(body, &again))
			assertSameJSON(t, rec, &again)
			require.NoError(t, json.Unmarshal(text, &again))
			assertSameJSON(t, rec, &again)
		})
	}
	assert.GreaterOrEqual(t, n, 4)
}

func TestGetLicenseRequiresID(t *testing.T) {
	t.Parallel()
	client, transport := mocked(t)
	for _, id := range []int64{0, -1} {
		_, err := client.GetLicense(t.Context(), id)
		assertMatches(t, err, licensespring.ErrInvalidRequest, licensespring.ErrNotSent)
		assert.Contains(t, err.Error(), "get license: invalid request (not sent): id: is not an ID of the service")
	}
	assert.Zero(t, transport.GetTotalCallCount())
}

// A readable response that is not the requested license is an error, and it is not
// requested again.
func TestGetLicenseResponseIsAnother(t *testing.T) {
	t.Parallel()
	for body, detail := range map[string]string{
		`{}`:                              "the response is not a license",
		`{"message": "maintenance"}`:      "the response is not a license",
		`[]`:                              "the response is not a license",
		`[{"id": 1933000000000021}]`:      "the response is not a license",
		`null`:                            "the response is not a license",
		`"1933000000000021"`:              "the response is not a license",
		`{"id": null, "enabled": true}`:   "the response is not a license",
		`{"id": [1933000000000021]}`:      "the response is not a license",
		`{"id": 1933000000000021.5}`:      "the response is not a license",
		`{"id": 99999999999999999999999}`: "the response is not a license",
		`{"id": 1933000000000022}`:        "the response shows another license",
		`{"id": -1933000000000021}`:       "the response shows another license",
		`{"ID": 1933000000000021}`:        "the response is not a license",
		`{"id": 1933000000000021, "product_features": [` + strings.Repeat(`{},`, 100_000) + `{}]}`: "the response is not a license",
	} {
		rec, err := readLicense(t, body)
		assert.Nil(t, rec)
		assertMatches(t, err, licensespring.ErrBadResponse)
		assert.Contains(t, err.Error(), detail)
		assert.Len(t, errorOf(t, err).Attempts, 1)
		assertTerse(t, err)
	}
	spaced := " \n" + `{"id": 4, "id": "1.933000000000021e15"} ` // the last one of duplicates counts
	rec, err := readLicense(t, spaced)
	require.NoError(t, err)
	assert.Equal(t, licenseID, rec.ID)
	assert.Equal(t, []byte(spaced), []byte(rec.Raw()))
}

// respondingInTurn returns a client whose requests receive these statuses in turn,
// the last one for ever, with the bodies of them.
func respondingInTurn(t *testing.T, statuses []int, body func(status int) string, options ...licensespring.Option) (*licensespring.Client, *[]*http.Request) {
	t.Helper()
	var requests []*http.Request
	return newClient(t, testKey, append([]licensespring.Option{
		licensespring.WithHTTPClient(&http.Client{Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
			requests = append(requests, req)
			status := statuses[min(len(requests), len(statuses))-1]
			return response(req, status, body(status)), nil
		})}),
	}, options...)...), &requests
}

// The errors of all calls that read records. They have no outcome, repeat nothing of
// the query, and only transient ones are retried.
func TestRecordReadErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		statuses []int
		body     string
		kind     licensespring.ErrorKind
		list     licensespring.ErrorKind // of a list, if different
		attempts int
	}{
		{"401", []int{401}, `{"detail": "Invalid key."}`, licensespring.ErrUnauthorized, "", 1},
		{"403", []int{403}, `{"detail": "Authentication credentials were not provided."}`, licensespring.ErrUnauthorized, "", 1},
		// A list that does not exist does not prove that the license does not exist.
		{"404", []int{404}, `{"detail": "Not found."}`, licensespring.ErrNotFound, licensespring.ErrBadResponse, 1},
		{"400", []int{400}, `{"license_key": ["' ` + customerEmail + `' is malformed"]}`, licensespring.ErrInvalidRequest, "", 1},
		{"429", []int{429}, ``, licensespring.ErrRateLimited, "", 4},
		{"500", []int{500}, `<html>` + givenKey + `</html>`, licensespring.ErrUnavailable, "", 4},
		{"501", []int{501}, ``, licensespring.ErrUnavailable, "", 1},
		{"redirect", []int{302}, ``, licensespring.ErrRedirected, "", 1},
		{"503, then 403", []int{503, 403}, `{}`, licensespring.ErrUnauthorized, "", 2},
		{"cut", []int{200}, `{"id": 5, "results": [{"id": 5, "license_key": "` + givenKey, licensespring.ErrBadResponse, "", 4},
		{"HTML", []int{200}, `<html>https://internal.example</html>`, licensespring.ErrBadResponse, "", 4},
		{"too large", []int{200}, `{"id": 5, "results": [], "note": "` + strings.Repeat("x", 64<<10) + `"}`, licensespring.ErrBadResponse, "", 4},
		{"something else", []int{200}, `{"message": "welcome"}`, licensespring.ErrBadResponse, "", 1},
	}
	for _, tt := range tests {
		for name, read := range reads() {
			single, list := strings.HasPrefix(name, "get "), strings.HasPrefix(name, "list ") || name == "get license by key"
			if !single && !list {
				continue // TestReadErrors
			}
			t.Run(tt.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					client, _ := respondingInTurn(t, tt.statuses, func(int) string { return tt.body }, licensespring.WithMaxResponseBytes(64<<10))
					err := read(t.Context(), client)
					if list && tt.list != "" {
						assertMatches(t, err, tt.list)
					} else {
						assertMatches(t, err, tt.kind)
					}
					e := errorOf(t, err)
					assert.Equal(t, name, string(e.Op))
					assert.Empty(t, e.Outcome)
					assert.Len(t, e.Attempts, tt.attempts)
					assertTerse(t, err, "internal.example")
				})
			})
		}
	}
}

// listOf returns a page of a list without a next page.
func listOf(elements ...string) string {
	return `{"count": 1, "next": null, "previous": null, "results": [` + strings.Join(elements, ",") + `]}`
}

func TestGetLicenseByKey(t *testing.T) {
	t.Parallel()
	const (
		match   = `{"id": 21, "license_key": "` + givenKey + `"}`
		another = `{"id": 22, "license_key": "` + otherKey + `"}`
	)
	for _, tt := range []struct {
		name   string
		page   string
		kind   licensespring.ErrorKind // empty: license 21
		detail string
	}{
		{"match", listOf(match), "", ""},
		{"match among others", listOf(another, match, `{"id": 23, "license_key": null}`), "", ""},
		{"match beside an unreadable element", listOf(`7`, match), "", ""},
		{"match, and a next page", `{"next": "https://elsewhere.example/", "results": [` + match + `]}`, "", ""},
		{"none", listOf(), licensespring.ErrNotFound, "no license has this key"},
		{"none, and no next", `{"results": []}`, licensespring.ErrNotFound, "no license has this key"},
		{"two", listOf(match, `{"id": 24, "license_key": "`+givenKey+`"}`), licensespring.ErrBadResponse, "several licenses have this key"},
		{"another", listOf(another), licensespring.ErrBadResponse, "the service ignored the filter license_key"},
		{"many others", `{"next": "x", "results": [` + strings.Repeat(another+",", 99) + another + `]}`, licensespring.ErrBadResponse, "the service ignored the filter license_key"},
		{"in lower case", listOf(`{"id": 21, "license_key": "` + strings.ToLower(givenKey) + `"}`), licensespring.ErrBadResponse, "the service ignored the filter license_key"},
		{"with space", listOf(`{"id": 21, "license_key": " ` + givenKey + `"}`), licensespring.ErrBadResponse, "the service ignored the filter license_key"},
		{"key not shown", listOf(`{"id": 21}`), licensespring.ErrBadResponse, "the service ignored the filter license_key"},
		{"key unreadable", listOf(`{"id": 21, "license_key": ["` + givenKey + `"]}`), licensespring.ErrBadResponse, "the service ignored the filter license_key"},
		{"unreadable element", listOf(`"` + givenKey + `"`), licensespring.ErrBadResponse, "the list holds an element that is not a license"},
		{"empty, with a next page", `{"next": "x", "results": []}`, licensespring.ErrBadResponse, "the list is empty and names a next page"},
		{"no list", `{"results": {}}`, licensespring.ErrBadResponse, "the response is not a list of licenses"},
		{"a license", match, licensespring.ErrBadResponse, "the response is not a list of licenses"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client, requests := respondingInTurn(t, []int{200}, func(int) string { return tt.page })
			rec, err := client.GetLicenseByKey(t.Context(), givenKey)
			require.Len(t, *requests, 1)
			assert.Equal(t, url.Values{"license_key": {givenKey}, "limit": {"100"}}, (*requests)[0].URL.Query())
			if tt.kind == "" {
				require.NoError(t, err)
				assert.Equal(t, int64(21), rec.ID)
				assert.JSONEq(t, match, string(rec.Raw()))
				return
			}
			assert.Nil(t, rec)
			assertMatches(t, err, tt.kind)
			assert.Contains(t, err.Error(), tt.detail)
			assertTerse(t, err)
		})
	}
}

func TestGetLicenseByKeyRequiresKey(t *testing.T) {
	t.Parallel()
	client, transport := mocked(t)
	for _, row := range []struct {
		key  string
		rule licensespring.Rule
	}{
		{"", licensespring.RuleRequired},
		{" \t", licensespring.RuleRequired},
		{givenKey + "\n", licensespring.RuleSurroundingSpace}, // the service would find the key without it
		{"AB2C\tD3EF", licensespring.RuleControlCharacter},
		{"AB2C-\xff", licensespring.RuleInvalidText},
		{"AB2C-\x00-D3EF", licensespring.RuleInvalidText},
	} {
		_, err := client.GetLicenseByKey(t.Context(), row.key)
		assertMatches(t, err, licensespring.ErrInvalidRequest, licensespring.ErrNotSent)
		var invalid *licensespring.ValidationError
		require.ErrorAs(t, err, &invalid)
		assert.Equal(t, row.rule, invalid.Findings[0].Rule, "%q", row.key)
		assert.Equal(t, "license_key", invalid.Findings[0].Path)
		assertTerse(t, err)
	}
	assert.Zero(t, transport.GetTotalCallCount())
}

func TestLicenseRecordRejectsOtherJSON(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`[]`, `"x"`, `7`, `true`} {
		rec := licensespring.LicenseRecord{ID: 7}
		require.EqualError(t, json.Unmarshal([]byte(body), &rec), "licensespring: not a license record")
		assert.Equal(t, licensespring.LicenseRecord{ID: 7}, rec, "the record is unchanged")
	}
	var licenses []licensespring.LicenseRecord
	require.NoError(t, json.Unmarshal([]byte(`[{"id": 1}, {"id": "2", "enabled": false}]`), &licenses))
	assert.Equal(t, int64(2), licenses[1].ID)
	assert.Equal(t, new(false), licenses[1].Enabled)
	assert.Nil(t, licenses[0].Enabled)
}

// FuzzLicenseRecord checks that decoding any license does not panic, that its memory
// is bounded, and that its fields are those that encoding/json reads.
func FuzzLicenseRecord(f *testing.F) {
	files, err := filepath.Glob("testdata/licenses/*.json")
	require.NoError(f, err)
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(body)
	}
	for _, seed := range []string{
		`{"id": 1933000000000021, "id": "x"}`, `{"id": 1933000000000021, "metadata": [`, `{"id": 1933000000000022}`, `[]`, `null`, ``,
		`{"id": 1933000000000021, "license_users": [{}, {}], "license_user": {"id": 1}, "customer": {"customer": {}}}`,
		`{"id": 1933000000000021, "product_features": ["a", {"product_feature": {"product_feature": {}}}], "validity_period": "0000-00-00"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		client := newClient(t, testKey, licensespring.WithMaxAttempts(1), licensespring.WithHTTPClient(respondingWith(string(body))))
		rec, err := client.GetLicense(t.Context(), licenseID)
		if err != nil {
			assert.Nil(t, rec)
			require.ErrorIs(t, err, licensespring.ErrBadResponse)
			errorOf(t, err)
			return
		}
		require.True(t, json.Valid(body))
		assert.Equal(t, licenseID, rec.ID)
		assert.Equal(t, string(body), string(rec.Raw()))
		assert.LessOrEqual(t, len(rec.LicenseUsers)+len(rec.ProductFeatures), len(body))
		assert.LessOrEqual(t, len(rec.LicenseKey)+len(rec.Status)+len(rec.Note)+len(rec.SubscriptionID), 3*len(body)) // an invalid byte becomes three
		for _, when := range []time.Time{rec.ValidityPeriod, rec.TimeDisabled, rec.LastCheck, rec.CreatedAt, rec.UpdatedAt} {
			assert.True(t, when.IsZero() || when.Year() >= -1 && when.Year() <= 10_000, when)
			assert.Equal(t, time.UTC, when.Location())
		}
		var plain map[string]any
		require.NoError(t, json.Unmarshal(body, &plain))
		if enabled, ok := plain["enabled"].(bool); ok {
			assert.Equal(t, new(enabled), rec.Enabled)
		} else if _, shown := plain["enabled"]; !shown {
			assert.Nil(t, rec.Enabled)
		}

		// It can be encoded and decoded again, without a password.
		kept, err := json.Marshal(rec)
		require.NoError(t, err)
		var again licensespring.LicenseRecord
		require.NoError(t, json.Unmarshal(kept, &again))
		for _, u := range again.LicenseUsers {
			assert.True(t, u.InitialPassword.IsZero())
		}
	})
}
