package wire_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring/internal/wire"
)

func TestPath(t *testing.T) {
	t.Parallel()
	var p wire.Path
	assert.Empty(t, p.String())
	assert.Equal(t, "id", p.At("id"))

	p.EnterAt("items", 0)
	p.EnterAt("licenses", 21)
	assert.Equal(t, "items[0].licenses[21]", p.String())
	assert.Equal(t, "items[0].licenses[21]", p.At(""))
	assert.Equal(t, "items[0].licenses[21].key", p.At("key"))

	p.Leave()
	p.Leave()
	p.Enter("customer")
	assert.Equal(t, "customer.email", p.At("email"))
	p.Leave()
	assert.Empty(t, p.String())
}
