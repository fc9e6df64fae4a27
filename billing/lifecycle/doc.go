// Package lifecycle derives which licenses a customer of Stripe should have, and what
// must change at the service to get there. It is level-triggered: an event determines
// only which subscription or payment to look at.
//
//	event ──Resolve──► source ──Reader──► Subject ──Wanted──► Target ──Plan──► Changes
//
// [Wanted] and [Plan] are pure functions without a clock. [Reader] is the only part
// that sends requests, and it only reads.
package lifecycle
