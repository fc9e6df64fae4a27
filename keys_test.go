package licensespring_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestGenerateLicenseKeys(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	for _, n := range []int{1, 7, 1000} {
		keys, err := client.GenerateLicenseKeys(t.Context(), "acmecad", n)
		require.NoError(t, err)
		assert.Len(t, keys, n)
		different := make(map[string]bool)
		for _, key := range keys {
			different[key] = true
		}
		assert.Len(t, different, n)
	}
	assert.Len(t, s.Requests(), 3)
	assert.Zero(t, s.LicenseCount()) // no license uses them yet
}

func TestGenerateLicenseKeysValidatesArguments(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	for _, tt := range []struct {
		code  string
		n     int
		paths []string
	}{
		{"", 1, []string{"product_code"}},
		{"acmecad", 0, []string{"quantity"}},
		{"acmecad", -1, []string{"quantity"}},
		{"acmecad", 1001, []string{"quantity"}},
		{"", 1001, []string{"product_code", "quantity"}}, // both at once
	} {
		_, err := client.GenerateLicenseKeys(t.Context(), tt.code, tt.n)
		assertMatches(t, err, licensespring.ErrInvalidRequest, licensespring.ErrNotSent)
		assert.Equal(t, licensespring.OpGenerateLicenseKeys, errorOf(t, err).Op)
		var invalid *licensespring.ValidationError
		require.ErrorAs(t, err, &invalid)
		var paths []string
		for _, f := range invalid.Findings {
			paths = append(paths, f.Path)
		}
		assert.Equal(t, tt.paths, paths)
	}
	assert.Empty(t, s.Requests())
}

func TestGenerateLicenseKeysRejected(t *testing.T) {
	t.Parallel()
	client, _ := onLoopback(t, nil)
	_, err := client.GenerateLicenseKeys(t.Context(), "no-such-product", 1)
	assertMatches(t, err, licensespring.ErrInvalidRequest)
	assert.Empty(t, errorOf(t, err).Outcome)
	assertTerse(t, err)
}

