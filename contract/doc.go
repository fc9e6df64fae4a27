// Package contract tests the SDK through its exported API only, as an importing
// module uses it: which error matches which kind, what linking the SDK costs, and
// which requests it sends.
//
// The requests are validated with JSON Schemas in testdata. The schemas were
// written from the vendor's documentation and share no code with the SDK or its
// fake, so that three independent readings of the documentation must agree.
//
// The package exports nothing. It is a module of its own because the SDK must not
// depend on a schema library.
package contract
