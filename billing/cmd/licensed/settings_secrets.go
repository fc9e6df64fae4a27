package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"unicode"

	"github.com/licensespring-go/licensespring"
)

// The environment variables of secrets. With the suffix _FILE each names a file.
const (
	envManagementKey = "LICENSESPRING_MANAGEMENT_KEY"
	envWebhookSecret = "STRIPE_WEBHOOK_SECRET" //nolint:gosec // a name
	envStripeKey     = "STRIPE_API_KEY"
	envAdminToken    = "LICENSED_ADMIN_TOKEN"
	envStoreKey      = "LICENSED_STORE_KEY"
	envNotifySecret  = "LICENSED_NOTIFY_SECRET"
)

// lineBreaks are the characters of line breaks.
const lineBreaks = "\r\n"

// secrets have no flags, because every user of the machine can read command lines.
type secrets struct {
	managementKey, webhookSecret, stripeKey, adminToken, storeKey, notifySecret licensespring.Secret
}

// secretVariable is the environment variable of a secret.
type secretVariable struct {
	name, usage string
	to          *licensespring.Secret
}

// variables returns the variables of the secrets.
func (s *secrets) variables() []secretVariable {
	return []secretVariable{
		{envManagementKey, "management key of the LicenseSpring account", &s.managementKey},
		{envWebhookSecret, "signing secrets of the webhook endpoints, separated by commas or line breaks", &s.webhookSecret},
		{envStripeKey, "restricted key of the Stripe API", &s.stripeKey},
		{envAdminToken, "token of the admin port; required if -admin is not a loopback address", &s.adminToken},
		{envStoreKey, "key that encrypts the embedded queue; without it the queue is not encrypted", &s.storeKey},
		{envNotifySecret, "signing secrets of notifications, separated by a space: whsec_ and at least 24 random bytes in base64", &s.notifySecret},
	}
}

func readSecrets(env environment) (secrets, error) {
	var s secrets
	var errs []error
	for _, secret := range s.variables() {
		value, err := readSecret(env, secret.name)
		errs = append(errs, err)
		*secret.to = value
	}
	return s, errors.Join(errs...)
}

// webhookSecrets returns the signing secrets of Stripe, which are separated by commas,
// spaces or line breaks: one for each endpoint, and two of an endpoint during a rotation.
func (s *secrets) webhookSecrets() []licensespring.Secret {
	var list []licensespring.Secret
	for _, text := range strings.FieldsFunc(s.webhookSecret.Reveal(), func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		list = append(list, licensespring.NewSecret(text))
	}
	if list == nil {
		return []licensespring.Secret{{}}
	}
	return list
}

// checkCredentials reports a file of NATS credentials that the NATS client cannot
// read. The client reads the file itself, whenever it connects.
func checkCredentials(file string) error {
	data, err := os.ReadFile(file) //nolint:gosec // the file is the operator's choice
	if err != nil {
		return fmt.Errorf("-nats-creds: %w", err)
	}
	text, err := decodeText(data)
	if err == nil && !bytes.HasSuffix(data, text) { // it was UTF-16
		err = errors.New("the text is UTF-16: save the file as UTF-8")
	}
	if err != nil {
		return fmt.Errorf("-nats-creds: %w", err)
	}
	return nil
}

// readSecret reads a secret from its environment variable or from the file that the
// variable with the suffix _FILE names. Errors do not contain the secret.
func readSecret(env environment, name string) (licensespring.Secret, error) {
	// Editors and echo append a line break, to a file as well as to a file of
	// variables.
	text, file := strings.TrimRight(env(name), lineBreaks), strings.TrimRight(env(name+"_FILE"), lineBreaks)
	if file == "" {
		return licensespring.NewSecret(text), nil
	}
	if text != "" {
		return licensespring.Secret{}, fmt.Errorf("%s and %s_FILE are both set", name, name)
	}
	data, err := os.ReadFile(file) //nolint:gosec // the file is the operator's choice
	if err != nil {
		return licensespring.Secret{}, fmt.Errorf("%s_FILE: %w", name, err)
	}
	decoded, err := decodeText(data)
	if err != nil && name == envStoreKey {
		decoded, err = data, nil // an encryption key may be random bytes
	}
	text = strings.TrimRight(string(decoded), lineBreaks)
	switch {
	case err != nil:
	case text == "":
		err = errors.New("the file is empty")
	case strings.ContainsAny(text, lineBreaks) && name != envStoreKey && name != envWebhookSecret:
		err = errors.New("the file has more than one line")
	}
	if err != nil {
		return licensespring.Secret{}, fmt.Errorf("%s_FILE: %w", name, err)
	}
	return licensespring.NewSecret(text), nil
}
