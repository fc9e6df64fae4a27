package importer

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/licensespring-go/licensespring"
)

// maxShown is the maximum number of lines about entries on the console. The results
// contain all of them.
const maxShown = 50

// console writes messages and a progress bar to standard error.
type console struct {
	mu    sync.Mutex
	w     io.Writer
	bar   *progressbar.ProgressBar // nil without a progress bar
	shown int
}

// showsProgress reports whether to show a progress bar. Results on the same
// terminal would overwrite it.
func (s *settings) showsProgress(stdout, stderr io.Writer) bool {
	if s.progress != "auto" {
		return s.progress == "on"
	}
	return isTerminal(stderr) && (s.out != "-" || !isTerminal(stdout)) && !s.dryRun
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

func newConsole(w io.Writer, bar bool, total int) *console {
	c := &console{w: w}
	if !bar {
		return c
	}
	maximum := -1 // unknown: the bar shows the count only
	if total > 0 {
		maximum = total
	}
	c.bar = progressbar.NewOptions(maximum,
		// The wrapper hides the file, which the bar would sync after each write.
		progressbar.OptionSetWriter(struct{ io.Writer }{w}),
		progressbar.OptionSetWidth(20),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionShowCount(),
		// The SDK's estimate takes the rate limit into account.
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetSpinnerChangeInterval(0), // no goroutine
	)
	return c
}

// progress updates the progress bar.
func (c *console) progress(done, failed int, p licensespring.Progress) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bar == nil {
		return
	}
	text := fmt.Sprintf("%.0f/s, %d failed", p.Rate, failed)
	if p.Remaining >= time.Second {
		text += ", " + p.Remaining.Round(time.Second).String() + " remaining"
	}
	c.bar.Describe(text)
	_ = c.bar.Set(done) // an error affects the display only
}

// message writes a line above the progress bar.
func (c *console) message(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bar != nil {
		_ = c.bar.Clear()
	}
	printLine(c.w, format, args...)
}

// entry writes a line about an entry, up to maxShown lines.
func (c *console) entry(format string, args ...any) {
	c.mu.Lock()
	c.shown++
	shown := c.shown
	c.mu.Unlock()
	switch {
	case shown <= maxShown:
		c.message(format, args...)
	case shown == maxShown+1:
		c.message("… further messages are in the results only.")
	}
}

// close removes the progress bar. The summary repeats its numbers.
func (c *console) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bar != nil {
		_ = c.bar.Clear()
		c.bar = nil
	}
}
