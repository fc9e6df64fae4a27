package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

var (
	errOrderIDFixed = errors.New("the id of an order cannot be set: it prevents a second order")
	pathStep        = regexp.MustCompile(`^([a-z_]+)((?:\[\d{1,5}\])*)$`)
)

// correctOrder returns a copy of an order with corrected members. The paths are those of
// findings, as in items[0].licenses[0].max_activations. A value is JSON, or text if it
// is not valid JSON. An empty value removes the member.
func correctOrder(order *licensespring.Order, corrections []stripehook.Correction) (*licensespring.Order, error) {
	text, err := order.MarshalJSON()
	if err != nil {
		return nil, err
	}
	root, err := decodeNumbers(text)
	if err != nil {
		return nil, err
	}
	for _, c := range corrections {
		if c.Path == "id" || c.Path == "append" {
			return nil, errOrderIDFixed
		}
		if err := setPath(root, c.Path, c.Value); err != nil {
			return nil, err
		}
	}
	if text, err = json.Marshal(root); err != nil {
		return nil, err
	}
	corrected := &licensespring.Order{}
	if err := corrected.UnmarshalJSON(text); err != nil {
		if _, ok := errors.AsType[*licensespring.ValidationError](err); ok {
			return nil, err
		}
		return nil, errors.New("the corrected order is invalid: a value has the wrong type") // the error may quote it
	}
	return corrected, nil
}

// setPath sets a member of a decoded order. Objects on the way must exist, except for
// the customer.
func setPath(root any, path, value string) error {
	errPath := fmt.Errorf("the path %q does not exist", path)
	steps := strings.Split(path, ".")
	for i, step := range steps {
		match := pathStep.FindStringSubmatch(step)
		object, ok := root.(map[string]any)
		if match == nil || !ok {
			return errPath
		}
		name, indexes := match[1], match[2]
		if i == len(steps)-1 && indexes == "" {
			setMember(object, name, value)
			return nil
		}
		if _, ok := object[name]; !ok && name == "customer" {
			object[name] = map[string]any{}
		}
		root = object[name]
		for index := range strings.SplitSeq(strings.Trim(indexes, "[]"), "][") {
			if index == "" {
				continue
			}
			list, ok := root.([]any)
			n, err := strconv.Atoi(index)
			if !ok || err != nil || n >= len(list) {
				return errPath
			}
			root = list[n]
		}
	}
	return errPath // it ends with an index
}

func setMember(object map[string]any, name, value string) {
	if value == "" {
		delete(object, name)
		return
	}
	if _, isText := object[name].(string); !isText {
		if decoded, err := decodeNumbers([]byte(value)); err == nil && json.Valid([]byte(value)) {
			object[name] = decoded
			return
		}
	}
	object[name] = value
}
