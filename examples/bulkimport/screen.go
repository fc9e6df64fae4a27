package main

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

// maxShown is how many lines about entries are shown. All are in the results.
const maxShown = 50

// screen is standard error while orders are under way: a progress bar, and above
// it what there is to say.
type screen struct {
	mu    sync.Mutex
	w     io.Writer
	bar   *progressbar.ProgressBar // nil: none
	shown int
}

// showsProgress reports whether there is to be a bar. Results on the same
// terminal would run through it.
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

func newScreen(w io.Writer, bar bool, total int) *screen {
	s := &screen{w: w}
	if !bar {
		return s
	}
	most := -1 // not known: counts up
	if total > 0 {
		most = total
	}
	s.bar = progressbar.NewOptions(most,
		// Not the file itself, which the bar would sync after each write.
		progressbar.OptionSetWriter(struct{ io.Writer }{w}),
		progressbar.OptionSetWidth(20),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionShowCount(),
		// The SDK's rate is that of the whole run, and its estimate knows the plan.
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetSpinnerChangeInterval(0), // no goroutine
	)
	return s
}

// progress shows how far the import is.
func (s *screen) progress(done, failed int, p licensespring.Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bar == nil {
		return
	}
	text := fmt.Sprintf("%.0f/s, %d failed", p.Rate, failed)
	if p.Left >= time.Second {
		text += ", " + p.Left.Round(time.Second).String() + " left"
	}
	s.bar.Describe(text)
	_ = s.bar.Set(done) // an error would be about how it looks
}

// say writes a line.
func (s *screen) say(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bar != nil {
		_ = s.bar.Clear()
	}
	say(s.w, format, args...)
}

// entry writes a line about an entry, as long as there are not too many.
func (s *screen) entry(format string, args ...any) {
	s.mu.Lock()
	s.shown++
	shown := s.shown
	s.mu.Unlock()
	switch {
	case shown <= maxShown:
		s.say(format, args...)
	case shown == maxShown+1:
		s.say("… the rest is in the results only.")
	}
}

// end takes the bar away: what it said, and more, is said once more in the end.
func (s *screen) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bar != nil {
		_ = s.bar.Clear()
		s.bar = nil
	}
}
