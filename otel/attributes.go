package otellicensespring

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"
)

// The attributes that the semantic conventions do not define.
const (
	keyOp              = attribute.Key("licensespring.op")
	keyOrderID         = attribute.Key("licensespring.order.id")
	keyLicenseID       = attribute.Key("licensespring.license.id")
	keyOutcome         = attribute.Key("licensespring.outcome")
	keyAttempts        = attribute.Key("licensespring.attempts")
	keyWarnings        = attribute.Key("licensespring.warnings")
	keyErrorCode       = attribute.Key("licensespring.error.code")
	keyRateLimitSource = attribute.Key("licensespring.rate_limit_source")
	keyRequestID       = attribute.Key("licensespring.request_id")

	keyAttemptOp       = attribute.Key("licensespring.attempt.op")
	keyAttemptNumber   = attribute.Key("licensespring.attempt.number")
	keyAttemptPhase    = attribute.Key("licensespring.attempt.phase")
	keyAttemptDecision = attribute.Key("licensespring.attempt.decision")
	keyAttemptWait     = attribute.Key("licensespring.attempt.wait")
)

// snake converts a name of the SDK to the form of attribute values.
func snake(name string) string { return strings.ReplaceAll(name, " ", "_") }

// text returns an attribute with a text of the caller or the service. Exporters
// reject a whole batch if a value is not valid UTF-8.
func text(key attribute.Key, s string) attribute.KeyValue {
	return key.String(strings.ToValidUTF8(s, "\uFFFD"))
}
