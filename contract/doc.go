// Package contract uses the SDK as a stranger would, through what it exports
// and nothing else, and holds it to what its documentation promises: which
// error matches which kind, what linking it costs, and what it sends.
//
// What it sends is judged by JSON Schemas in testdata. They were written from
// the vendor's Create Order page and what is known of the wire beside it, and
// share nothing with the code of the SDK or of its fake: three readings of one
// page have to agree.
//
// There is nothing to import here. It is a module of its own because the SDK
// must not depend on a library for schemas.
package contract
