package output

import (
	"io"
	"os"

	"golang.org/x/term"
)

// IsTerminal reports whether a writer or a reader is a terminal.
func IsTerminal(v any) bool {
	file, ok := v.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// UsesColor reports whether to color the output: on a terminal only, and neither with
// NO_COLOR nor on a terminal without colors.
func UsesColor(w io.Writer, getenv func(string) string) bool {
	return IsTerminal(w) && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
}
