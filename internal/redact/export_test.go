package redact

// For the tests: the spellings, without a Scrubber around them.
var (
	Decoded  = decoded
	FoldRune = foldRune
)
