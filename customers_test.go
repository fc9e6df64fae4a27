package licensespring_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

const customersPath = "/api/v1/customers/"

func TestGetCustomer(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	created, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
	require.NoError(t, err)
	customer, err := client.GetCustomer(t.Context(), created.Order.CustomerID)
	require.NoError(t, err)
	assert.Equal(t, created.Order.CustomerID, customer.ID)
	assert.Equal(t, customerEmail, customer.Email)
	assert.Equal(t, company, customer.Company)
	assert.Contains(t, string(customer.Raw()), "created_at")

	_, err = client.GetCustomer(t.Context(), customer.ID+1)
	assertMatches(t, err, licensespring.ErrNotFound)
	assert.Equal(t, licensespring.OpGetCustomer, errorOf(t, err).Op)

	s.ResetRequests()
	_, err = client.GetCustomer(t.Context(), 0)
	assertMatches(t, err, licensespring.ErrInvalidRequest, licensespring.ErrNotSent)
	assert.Empty(t, s.Requests())

	for body, detail := range map[string]string{
		`{}`: "the response is not a customer", `[]`: "the response is not a customer", `{"id": 6, "email": "ada@example.com"}`: "the response shows another customer",
	} {
		s.Inject(lst.Status(200, jsonBody(body)))
		_, err = client.GetCustomer(t.Context(), 5)
		assertMatches(t, err, licensespring.ErrBadResponse)
		assert.Contains(t, err.Error(), detail)
	}
}

func TestListCustomers(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	for _, customer := range []licensespring.Customer{
		{Email: "ada@example.com", Reference: "c-1"}, {Email: "grace@example.com", Reference: "c-2"}, {Email: "alan@example.com"},
	} {
		_, err := client.CreateOrder(t.Context(), licensespring.NewOrder("inv-"+customer.Email).
			WithCustomer(customer).AddItem("acmecad", licensespring.NewLicense()))
		require.NoError(t, err)
	}
	s.ResetRequests()
	for _, row := range []struct {
		filter   licensespring.CustomerFilter
		want     []string
		requests int
	}{
		{licensespring.CustomerFilter{}, []string{"alan@example.com", "grace@example.com", "ada@example.com"}, 1},
		{licensespring.CustomerFilter{PageSize: 2}, []string{"alan@example.com", "grace@example.com", "ada@example.com"}, 2},
		{licensespring.CustomerFilter{Email: "ada@example.com"}, []string{"ada@example.com"}, 1},
		{licensespring.CustomerFilter{Reference: "c-2"}, []string{"grace@example.com"}, 1},
		{licensespring.CustomerFilter{Email: "ada@example.com", Reference: "c-1"}, []string{"ada@example.com"}, 1},
		{licensespring.CustomerFilter{Email: "ada@example.com", Reference: "c-2"}, nil, 1},
		{licensespring.CustomerFilter{Email: "eve@example.com"}, nil, 1},
	} {
		s.ResetRequests()
		customers, err := gather(client.ListCustomers(t.Context(), row.filter))
		require.NoError(t, err)
		var got []string
		for _, c := range customers {
			got = append(got, c.Email)
		}
		assert.Equal(t, row.want, got)
		assert.Equal(t, row.requests, sentTo(s, lst.ListCustomers))
	}
}

// The filters are checked as those of ListLicenses are.
func TestListCustomersFilters(t *testing.T) {
	t.Parallel()
	email, reference := licensespring.CustomerFilter{Email: "ada@example.com"}, licensespring.CustomerFilter{Reference: "c-1"}
	for _, row := range []struct {
		name     string
		filter   licensespring.CustomerFilter
		customer string
		queries  int
		detail   string // empty: the customer is yielded, if a probe finds none
	}{
		{"the e-mail address", email, `{"id": 1, "email": "Ada@Example.com"}`, 1, ""},
		{"with a suffix", email, `{"id": 1, "email": "ada@example.com|a1b2"}`, 1, ""},
		{"another e-mail address", email, `{"id": 1, "email": "grace@example.com"}`, 1, "the service ignored the filter email"},
		{"no e-mail address", email, `{"id": 1, "email": null}`, 1, "the service ignored the filter email"},
		{"an empty e-mail address", email, `{"id": 1, "email": ""}`, 1, "the service ignored the filter email"},
		{"an e-mail address that is not shown", email, `{"id": 1}`, 2, ""},
		{"an unreadable e-mail address", email, `{"id": 1, "email": ["ada@example.com"]}`, 2, ""},
		{"the reference", reference, `{"id": 1, "reference": "c-1"}`, 1, ""},
		{"a longer reference", reference, `{"id": 1, "reference": "c-10"}`, 1, "the service ignored the filter reference"},
		{"a reference in upper case", reference, `{"id": 1, "reference": "C-1"}`, 1, "the service ignored the filter reference"},
		{"a reference that is not shown", reference, `{"id": 1}`, 2, ""},
		{"not a customer", email, `"ada@example.com"`, 1, "the list holds an element that is not a customer"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			client, queries := listed(t, customersPath, func(query url.Values) string {
				if query.Get("limit") == "1" {
					assert.Contains(t, []string{noSuchEmail, noSuchText}, query.Get("email")+query.Get("reference"))
					return listOf()
				}
				return listOf(row.customer)
			})
			customers, err := gather(client.ListCustomers(t.Context(), row.filter))
			assert.Len(t, *queries, row.queries)
			if row.detail == "" {
				require.NoError(t, err)
				assert.Len(t, customers, 1)
			} else {
				assert.Empty(t, customers)
				assertMatches(t, err, licensespring.ErrBadResponse)
				assert.Contains(t, err.Error(), row.detail)
				assertTerse(t, err)
			}

			client, _ = listed(t, customersPath, func(url.Values) string { return listOf(row.customer) }) // the filter is ignored
			customers, err = gather(client.ListCustomers(t.Context(), row.filter))
			if row.queries == 2 {
				assert.Empty(t, customers)
				assertMatches(t, err, licensespring.ErrBadResponse)
			}
		})
	}
}

func TestListCustomersValidates(t *testing.T) {
	t.Parallel()
	client, queries := listed(t, customersPath, func(url.Values) string { return listOf() })
	_, err := gather(client.ListCustomers(t.Context(), licensespring.CustomerFilter{Email: " ", Reference: "c-1\n", PageSize: 101}))
	assertMatches(t, err, licensespring.ErrInvalidRequest, licensespring.ErrNotSent)
	var invalid *licensespring.ValidationError
	require.ErrorAs(t, err, &invalid)
	assert.Len(t, invalid.Findings, 3)
	assert.Empty(t, *queries)
}
