package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// The dead letter of an event is shown with its lines, and retried with corrected
// metadata.
func TestCorrectEvent(t *testing.T) {
	t.Parallel()
	r := startServe(t, env("STRIPE_WEBHOOK_SECRET", "whsec_test"), "-fake")
	payload, err := sample("6_bad_metadata")
	require.NoError(t, err)
	assert.Equal(t, 200, r.post(string(payload)))
	r.waitUntilEmpty(0, 1)

	code, out, stderr := r.command("dead", "show", "1")
	require.Equal(t, exitOK, code, stderr)
	for _, want := range []string{
		"1\tcs_demo_6\n", "source    stripe checkout.session.completed\n",
		"reason    lines[0].price.metadata.product_short_code: is required",
		"event     evt_demo_6 checkout.session.completed\n", "order     cs_demo_6\n",
		"customer.email=a***@***.com\n", "lines[0].quantity=1\n", "lines[0].price.id=price_typo\n",
		"lines[0].price.metadata.max_activations=",
	} {
		assert.Contains(t, out, want)
	}
	assert.NotContains(t, out, "ada@")
	assert.NotContains(t, out, "Lovelace")
	code, out, _ = r.command("dead", "show", "-json", "1")
	assert.Equal(t, exitOK, code)
	assert.Contains(t, out, `"event_id": "evt_demo_6"`)

	code, _, stderr = r.command("dead", "retry", "1")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, stderr, "1: not corrected: ")
	for set, want := range map[string]string{
		"lines[7].quantity=1":         "lines[7].quantity: there is no such line",
		"object.status=paid":          "object.status: the path cannot be set",
		"lines[0].price.id=price_new": "the path cannot be set",
	} {
		code, _, stderr = r.command("dead", "retry", "1", "--set", set)
		assert.Equal(t, exitFailed, code)
		assert.Contains(t, stderr, want)
	}
	code, out, stderr = r.command("dead", "retry", "1", "--set", "lines[0].price.metadata.product_short_code=acmecad",
		"--set", "lines[0].price.metadata.max_activations=2", "--set", "lines[0].price.metadata.valid_duration=", "-set", "lines[0].quantity=3")
	assert.Equal(t, exitOK, code, stderr)
	assert.Equal(t, "1\tqueued\tcs_demo_6\n", out)
	r.waitUntilEmpty(1, 0)
}

// An order that was retried and rejected for the same reason is not retried again
// unless it is corrected.
func TestCorrectOrder(t *testing.T) {
	t.Parallel()
	r := startServe(t, env())
	code, _, stderr := r.command("enqueue", file(t, `{"id": "inv-1", "customer": {"email": "ada@example.com", "first_name": "Ada"},
		"items": [{"product_code": "acmegone", "licenses": [{"max_activations": 3, "note": "for Ada"}]}]}`))
	require.Equal(t, exitOK, code, stderr)
	r.waitUntilEmpty(0, 1)
	seq := func() string {
		_, out, _ := r.command("dead", "list")
		number, _, _ := strings.Cut(out, "\t")
		return number
	}
	code, _, stderr = r.command("dead", "retry", seq())
	require.Equal(t, exitOK, code, stderr)
	eventually(t, "the order is a dead letter again", func() bool {
		_, out, _ := r.command("dead", "show", seq())
		return strings.Contains(out, "A retry was rejected for the same reason.")
	})
	_, out, _ := r.command("dead", "show", seq())
	assert.Contains(t, out, `"product_code": "acmegone"`)
	assert.Contains(t, out, `"max_activations": 3`)
	for _, private := range []string{"ada@", `"Ada"`, "for Ada"} {
		assert.NotContains(t, out, private)
	}

	code, _, stderr = r.command("dead", "retry", "-all")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, stderr, "a retry was rejected for the same reason: correct the cause")
	last := seq()
	code, _, stderr = r.command("dead", "retry", last, "-force")
	require.Equal(t, exitOK, code, stderr)
	eventually(t, "the order is a dead letter again", func() bool { return seq() != "" && seq() != last })

	for set, want := range map[string]string{
		"id=inv-2":                   "the id of an order cannot be set",
		"items[1].product_code=acme": `the path "items[1].product_code" does not exist`,
		"items[0]=x":                 `the path "items[0]" does not exist`,
		"customer.email=ada@":        "customer.email: ",
		"items[0].licenses=3":        "items[0].licenses: want an array",
	} {
		code, _, stderr = r.command("dead", "retry", seq(), "--set", set)
		assert.Equal(t, exitFailed, code, set)
		assert.Contains(t, stderr, want)
	}
	code, _, stderr = r.command("dead", "retry", seq(), "-set", "items[0].product_code=acmecad", "-set", "customer.email=",
		"-set", "items[0].licenses[0].max_activations=4")
	require.Equal(t, exitOK, code, stderr)
	r.waitUntilEmpty(1, 0)

	code, _, stderr = r.command("dead", "retry", "-all", "-set", "a=b")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, stderr, "-set requires the number of one dead letter")
}

func TestCorrectOrderValues(t *testing.T) {
	t.Parallel()
	order := licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense().WithMaxActivations(1).WithNote("1"))
	tests := []struct{ path, value, want string }{
		{"items[0].licenses[0].max_activations", "5", `"max_activations":5`},
		{"items[0].licenses[0].is_trial", "true", `"is_trial":true`},
		{"items[0].licenses[0].note", "2", `"note":"2"`}, // a text stays one
		{"items[0].licenses[0].max_activations", "", `"licenses":[{"note":"1"}]`},
		{"customer.email", "ada@example.com", `"customer":{"email":"ada@example.com"}`},
		{"items[0].product_code", "acmeapi", `"product_code":"acmeapi"`},
	}
	for _, tt := range tests {
		corrected, err := correctOrder(order, []stripehook.Correction{{Path: tt.path, Value: tt.value}})
		require.NoError(t, err, tt.path)
		text, err := corrected.MarshalJSON()
		require.NoError(t, err)
		assert.Contains(t, string(text), tt.want)
	}
	assert.Equal(t, "acmecad", order.Items[0].ProductCode, "the order is unchanged")
}
