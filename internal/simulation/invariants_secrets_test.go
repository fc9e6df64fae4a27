package simulation

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// A logBuffer records all log output.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func (b *logBuffer) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// secrets returns the texts that must not occur in logs, errors and events.
func (r *run) secrets() []string {
	secrets := []string{
		lst.DefaultAPIKey, strings.Split(lst.DefaultAPIKey, ".")[1], wrongKey, secretWord,
		// Fragments of queries, bodies and URLs.
		"store_id=", `{"id"`, "http://",
	}
	add := func(text string) {
		if text != "" {
			secrets = append(secrets, text)
		}
	}
	for _, s := range r.plan.variants {
		for _, l := range s.licenses {
			add(l.key)
		}
	}
	for i := range r.orders {
		for _, l := range r.orders[i].Licenses() {
			add(l.Key)
			for _, u := range l.Users {
				add(u.InitialPassword)
			}
		}
	}
	return secrets
}

// checkSecrets checks logs, errors, events, attempts and warnings.
func (r *run) checkSecrets(report func(string)) {
	s := secretCheck{secrets: r.secrets(), report: report}
	s.text("the log", r.log.String())
	for _, c := range r.calls {
		s.call(&c.callRecord)
		if c.result != nil {
			s.passwords(c.result.Order.Users())
		}
	}
}

// A secretCheck reports secrets in texts.
type secretCheck struct {
	secrets []string
	report  func(string)
}

func (s *secretCheck) text(name, text string) {
	lower := strings.ToLower(text)
	for _, secret := range s.secrets {
		if strings.Contains(lower, strings.ToLower(secret)) {
			s.report(fmt.Sprintf("a secret (%s) is in %s: %s", secret, name, lineWith(lower, strings.ToLower(secret))))
			return
		}
	}
}

// call checks everything of a call that a caller may print.
func (s *secretCheck) call(c *callRecord) {
	prefix := fmt.Sprintf("call %d: ", c.number)
	eachError(c.err, func(err error) {
		s.text(prefix+"an error", err.Error())
		s.text(prefix+"a formatted error", fmt.Sprintf("%+v", err))
	})
	if c.e != nil {
		s.text(prefix+"the details", fmt.Sprintf("%+v %+v %s %s", c.e.Fields, c.e.Differences, c.e.Message, c.e.Code))
	}
	s.text(prefix+"the attempts", fmt.Sprintf("%+v", c.attempts()))
	s.text(prefix+"the warnings", fmt.Sprintf("%+v", c.warnings))
	s.text(prefix+"the events", fmt.Sprintf("%+v %+v %+v", c.events.callsStarted, c.events.callsEnded, c.events.attemptsEnded))
}

// passwords checks that formatting an initial password does not reveal it.
func (s *secretCheck) passwords(users []ls.UserRecord) {
	for _, u := range users {
		if !u.InitialPassword.IsZero() {
			s.text("a password", fmt.Sprintf("%v %+v %#v %q", u.InitialPassword, u.InitialPassword, u.InitialPassword, u.InitialPassword))
		}
	}
}

// lineWith returns the first line of a text that contains a part.
func lineWith(text, part string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) {
			return line
		}
	}
	return text
}

// eachError visits an error and its causes.
func eachError(err error, visit func(error)) {
	if err == nil {
		return
	}
	visit(err)
	switch wrapped := err.(type) { //nolint:errorlint // it unwraps the error itself
	case interface{ Unwrap() error }:
		eachError(wrapped.Unwrap(), visit)
	case interface{ Unwrap() []error }:
		for _, err := range wrapped.Unwrap() {
			eachError(err, visit)
		}
	}
}
