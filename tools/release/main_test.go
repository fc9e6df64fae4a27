package main

import "testing"

func TestNotes(t *testing.T) {
	t.Parallel()
	const changelog = "# Changelog\n\n## [0.2.0] - unreleased\n\n### Added\n\n- B\n\n## [0.1.1] - 2031-06-01\n\n" +
		"## [0.1.0] - 2031-05-07\n\n- A\n\n## Not a version\n\n[0.1.0]: https://example.com/v0.1.0\n"
	tests := []struct{ version, want, err string }{
		{"snapshot", "### Added\n\n- B", ""},
		{"v0.1.0", "- A", ""},
		{"v0.2.0", "", "the section of the version has no date"},
		{"v0.1.1", "", "the section of the version is empty"},
		{"v0.3.0", "", "the changelog has no section of the version"},
		{"0.1.0", "", "the changelog has no section of the version"},
	}
	for _, tt := range tests {
		got, err := notes(changelog, tt.version)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if got != tt.want || text != tt.err {
			t.Errorf("notes(%s): %q, %q; want %q, %q", tt.version, got, text, tt.want, tt.err)
		}
	}
}
