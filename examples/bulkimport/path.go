package main

import (
	"strconv"
	"strings"
)

// index reads the index at the beginning of a path, as in items[0].note after
// the name "items[", and returns it with the rest of the path.
func index(path, name string) (n int, rest string, ok bool) {
	path, ok = strings.CutPrefix(path, name)
	digits, rest, closed := strings.Cut(path, "]")
	n, err := strconv.Atoi(digits)
	return n, rest, ok && closed && err == nil && n >= 0
}
