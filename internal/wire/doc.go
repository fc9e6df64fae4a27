// Package wire holds what the service's JSON looks like below the level of
// fields: the forms of a date, the spellings of the two dialects, paths into a
// document, and the writing and reading of JSON text without loss.
package wire
