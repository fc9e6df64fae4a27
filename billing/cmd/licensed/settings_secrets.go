package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/licensespring-go/licensespring"
)

// The environment variables of secrets. With the suffix _FILE each names a file.
const (
	envManagementKey = "LICENSESPRING_MANAGEMENT_KEY"
	envWebhookSecret = "STRIPE_WEBHOOK_SECRET" //nolint:gosec // a name
	envStripeKey     = "STRIPE_API_KEY"
	envAdminToken    = "LICENSED_ADMIN_TOKEN"
	envStoreKey      = "LICENSED_STORE_KEY"
)

// secrets have no flags, because every user of the machine can read command lines.
type secrets struct {
	managementKey, webhookSecret, stripeKey, adminToken, storeKey licensespring.Secret
}

func readSecrets(env environment) (secrets, error) {
	var s secrets
	var errs []error
	for _, secret := range []struct {
		name string
		to   *licensespring.Secret
	}{
		{envManagementKey, &s.managementKey},
		{envWebhookSecret, &s.webhookSecret},
		{envStripeKey, &s.stripeKey},
		{envAdminToken, &s.adminToken},
		{envStoreKey, &s.storeKey},
	} {
		value, err := readSecret(env, secret.name)
		errs = append(errs, err)
		*secret.to = value
	}
	return s, errors.Join(errs...)
}

// readSecret reads a secret from its environment variable or from the file that the
// variable with the suffix _FILE names. Errors do not contain the secret.
func readSecret(env environment, name string) (licensespring.Secret, error) {
	text, file := env(name), env(name+"_FILE")
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
	// Editors and echo append a line break.
	text = strings.TrimRight(string(data), "\r\n")
	if text == "" {
		return licensespring.Secret{}, fmt.Errorf("%s_FILE: the file is empty", name)
	}
	return licensespring.NewSecret(text), nil
}
