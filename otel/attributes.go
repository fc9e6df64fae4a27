package otellicensespring

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"
)

// The attributes that the semantic conventions do not have.
const (
	keyOp        = attribute.Key("licensespring.op")
	keyOrderID   = attribute.Key("licensespring.order.id")
	keyOutcome   = attribute.Key("licensespring.outcome")
	keyAttempts  = attribute.Key("licensespring.attempts")
	keyWarnings  = attribute.Key("licensespring.warnings")
	keyErrorCode = attribute.Key("licensespring.error.code")
	keyRequestID = attribute.Key("licensespring.request_id")

	keyAttemptOp      = attribute.Key("licensespring.attempt.op")
	keyAttemptNumber  = attribute.Key("licensespring.attempt.number")
	keyAttemptPhase   = attribute.Key("licensespring.attempt.phase")
	keyAttemptVerdict = attribute.Key("licensespring.attempt.verdict")
	keyAttemptWait    = attribute.Key("licensespring.attempt.wait")
)

// snake writes a name of the SDK's as values are written in the conventions.
func snake(name string) string { return strings.ReplaceAll(name, " ", "_") }

// text is an attribute whose text comes from elsewhere: one that is not UTF-8
// would cost an exporter the whole batch.
func text(key attribute.Key, s string) attribute.KeyValue {
	return key.String(strings.ToValidUTF8(s, "\uFFFD"))
}
