package exchange

// Safety says what it can do to send a request a second time.
type Safety int

// The three kinds of request.
const (
	// Read changes nothing.
	Read Safety = iota
	// Guarded makes something that the service makes only once: a plain create,
	// which its order id guards.
	Guarded
	// Unguarded adds something each time it is received: an append.
	Unguarded
)

// Ending says how an attempt ended.
type Ending int

// The endings. What they mean for the thing asked for stands beside them.
const (
	// NotSent: no whole request can have reached the service. Nothing was done.
	NotSent Ending = iota
	// Hopeless: as NotSent, and it would not be different the next time.
	Hopeless
	// Limited: 429. Nothing was done.
	Limited
	// Refused: an answer that says no. Nothing was done.
	Refused
	// Lost: no answer, or one that does not tell. It may have been done.
	Lost
	// LostForGood: as Lost, and to send it again would end no better.
	LostForGood
	// Unreadable: 2xx, but the body cannot be read. It was done.
	Unreadable
	// Done: 2xx with a readable body. It was done.
	Done
)

// mayResend is the retry table. The package documentation and the README show
// the same one, as what a caller sees of it.
//
//	ending         read  plain create   append
//	NotSent        yes   yes            yes     it never left
//	Hopeless       no    no             no      a bad certificate stays bad
//	Limited        yes   yes            yes     the service said: later
//	Refused        no    no             no      the service said: no
//	Lost           yes   yes            NO      the id guards a plain create; an append would add its licenses twice
//	LostForGood    no    no             no      501, 505 and 303 would come again
//	Unreadable     yes   NO             NO      it was done: look it up instead
//	Done           no    no             no
func mayResend(e Ending, s Safety) bool {
	switch e {
	case NotSent, Limited:
		return true
	case Lost:
		return s == Read || s == Guarded
	case Unreadable:
		return s == Read
	case Hopeless, Refused, LostForGood, Done:
		return false
	default:
		return false
	}
}

// whyNot says in words why the table does not allow another attempt.
func whyNot(e Ending, s Safety) string {
	switch {
	case e == Lost && s == Unguarded:
		return "not sent again: it may have been received, and an append would add its licenses twice"
	case e == Unreadable:
		return "not sent again: it was done"
	case e == Refused:
		return "not sent again: the answer is final"
	default:
		return "not sent again: it would end the same way"
	}
}

// String returns the ending's name, for journals and logs.
func (e Ending) String() string {
	switch e {
	case NotSent:
		return "not sent"
	case Hopeless:
		return "cannot be sent"
	case Limited:
		return "rate limited"
	case Refused:
		return "refused"
	case Lost, LostForGood:
		return "lost"
	case Unreadable:
		return "unreadable"
	case Done:
		return "done"
	default:
		return "unknown"
	}
}
