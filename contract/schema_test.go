package contract_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// dialect names a dialect in the schemas, the client and the fake.
type dialect struct {
	name   string
	client licensespring.Dialect
	server licensespringtest.Dialect
}

var dialects = [...]dialect{
	{"classic", licensespring.DialectClassic, licensespringtest.DialectClassic},
	{"current", licensespring.DialectCurrent, licensespringtest.DialectCurrent},
}

// other returns the dialect that d is not.
func (d dialect) other() dialect {
	if d.name == dialects[0].name {
		return dialects[1]
	}
	return dialects[0]
}

const schemaBase = "https://schemas.invalid/"

// changes are the requests that change a license, with the parts of their schemas
// after the dialect.
var changes = map[licensespringtest.Endpoint]string{
	licensespringtest.UpdateLicense:   "license_changes.%s.json#/$defs/update_license",
	licensespringtest.UpdateFeatures:  "license_changes.%s.json#/$defs/update_features",
	licensespringtest.AssignUser:      "license_changes.shared.json#/$defs/assign_user",
	licensespringtest.UnassignUser:    "license_changes.shared.json#/$defs/unassign_user",
	licensespringtest.SetUserPassword: "license_changes.shared.json#/$defs/set_password",
	licensespringtest.EnableLicense:   "license_changes.shared.json#/$defs/empty",
	licensespringtest.DisableLicense:  "license_changes.shared.json#/$defs/empty",
}

// compiled returns the schemas by the name of their dialect and, for a change of a
// license, its endpoint.
var compiled = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	c.AssertContent() // the metadata of an order is a string that contains JSON
	for _, file := range []string{
		"create_order.shared.json", "create_order.classic.json", "create_order.current.json",
		"license_changes.shared.json", "license_changes.classic.json", "license_changes.current.json",
	} {
		text, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			return nil, err
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return nil, err
		}
		if err := c.AddResource(schemaBase+file, doc); err != nil {
			return nil, err
		}
	}
	all := make(map[string]*jsonschema.Schema)
	for _, d := range dialects {
		schema, err := c.Compile(schemaBase + "create_order." + d.name + ".json")
		if err != nil {
			return nil, err
		}
		all[d.name] = schema
		for endpoint, ref := range changes {
			if strings.Contains(ref, "%s") {
				ref = fmt.Sprintf(ref, d.name)
			}
			if all[d.name+" "+string(endpoint)], err = c.Compile(schemaBase + ref); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
})

// validate validates the body of a create with the schema of a dialect.
func validate(t *testing.T, d dialect, body []byte) error {
	t.Helper()
	return validateWith(t, d.name, body)
}

// validateChange validates the body of a change of a license.
func validateChange(t *testing.T, d dialect, endpoint licensespringtest.Endpoint, body []byte) error {
	t.Helper()
	return validateWith(t, d.name+" "+string(endpoint), body)
}

func validateWith(t *testing.T, name string, body []byte) error {
	t.Helper()
	schemas, err := compiled()
	require.NoError(t, err)
	require.Contains(t, schemas, name)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	require.NoError(t, err, "body is not JSON: %s", body)
	return schemas[name].Validate(doc)
}

// decoded returns a body as a tree that a test can change.
func decoded(t *testing.T, body []byte) map[string]any {
	t.Helper()
	var tree map[string]any
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	require.NoError(t, dec.Decode(&tree))
	return tree
}

func encoded(t *testing.T, tree any) []byte {
	t.Helper()
	body, err := json.Marshal(tree)
	require.NoError(t, err)
	return body
}
