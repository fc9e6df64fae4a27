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

// logbook takes everything that is logged.
type logbook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logbook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logbook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func (b *logbook) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// secrets are the texts that must not be seen in any other text.
func (r *run) secrets() []string {
	secrets := []string{
		lst.DefaultAPIKey, strings.Split(lst.DefaultAPIKey, ".")[1], wrongKey, secretWord,
		// Queries and bodies are private as a whole; this is how they look.
		"store_id=", `{"id"`, "http://",
	}
	add := func(text string) {
		if text != "" {
			secrets = append(secrets, text)
		}
	}
	for _, a := range r.plan.variants {
		for _, w := range a.wants {
			add(w.key)
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

// keepsSecrets checks every text that came out of the SDK unasked.
func (r *run) keepsSecrets(report func(string)) {
	secrets := r.secrets()
	check := func(what, text string) {
		lower := strings.ToLower(text)
		for _, secret := range secrets {
			if strings.Contains(lower, strings.ToLower(secret)) {
				report(fmt.Sprintf("a secret (%s) is in %s: %s", secret, what, lineWith(lower, strings.ToLower(secret))))
				return
			}
		}
	}
	check("the log", r.log.String())
	for _, c := range r.calls {
		who := fmt.Sprintf("call %d: ", c.number)
		eachError(c.err, func(err error) {
			check(who+"an error", err.Error())
			check(who+"a printed error", fmt.Sprintf("%+v", err))
		})
		if c.e != nil {
			check(who+"the details", fmt.Sprintf("%+v %+v %s %s", c.e.Fields, c.e.Differences, c.e.Message, c.e.Code))
			check(who+"the attempts", fmt.Sprintf("%+v", c.e.Attempts))
		}
		check(who+"what an observer hears", fmt.Sprintf("%+v %+v %+v", c.heard.calls, c.heard.ended, c.heard.over))
		if c.result != nil {
			check(who+"the warnings", fmt.Sprintf("%+v", c.result.Warnings))
			check(who+"the attempts", fmt.Sprintf("%+v", c.result.Attempts))
			r.keepsPasswords(c.result, check)
		}
	}
}

// lineWith is the line of a text that holds a part.
func lineWith(text, part string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) {
			return line
		}
	}
	return text
}

// keepsPasswords: a result shows keys and addresses, for that is what it is for,
// but initial passwords only to who asks for them.
func (r *run) keepsPasswords(result *ls.OrderResult, check func(what, text string)) {
	for _, u := range result.Order.Users() {
		if !u.InitialPassword.IsZero() {
			check("a password", fmt.Sprintf("%v %+v %#v %q", u.InitialPassword, u.InitialPassword, u.InitialPassword, u.InitialPassword))
		}
	}
}

// eachError visits an error and all it was caused by.
func eachError(err error, visit func(error)) {
	if err == nil {
		return
	}
	visit(err)
	switch wrapped := err.(type) { //nolint:errorlint // this is what unwraps
	case interface{ Unwrap() error }:
		eachError(wrapped.Unwrap(), visit)
	case interface{ Unwrap() []error }:
		for _, err := range wrapped.Unwrap() {
			eachError(err, visit)
		}
	}
}
