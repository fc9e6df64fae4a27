package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// level is the object of an order that a column belongs to.
type level int

const (
	ofOrder level = iota
	ofCustomer
	ofItem
	ofLicense
)

// kind is how the text of a cell is written in JSON.
type kind int

const (
	aText    kind = iota
	aNumber       // 3
	aFlag         // true or false, in upper or lower case
	anObject      // a JSON object
	emails        // several separated by ;
	codes         // several separated by ; with =n after one for its max_consumption
	fields        // name=value, several separated by ;
)

// column is a column of CSV.
type column struct {
	name  string
	level level
	wire  string // the member's name on the wire
	kind  kind
}

// columns are the columns there are. A cell becomes the member of that name, so
// that the SDK reads CSV by the same rules as JSON. Where two levels have a
// member of one name the outer one has the plain name.
var columns = [...]column{
	{"id", ofOrder, "id", aText},
	{"append", ofOrder, "append", aFlag},
	{"is_test", ofOrder, "is_test", aFlag},
	{"created", ofOrder, "created", aText},
	{"order_type", ofOrder, "order_type", aText},
	{"language", ofOrder, "language", aText},
	{"campaign_params", ofOrder, "campaign_params", aText},
	{"download_id", ofOrder, "download_id", aText},
	{"prevent_vm", ofOrder, "prevent_vm", aFlag},
	{"is_bundle", ofOrder, "is_bundle", aFlag},
	{"metadata", ofOrder, "metadata", aText}, // a string that holds JSON
	{"customer_account_id", ofOrder, "customer_account_id", aNumber},
	{"add_to_customer_account", ofOrder, "add_to_customer_account", aFlag},
	{"reference", ofOrder, "reference", aText},

	{"customer.email", ofCustomer, "email", aText},
	{"customer.first_name", ofCustomer, "first_name", aText},
	{"customer.last_name", ofCustomer, "last_name", aText},
	{"customer.company", ofCustomer, "company", aText},
	{"customer.company_name", ofCustomer, "company_name", aText}, // newer reference
	{"customer.phone", ofCustomer, "phone", aText},
	{"customer.reference", ofCustomer, "reference", aText},
	{"customer.address", ofCustomer, "address", aText},
	{"customer.is_manager", ofCustomer, "is_manager", aFlag},

	{"product_code", ofItem, "product_code", aText},
	{"note", ofItem, "note", aText},

	{"key", ofLicense, "key", aText},
	{"users", ofLicense, "users", emails},
	{"max_activations", ofLicense, "max_activations", aNumber},
	{"license_type", ofLicense, "license_type", aText},
	{"max_consumptions", ofLicense, "max_consumptions", aNumber},
	{"valid_duration", ofLicense, "valid_duration", aText},
	{"validity_period", ofLicense, "validity_period", aText},
	{"enable_maintenance_duration", ofLicense, "enable_maintenance_duration", aFlag},
	{"enable_maintenance_period", ofLicense, "enable_maintenance_period", aFlag}, // newer reference
	{"maintenance_duration", ofLicense, "maintenance_duration", aText},
	{"maintenance_period", ofLicense, "maintenance_period", aText},
	{"product_features", ofLicense, "product_features", codes},
	{"is_trial", ofLicense, "is_trial", aFlag},
	{"trial_days", ofLicense, "trial_days", aNumber},
	{"license.prevent_vm", ofLicense, "prevent_vm", aFlag},
	{"max_transfers", ofLicense, "max_transfers", aNumber},
	{"allow_overages", ofLicense, "allow_overages", aFlag},
	{"max_overages", ofLicense, "max_overages", aNumber},
	{"reset_consumption", ofLicense, "reset_consumption", aFlag},
	{"consumption_period", ofLicense, "consumption_period", aText},
	{"policy_code", ofLicense, "policy_code", aText},
	{"start_date", ofLicense, "start_date", aText},
	{"license.note", ofLicense, "note", aText},
	{"subscription_id", ofLicense, "subscription_id", aText},
	{"license.metadata", ofLicense, "metadata", anObject},
	{"custom_fields", ofLicense, "custom_fields", fields},
	{"is_floating", ofLicense, "is_floating", aFlag},
	{"is_floating_cloud", ofLicense, "is_floating_cloud", aFlag},
	{"floating_users", ofLicense, "floating_users", aNumber},
	{"floating_timeout", ofLicense, "floating_timeout", aNumber},
	{"can_borrow", ofLicense, "can_borrow", aFlag},
	{"max_borrow_time", ofLicense, "max_borrow_time", aNumber},
	{"allow_grace_period", ofLicense, "allow_grace_period", aFlag},
	{"grace_period", ofLicense, "grace_period", aNumber},
	{"max_license_users", ofLicense, "max_license_users", aNumber},
	{"is_air_gapped", ofLicense, "is_air_gapped", aFlag},
	{"is_hardware_key_auth", ofLicense, "is_hardware_key_auth", aFlag},
	{"allow_unlimited_activations", ofLicense, "allow_unlimited_activations", aFlag},
	{"allow_unlimited_consumptions", ofLicense, "allow_unlimited_consumptions", aFlag},
	{"allow_negative_consumptions", ofLicense, "allow_negative_consumptions", aFlag},
	{"active", ofLicense, "active", aFlag},
	{"enabled", ofLicense, "enabled", aFlag},
}

