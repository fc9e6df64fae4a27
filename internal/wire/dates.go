package wire

import (
	"errors"
	"strings"
	"time"
)

// TimeLayout is the layout in which a date and time is sent, always in UTC. The
// vendor's examples use it.
const TimeLayout = "2006-01-02 15:04:05"

// DateLayout is the layout in which a day without a time is sent.
const DateLayout = "2006-01-02"

// MinYear and MaxYear bound the valid years. A year before MinYear is probably a
// typing error (26 for 2026); a year after MaxYear has more than four digits.
const (
	MinYear = 1900
	MaxYear = 9999
)

var errTime = errors.New("want a date as 2006-01-02, 2006-01-02 15:04:05 or RFC 3339")

// AppendTime appends t in [TimeLayout] and UTC. It truncates fractions of a second,
// which the layout cannot represent.
func AppendTime(dst []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(dst, TimeLayout)
}

// ParseTime parses every form of a date that the service is known to send:
//
//	2026-03-01                      midnight UTC
//	2026-03-01 10:20:30             UTC; a fraction or a zone may follow
//	2026-03-01T10:20:30             the same
//	2026-03-01T10:20:30.123456Z     RFC 3339, any zone
//
// The result is in UTC. ParseTime returns the zero time for an empty text and for
// the zero date 0000-00-00, with or without a zero time, which the service sends
// for a missing date. The error never repeats the text.
func ParseTime(s string) (time.Time, error) {
	if isNoDate(s) {
		return time.Time{}, nil
	}
	layout, ok := layoutOf(s)
	if !ok {
		return time.Time{}, errTime
	}
	t, err := time.Parse(layout, s)
	if err != nil {
		// The error of time.Parse repeats its input.
		return time.Time{}, errTime
	}
	return t.UTC(), nil
}

// isNoDate reports whether s is empty or a zero date in any form.
func isNoDate(s string) bool {
	if s == "" {
		return true
	}
	return strings.HasPrefix(s, "0000-00-00") && strings.Trim(s[len("0000-00-00"):], "0:. TZ+-") == ""
}

// layoutOf returns the layout for the form of s. It checks the form because
// time.Parse is less strict than RFC 3339: it accepts hours of one digit and
// fractions after a comma.
func layoutOf(s string) (string, bool) {
	if len(s) == len(DateLayout) {
		return DateLayout, true
	}
	if len(s) < len(TimeLayout) || s[13] != ':' || s[16] != ':' || strings.Contains(s, ",") {
		return "", false
	}
	zoned := strings.ContainsAny(s[len(TimeLayout):], "Z+-")
	switch {
	case s[10] == ' ' && zoned:
		return TimeLayout + "Z07:00", true
	case s[10] == ' ':
		return TimeLayout, true
	case s[10] == 'T' && zoned:
		return "2006-01-02T15:04:05Z07:00", true
	case s[10] == 'T':
		return "2006-01-02T15:04:05", true
	default:
		return "", false
	}
}
