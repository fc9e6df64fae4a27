// Package wire implements the parts of the service's JSON format below the level
// of fields: date formats, the spellings of the two dialects, paths into a
// document, and lossless reading and writing of JSON text.
package wire
