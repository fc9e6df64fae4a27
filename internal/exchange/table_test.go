package exchange_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

// The retry table, every ending by every kind of request.
func TestMayResend(t *testing.T) {
	t.Parallel()
	const yes, no = true, false
	for _, row := range []struct {
		ending                   exchange.Ending
		name                     string
		read, guarded, unguarded bool
		acted                    bool
	}{
		{exchange.NotSent, "not sent", yes, yes, yes, no},
		{exchange.Hopeless, "cannot be sent", no, no, no, no},
		{exchange.Limited, "rate limited", yes, yes, yes, no},
		{exchange.Refused, "refused", no, no, no, no},
		{exchange.Lost, "lost", yes, yes, no, yes},            // an append would be made twice
		{exchange.LostForGood, "lost", no, no, no, yes},       // as lost: "501" is no promise
		{exchange.Unreadable, "unreadable", yes, no, no, yes}, // it was done
		{exchange.Done, "done", no, no, no, yes},
		{exchange.Done + 1, "unknown", no, no, no, no}, // an ending of tomorrow is not sent again
		{-1, "unknown", no, no, no, no},
	} {
		assert.Equal(t, row.name, row.ending.String())
		assert.Equal(t, row.acted, exchange.Attempt{Ending: row.ending}.MayHaveActed(), "%s acted", row.ending)
		reply := exchange.Reply{Attempts: []exchange.Attempt{{Ending: row.ending}, {Ending: exchange.NotSent}}}
		assert.Equal(t, row.acted, reply.MayHaveActed(), "%s, and then not sent", row.ending)
		for i, want := range [...]bool{row.read, row.guarded, row.unguarded} {
			assert.Equal(t, want, exchange.MayResend(row.ending, safeties[i]), "%s, %s", row.ending, safetyName(safeties[i]))
			if !want {
				assert.Contains(t, exchange.WhyNot(row.ending, safeties[i]), "not sent again: ")
			}
		}
		assert.Equal(t, row.ending == exchange.NotSent || row.ending == exchange.Limited,
			exchange.MayResend(row.ending, exchange.Unguarded+1), "a kind of request that is not known is sent again only if it was not received")
	}
}

func TestWhyNot(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		ending exchange.Ending
		safety exchange.Safety
		want   string
	}{
		{exchange.Lost, exchange.Unguarded, "not sent again: it may have been received, and an append would add its licenses twice"},
		{exchange.Unreadable, exchange.Guarded, "not sent again: it was done"},
		{exchange.Refused, exchange.Read, "not sent again: the answer is final"},
		{exchange.Hopeless, exchange.Read, "not sent again: it would end the same way"},
		{exchange.LostForGood, exchange.Unguarded, "not sent again: it would end the same way"},
	} {
		assert.Equal(t, row.want, exchange.WhyNot(row.ending, row.safety))
	}
}
