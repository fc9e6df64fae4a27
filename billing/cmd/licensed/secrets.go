package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/licensespring-go/licensespring"
)

// The names of secrets in the environment. With _FILE behind it each names a file.
const (
	envManagementKey = "LICENSESPRING_MANAGEMENT_KEY"
	envWebhookSecret = "STRIPE_WEBHOOK_SECRET" //nolint:gosec // a name
	envStripeKey     = "STRIPE_API_KEY"
	envAdminToken    = "LICENSED_ADMIN_TOKEN"
	envStoreKey      = "LICENSED_STORE_KEY"
)

// secrets are what must not be on a command line, where everybody on the machine
// can read it.
type secrets struct {
	managementKey, webhookSecret, stripeKey, adminToken, storeKey licensespring.Secret
}

func readSecrets(env environment) (secrets, error) {
	var s secrets
	var faults []error
	for _, one := range []struct {
		name string
		to   *licensespring.Secret
	}{
		{envManagementKey, &s.managementKey},
		{envWebhookSecret, &s.webhookSecret},
		{envStripeKey, &s.stripeKey},
		{envAdminToken, &s.adminToken},
		{envStoreKey, &s.storeKey},
	} {
		secret, err := readSecret(env, one.name)
		faults = append(faults, err)
		*one.to = secret
	}
	return s, errors.Join(faults...)
}

// readSecret takes a secret from the environment or from the file it names. No
// error repeats any of it.
func readSecret(env environment, name string) (licensespring.Secret, error) {
	text, file := env(name), env(name+"_FILE")
	if file == "" {
		return licensespring.NewSecret(text), nil
	}
	if text != "" {
		return licensespring.Secret{}, fmt.Errorf("%s and %s_FILE are both set", name, name)
	}
	data, err := os.ReadFile(file) //nolint:gosec // whoever sets the environment may name any file
	if err != nil {
		return licensespring.Secret{}, fmt.Errorf("%s_FILE: %w", name, err)
	}
	// Editors and echo end a file with a line break; a secret has none.
	text = strings.TrimRight(string(data), "\r\n")
	if text == "" {
		return licensespring.Secret{}, fmt.Errorf("%s_FILE: the file is empty", name)
	}
	return licensespring.NewSecret(text), nil
}
