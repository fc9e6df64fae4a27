package importer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

// level is the object that a column belongs to.
type level int

const (
	levelOrder level = iota
	levelCustomer
	levelItem
	levelLicense
)

// kind is the JSON type of a column and its notation in a cell.
type kind int

const (
	kindText         kind = iota
	kindNumber            // 3
	kindBool              // true or false, in upper or lower case
	kindObject            // a JSON object
	kindEmails            // separated by ;
	kindFeatures          // codes separated by ;, each optionally with =max_consumption
	kindCustomFields      // name=value, separated by ;
)

// column is a column of CSV.
type column struct {
	name  string
	level level
	wire  string // name of the JSON member
	kind  kind
}

// columns are the known columns. Each cell becomes a JSON member, so that the SDK
// decodes CSV by the same rules as JSON. If two levels have a member of the same
// name, the column of the inner one has a prefix.
var columns = [...]column{
	{"id", levelOrder, "id", kindText},
	{"append", levelOrder, "append", kindBool},
	{"is_test", levelOrder, "is_test", kindBool},
	{"created", levelOrder, "created", kindText},
	{"order_type", levelOrder, "order_type", kindText},
	{"language", levelOrder, "language", kindText},
	{"campaign_params", levelOrder, "campaign_params", kindText},
	{"download_id", levelOrder, "download_id", kindText},
	{"prevent_vm", levelOrder, "prevent_vm", kindBool},
	{"is_bundle", levelOrder, "is_bundle", kindBool},
	{"metadata", levelOrder, "metadata", kindText}, // a string that contains JSON
	{"customer_account_id", levelOrder, "customer_account_id", kindNumber},
	{"add_to_customer_account", levelOrder, "add_to_customer_account", kindBool},
	{"reference", levelOrder, "reference", kindText},

	{"customer.email", levelCustomer, "email", kindText},
	{"customer.first_name", levelCustomer, "first_name", kindText},
	{"customer.last_name", levelCustomer, "last_name", kindText},
	{"customer.company", levelCustomer, "company", kindText},
	{"customer.company_name", levelCustomer, "company_name", kindText}, // newer reference
	{"customer.phone", levelCustomer, "phone", kindText},
	{"customer.reference", levelCustomer, "reference", kindText},
	{"customer.address", levelCustomer, "address", kindText},
	{"customer.is_manager", levelCustomer, "is_manager", kindBool},

	{"product_code", levelItem, "product_code", kindText},
	{"note", levelItem, "note", kindText},

	{"key", levelLicense, "key", kindText},
	{"users", levelLicense, "users", kindEmails},
	{"max_activations", levelLicense, "max_activations", kindNumber},
	{"license_type", levelLicense, "license_type", kindText},
	{"max_consumptions", levelLicense, "max_consumptions", kindNumber},
	{"valid_duration", levelLicense, "valid_duration", kindText},
	{"validity_period", levelLicense, "validity_period", kindText},
	{"enable_maintenance_duration", levelLicense, "enable_maintenance_duration", kindBool},
	{"enable_maintenance_period", levelLicense, "enable_maintenance_period", kindBool}, // newer reference
	{"maintenance_duration", levelLicense, "maintenance_duration", kindText},
	{"maintenance_period", levelLicense, "maintenance_period", kindText},
	{"product_features", levelLicense, "product_features", kindFeatures},
	{"is_trial", levelLicense, "is_trial", kindBool},
	{"trial_days", levelLicense, "trial_days", kindNumber},
	{"license.prevent_vm", levelLicense, "prevent_vm", kindBool},
	{"max_transfers", levelLicense, "max_transfers", kindNumber},
	{"allow_overages", levelLicense, "allow_overages", kindBool},
	{"max_overages", levelLicense, "max_overages", kindNumber},
	{"reset_consumption", levelLicense, "reset_consumption", kindBool},
	{"consumption_period", levelLicense, "consumption_period", kindText},
	{"policy_code", levelLicense, "policy_code", kindText},
	{"start_date", levelLicense, "start_date", kindText},
	{"license.note", levelLicense, "note", kindText},
	{"subscription_id", levelLicense, "subscription_id", kindText},
	{"license.metadata", levelLicense, "metadata", kindObject},
	{"custom_fields", levelLicense, "custom_fields", kindCustomFields},
	{"is_floating", levelLicense, "is_floating", kindBool},
	{"is_floating_cloud", levelLicense, "is_floating_cloud", kindBool},
	{"floating_users", levelLicense, "floating_users", kindNumber},
	{"floating_timeout", levelLicense, "floating_timeout", kindNumber},
	{"can_borrow", levelLicense, "can_borrow", kindBool},
	{"max_borrow_time", levelLicense, "max_borrow_time", kindNumber},
	{"allow_grace_period", levelLicense, "allow_grace_period", kindBool},
	{"grace_period", levelLicense, "grace_period", kindNumber},
	{"max_license_users", levelLicense, "max_license_users", kindNumber},
	{"is_air_gapped", levelLicense, "is_air_gapped", kindBool},
	{"is_hardware_key_auth", levelLicense, "is_hardware_key_auth", kindBool},
	{"allow_unlimited_activations", levelLicense, "allow_unlimited_activations", kindBool},
	{"allow_unlimited_consumptions", levelLicense, "allow_unlimited_consumptions", kindBool},
	{"allow_negative_consumptions", levelLicense, "allow_negative_consumptions", kindBool},
	{"active", levelLicense, "active", kindBool},
	{"enabled", levelLicense, "enabled", kindBool},
}