// A missing or duplicate key is detected before it is assigned.
func TestGenerateLicenseKeysChecksResponse(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"too few":       `["A"]`,
		"too many":      `["A", "B", "C"]`,
		"one twice":     `["A", "A"]`,
		"an empty one":  `["A", ""]`,
		"a number":      `["A", 7]`,
		"null":          `["A", null]`,
		"nested":        `[["A", "B"]]`,
		"no list":       `{"keys": ["A", "B"]}`,
		"nothing":       ``,
		"not JSON":      `<html></html>`,
		"half of it":    `["A", "`,
		"an empty list": `[]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, s := onLoopback(t, nil, licensespring.WithMaxAttempts(1))
			s.Inject(lst.Status(http.StatusOK, jsonBody(body)))
			keys, err := client.GenerateLicenseKeys(t.Context(), "acmecad", 2)
			assert.Nil(t, keys)
			assertMatches(t, err, licensespring.ErrBadResponse)
			assert.Equal(t, http.StatusOK, errorOf(t, err).StatusCode)
		})
	}
}

// Requests for keys are safe to retry.
func TestGenerateLicenseKeysRetries(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	s.Inject(lst.DropAfter(), lst.Status(503), lst.CutResponse(250))
	keys, err := client.GenerateLicenseKeys(t.Context(), "acmecad", 20)
	require.NoError(t, err)
	assert.Len(t, keys, 20)
	assert.Len(t, s.Requests(), 4)
}

func TestAssignKeys(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	order := licensespring.NewOrder("inv-1").
		AddItem("acmecad", licensespring.NewLicense().WithMaxActivations(3), licensespring.NewKeyLicense(givenKey)).
		AddItem("acmeweb", licensespring.NewUserLicense(userEmail)).
		AddItem("acmeapi", licensespring.NewLicense()).
		AddItem("acmecad", licensespring.NewLicense())
	order.Append = true
	before, err := order.MarshalJSON()
	require.NoError(t, err)

	filled, err := client.AssignKeys(t.Context(), order)
	require.NoError(t, err)
	after, err := order.MarshalJSON()
	require.NoError(t, err)
	assert.Equal(t, string(before), string(after))
	assert.NotSame(t, order, filled)

	assert.Len(t, s.Requests(), 2) // one for each product
	assert.NotEmpty(t, filled.Items[0].Licenses[0].Key)
	assert.Equal(t, 3, *filled.Items[0].Licenses[0].MaxActivations)
	assert.Equal(t, givenKey, filled.Items[0].Licenses[1].Key)
	assert.Empty(t, filled.Items[1].Licenses[0].Key)
	assert.Equal(t, userEmail, filled.Items[1].Licenses[0].Users[0].Email)
	assert.NotEmpty(t, filled.Items[2].Licenses[0].Key)
	assert.NotEmpty(t, filled.Items[3].Licenses[0].Key)
	assert.NotEqual(t, filled.Items[0].Licenses[0].Key, filled.Items[3].Licenses[0].Key)
	require.NoError(t, filled.Validate())

	res, err := client.CreateOrder(t.Context(), filled)
	require.NoError(t, err)
	assert.Empty(t, res.Warnings)
}

func TestAssignKeysNothingToDo(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	order := anAppend("inv-1", givenKey)
	filled, err := client.AssignKeys(t.Context(), order)
	require.NoError(t, err)
	assert.Equal(t, order, filled)
	assert.NotSame(t, order, filled)
	filled.Items[0].Licenses[0].Key = otherKey
	assert.Equal(t, givenKey, order.Items[0].Licenses[0].Key)
	assert.Empty(t, s.Requests())
}

func TestAssignManyKeys(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	order := licensespring.NewOrder("inv-1").AddItem("acmecad", make([]licensespring.License, 2345)...)
	filled, err := client.AssignKeys(t.Context(), order)
	require.NoError(t, err)
	different := make(map[string]bool)
	for _, l := range filled.Items[0].Licenses {
		assert.NotEmpty(t, l.Key)
		different[l.Key] = true
	}
	assert.Len(t, different, 2345)
	var quantities []string
	for _, r := range s.Requests() {
		quantities = append(quantities, r.Query.Get("quantity"))
	}
	assert.Equal(t, []string{"1000", "1000", "345"}, quantities)
}

func TestAssignKeysFails(t *testing.T) {
	t.Parallel()
	few := func(req *http.Request) (*http.Response, error) {
		n, err := strconv.Atoi(req.URL.Query().Get("quantity"))
		if err != nil {
			return nil, err
		}
		return response(req, http.StatusOK, `["`+strings.Repeat(`A", "`, n-1)+`B"]`), nil
	}
	client := newClient(t, testKey, licensespring.WithHTTPClient(&http.Client{Transport: transportFunc(few)}))
	order := licensespring.NewOrder("inv-1").AddItem("acmecad", make([]licensespring.License, 3)...)
	filled, err := client.AssignKeys(t.Context(), order)
	assert.Nil(t, filled)
	assertMatches(t, err, licensespring.ErrBadResponse)
	e := errorOf(t, err)
	assert.Equal(t, licensespring.OpAssignKeys, e.Op)
	assert.Equal(t, "inv-1", e.OrderID)
	assert.Empty(t, order.Items[0].Licenses[0].Key)

	for name, wrong := range map[string]*licensespring.Order{"no order": nil, "no id": licensespring.NewOrder("").AddItem("acmecad")} {
		filled, err = client.AssignKeys(t.Context(), wrong)
		assert.Nil(t, filled, name)
		assertMatches(t, err, licensespring.ErrInvalidRequest, licensespring.ErrNotSent)
	}
}

// With assigned keys, an append whose response is lost can be settled.
func TestAssignedKeysSettleAppend(t *testing.T) {
	t.Parallel()
	for _, fault := range []lst.Fault{lst.DropAfter(), lst.DropBefore(), lst.Status(500, lst.Stored())} {
		synctest.Test(t, func(t *testing.T) {
			client, s, _ := inMemory(t, nil)
			filled, err := client.AssignKeys(t.Context(), appendWithoutKeys("inv-1"))
			require.NoError(t, err)
			s.Inject(fault)
			res, err := client.CreateOrder(t.Context(), filled)
			require.NoError(t, err, fault.String())
			assert.True(t, res.Outcome.Done())
			assert.Equal(t, 2, s.LicenseCount())
		})
	}
}
