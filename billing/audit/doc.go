// Package audit compares everything that is paid for at Stripe with all licenses of
// LicenseSpring.
//
// An [Audit] walks the subscriptions and payments of Stripe, and compares the licenses
// of each with what is paid for, as a job of package reconcile does. Then it walks the
// licenses that are enabled, and looks for those that are not paid for. It proceeds page by
// page, so that its memory does not depend on the number of subjects, and it can
// continue from a [Position] after an interruption. It changes nothing unless it is asked
// to.
package audit