// parseHeader returns the columns of a header row. Columns at its end may have no
// name. An error quotes no cell unless the row is certainly a header row: a file
// without one begins with customer data.
func parseHeader(names []string) ([]column, error) {
	for len(names) > 0 && names[len(names)-1] == "" {
		names = names[:len(names)-1]
	}
	if !slices.Contains(names, "id") || !slices.Contains(names, "product_code") {
		return nil, exit.Usagef("the header row must contain the columns id and product_code, separated by a comma, a semicolon or a tab")
	}
	var (
		found             []column
		unknown, repeated []string
	)
	for i, name := range names {
		at := slices.IndexFunc(columns[:], func(c column) bool { return c.name == name })
		switch {
		case name == "":
			return nil, exit.Usagef("column %d of the header row has no name", i+1)
		case at < 0:
			unknown = append(unknown, shownName(i, name))
		case slices.Contains(names[:i], name):
			repeated = append(repeated, name)
		default:
			found = append(found, columns[at])
		}
	}
	switch {
	case len(unknown) > 0:
		return nil, exit.Usagef("unknown columns in the header row: %s; known columns are %s", listed(unknown), columnNames())
	case len(repeated) > 0:
		return nil, exit.Usagef("repeated columns in the header row: %s", listed(repeated))
	}
	return found, nil
}

// shownName returns the quoted name of an unknown column, or its number if the name
// is not a word.
func shownName(i int, name string) string {
	const maxName = 40
	isWord := func(r rune) bool { return r == '_' || r == '.' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }
	if len(name) > maxName || strings.ContainsFunc(name, func(r rune) bool { return !isWord(r) }) {
		return fmt.Sprintf("number %d", i+1)
	}
	return strconv.Quote(name)
}

// listed returns the first names and the number of the others.
func listed(names []string) string {
	const shown = 5
	if len(names) > shown {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
	}
	return strings.Join(names, ", ")
}

func columnNames() string {
	var names []string
	for i := range columns {
		names = append(names, columns[i].name)
	}
	return strings.Join(names, ", ")
}

// appendCell appends a cell as JSON. A value that does not match the kind becomes a
// string, which decoding then reports as a wrong type.
func (k kind) appendCell(dst []byte, cell string) []byte {
	switch k {
	case kindNumber:
		if isNumber(cell) {
			return append(dst, cell...)
		}
	case kindBool:
		if lower := strings.ToLower(cell); lower == "true" || lower == "false" {
			return append(dst, lower...)
		}
	case kindObject:
		if strings.HasPrefix(strings.TrimSpace(cell), "{") && json.Valid([]byte(cell)) {
			return append(dst, cell...)
		}
	case kindEmails:
		return appendList(dst, cell, func(dst []byte, email string) []byte {
			return append(appendString(append(dst, `{"email":`...), email), '}')
		})
	case kindFeatures:
		return appendList(dst, cell, func(dst []byte, feature string) []byte {
			code, limit, limited := strings.Cut(feature, "=")
			if !limited {
				return appendString(dst, feature)
			}
			dst = appendString(append(dst, `{"code":`...), strings.TrimSpace(code))
			return append(kindNumber.appendCell(append(dst, `,"max_consumption":`...), strings.TrimSpace(limit)), '}')
		})
	case kindCustomFields:
		return appendList(dst, cell, func(dst []byte, field string) []byte {
			name, value, ok := strings.Cut(field, "=")
			if !ok {
				return appendString(dst, field)
			}
			dst = appendString(append(dst, `{"name":`...), strings.TrimSpace(name))
			return append(appendString(append(dst, `,"value":`...), strings.TrimSpace(value)), '}')
		})
	case kindText:
	}
	return appendString(dst, cell)
}

// appendList appends the parts of a cell as an array. The cell may end in ;.
func appendList(dst []byte, cell string, appendPart func([]byte, string) []byte) []byte {
	dst = append(dst, '[')
	for i, part := range strings.Split(strings.TrimSuffix(strings.TrimSpace(cell), ";"), ";") {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendPart(dst, strings.TrimSpace(part))
	}
	return append(dst, ']')
}

func isNumber(s string) bool {
	return s != "" && (s[0] == '-' || ('0' <= s[0] && s[0] <= '9')) && s == strings.TrimSpace(s) && json.Valid([]byte(s))
}

// appendString appends a JSON string. s must be valid UTF-8.
func appendString(dst []byte, s string) []byte {
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // encoding a string does not fail
	return append(dst, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...)
}
