package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/assign"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

// maxFile is the maximum size of a file of one record in bytes.
const maxFile = 16 << 20

// orderInput describes an order on the command line.
type orderInput struct {
	file     string
	product  string
	licenses int
	users    []string
	features []string
	customer []string
	test     bool
}

func addOrderInput(cmd *cobra.Command) *orderInput {
	in := &orderInput{}
	flags := cmd.Flags()
	flags.StringVarP(&in.file, "file", "f", "", "read the order from this JSON `file`; - is standard input")
	flags.StringVar(&in.product, "product", "", "`code` of the product")
	flags.IntVar(&in.licenses, "licenses", 1, "number of licenses")
	flags.StringArrayVar(&in.users, "user", nil, "e-mail `address` of a user of each license; can be repeated")
	flags.StringArrayVar(&in.features, "feature", nil, "`code` of a feature of each license; can be repeated")
	flags.StringArrayVar(&in.customer, "customer", nil, "property of the customer as `name=value`, such as email=ada@example.com; can be repeated")
	flags.BoolVar(&in.test, "test", false, "mark the order as a test order")
	return in
}

// order returns the order.
func (in *orderInput) order(stdin io.Reader, args []string) (*licensespring.Order, error) {
	if in.file != "" {
		if len(args) > 0 || in.product != "" || in.licenses != 1 || in.test || len(in.users)+len(in.features)+len(in.customer) > 0 {
			return nil, exit.Usagef("-f: the file contains the whole order: omit the other arguments and flags")
		}
		var order licensespring.Order
		return &order, readJSON(in.file, stdin, &order)
	}
	if len(args) == 0 || in.product == "" {
		return nil, exit.Usagef("name an order: -f FILE, or an id and --product")
	}
	if in.licenses < 1 || in.licenses > 10_000 {
		return nil, exit.Usagef("--licenses %d: want a number from 1 to 10000", in.licenses)
	}
	license := licensespring.NewLicense()
	if err := assign.Into(&license, args[1:]); err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	license = license.WithUsers(in.users...).WithFeatures(in.features...)
	order := licensespring.NewOrder(args[0])
	order.IsTest = in.test
	if len(in.customer) > 0 {
		var customer licensespring.Customer
		if err := assign.Into(&customer, in.customer); err != nil {
			return nil, exit.Usagef("--customer: %w", err)
		}
		order.WithCustomer(customer)
	}
	licenses := make([]licensespring.License, in.licenses)
	for i := range licenses {
		licenses[i] = license
	}
	return order.AddItem(in.product, licenses...), nil
}

// readJSON reads one JSON value from a file, or from standard input for "-".
func readJSON(name string, stdin io.Reader, v any) error {
	from := stdin
	if name == "-" {
		name = "standard input"
	} else {
		file, err := os.Open(name) //nolint:gosec // the user names the file
		if err != nil {
			return exit.With(exit.Usage, err)
		}
		defer func() { _ = file.Close() }() // read only
		from = file
	}
	data, err := io.ReadAll(io.LimitReader(from, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("larger than %d bytes", maxFile)
	}
	if err != nil {
		return exit.Usagef("%s: %w", name, err)
	}
	data, err = decodeText(data)
	if err == nil {
		err = checkDocument(data)
	}
	if err != nil {
		return exit.Usagef("%s: %w", name, err)
	}
	if json.Valid(data) {
		data = wholeNumbers(data)
	}
	if err := json.Unmarshal(data, v); err != nil {
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			before := data[:min(int(syntax.Offset), len(data))]
			line := 1 + bytes.Count(before, []byte("\n")) + bytes.Count(before, []byte("\r")) - bytes.Count(before, []byte("\r\n"))
			return exit.Usagef("%s:%d: %w", name, line, err)
		}
		// The findings have paths instead of lines.
		if _, ok := errors.AsType[*licensespring.ValidationError](err); ok {
			return exit.With(exit.Rejected, fmt.Errorf("%s: %w", name, err))
		}
		return exit.Usagef("%s: %w", name, err)
	}
	return nil
}