// header finds the columns that a header row names.
func header(names []string) ([]column, error) {
	var (
		found            []column
		unknown, doubled []string
		seen             = make(map[string]bool)
	)
	for _, name := range names {
		name = strings.TrimSpace(name)
		at := slices.IndexFunc(columns[:], func(c column) bool { return c.name == name })
		switch {
		case at < 0:
			unknown = append(unknown, fmt.Sprintf("%q", name))
			continue
		case seen[name]:
			doubled = append(doubled, name)
		}
		seen[name] = true
		found = append(found, columns[at])
	}
	switch {
	case len(unknown) > 0 && len(names) == 1 && strings.ContainsAny(names[0], ";\t"):
		return nil, usagef("the header row has no comma in it: the cells have to be separated by commas")
	case len(unknown) > 0:
		return nil, usagef("the header row has unknown columns: %s; known are %s", strings.Join(unknown, ", "), columnNames())
	case len(doubled) > 0:
		return nil, usagef("the header row has columns twice: %s", strings.Join(doubled, ", "))
	case !seen["id"] || !seen["product_code"]:
		return nil, usagef("the header row needs the columns id and product_code")
	}
	return found, nil
}

func columnNames() string {
	var names []string
	for i := range columns {
		names = append(names, columns[i].name)
	}
	return strings.Join(names, ", ")
}

// appendCell appends the JSON of a cell. What does not fit its kind is written
// as a string: then the reader of orders says what it wants instead.
func (k kind) appendCell(dst []byte, cell string) []byte {
	switch k {
	case aNumber:
		if isNumber(cell) {
			return append(dst, cell...)
		}
	case aFlag:
		if lower := strings.ToLower(cell); lower == "true" || lower == "false" {
			return append(dst, lower...)
		}
	case anObject:
		if strings.HasPrefix(strings.TrimSpace(cell), "{") && json.Valid([]byte(cell)) {
			return append(dst, cell...)
		}
	case emails:
		return appendList(dst, cell, func(dst []byte, email string) []byte {
			return append(appendString(append(dst, `{"email":`...), email), '}')
		})
	case codes:
		return appendList(dst, cell, func(dst []byte, feature string) []byte {
			code, most, counted := strings.Cut(feature, "=")
			if !counted {
				return appendString(dst, feature)
			}
			dst = appendString(append(dst, `{"code":`...), strings.TrimSpace(code))
			return append(aNumber.appendCell(append(dst, `,"max_consumption":`...), strings.TrimSpace(most)), '}')
		})
	case fields:
		return appendList(dst, cell, func(dst []byte, field string) []byte {
			name, value, named := strings.Cut(field, "=")
			if !named {
				return appendString(dst, field)
			}
			dst = appendString(append(dst, `{"name":`...), strings.TrimSpace(name))
			return append(appendString(append(dst, `,"value":`...), strings.TrimSpace(value)), '}')
		})
	case aText:
	}
	return appendString(dst, cell)
}

// appendList appends the parts of a cell as an array. A ; at its end is none too
// many.
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

// appendString appends a JSON string. The cell is known to be valid UTF-8.
func appendString(dst []byte, s string) []byte {
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // a string always can be encoded
	return append(dst, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...)
}
