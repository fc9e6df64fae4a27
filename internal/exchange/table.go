package exchange

// Safety is the effect of sending a request more than once, in the terms of
// RFC 9110.
type Safety int

// The kinds of request.
const (
	// Safe changes nothing: a read.
	Safe Safety = iota
	// Idempotent has the same effect however often it is received: a plain create,
	// which the order id deduplicates, or an update of a license with absolute values.
	Idempotent
	// NonIdempotent has an effect each time it is received: an append, or an
	// assignment of a user.
	NonIdempotent
)

// Ending is how an attempt ended.
type Ending int

// The endings, and whether the request took effect.
const (
	// NotSent: the service cannot have received a complete request, or it reported
	// that it did not process it. No effect.
	NotSent Ending = iota
	// PermanentFailure: as NotSent, and a retry would fail in the same way.
	PermanentFailure
	// RateLimited: status 429. No effect.
	RateLimited
	// Rejected: a response that rejects the request. No effect.
	Rejected
	// Ambiguous: no response, or one that does not tell. It may have taken effect.
	Ambiguous
	// AmbiguousFinal: as Ambiguous, and a retry would end in the same way.
	AmbiguousFinal
	// BadBody: 2xx with a body that cannot be read. It took effect.
	BadBody
	// OK: 2xx with a readable body. It took effect.
	OK
)

// shouldRetry is the retry table. The package documentation of licensespring
// shows it from the caller's side.
//
//	ending            Safe   Idempotent   NonIdempotent
//	NotSent           yes    yes          yes             the service did not process it
//	PermanentFailure  no     no           no              for example an invalid certificate
//	RateLimited       yes    yes          yes             the service did not process it
//	Rejected          no     no           no              the response is final
//	Ambiguous         yes    yes          NO              it may take effect twice
//	AmbiguousFinal    no     no           no              501, 505 and 303 do not change
//	BadBody           yes    NO           NO              it took effect: look it up instead
//	OK                no     no           no
func shouldRetry(e Ending, s Safety) bool {
	switch e {
	case NotSent, RateLimited:
		return true
	case Ambiguous:
		return s == Safe || s == Idempotent
	case BadBody:
		return s == Safe
	case PermanentFailure, Rejected, AmbiguousFinal, OK:
		return false
	default:
		return false
	}
}

// ofRepeated returns the ending of an attempt in which the transport sent the
// request more than once. The last response is that of a repetition, so it does
// not tell whether an earlier one took effect.
func (e Ending) ofRepeated(s Safety) Ending {
	switch {
	case e == BadBody, e == OK && s == Idempotent:
		return e // it took effect, once
	case e == OK, e == Rejected, e == AmbiguousFinal:
		return AmbiguousFinal
	default:
		return Ambiguous
	}
}

// noRetryReason returns the Decision of an attempt that the table does not allow
// to be retried.
func noRetryReason(e Ending, s Safety) string {
	switch {
	case e == Ambiguous && s == NonIdempotent:
		return "no retry: may have been applied"
	case e == BadBody:
		return "no retry: already applied"
	case e == Rejected:
		return "no retry: final response"
	default:
		return "no retry: permanent failure"
	}
}

// String returns the name of the ending.
func (e Ending) String() string {
	switch e {
	case NotSent:
		return "not sent"
	case PermanentFailure:
		return "permanent failure"
	case RateLimited:
		return "rate limited"
	case Rejected:
		return "rejected"
	case Ambiguous, AmbiguousFinal:
		return "ambiguous"
	case BadBody:
		return "bad body"
	case OK:
		return "ok"
	default:
		return "unknown"
	}
}
