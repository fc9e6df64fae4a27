package redact

// The spelling functions, without a Scrubber.
var (
	Decode   = decode
	FoldRune = foldRune
)
