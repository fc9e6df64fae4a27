package licensespring_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bannedWords are expressions that this project replaced by the terms of the
// field, such as "response" for "answer". CONTRIBUTING.md explains the language.
var bannedWords = regexp.MustCompile(`(?i)\b(` + strings.Join([]string{
	`answer(s|ed|ing)?`,                 // response, respond
	`refuses?`, `refusals?`, `refusing`, // reject; "connection refused" is the name of an error
	`mend(s|ed|ing)?`,                                      // fix, correct
	`s(end|ends|ent) (\w+ )?again`,                         // retry
	`somebody`, `whoever`, `anybody`, `nobody`, `a person`, // the caller, the user
	`at the (most|least)`,                                                                              // at most, at least, maximum, minimum
	`to be seen`,                                                                                       // visible
	`pass(es|ed)? over`,                                                                                // skip
	`g(ives?|ave|iven|iving) (\w+ )?away`,                                                              // assign
	`leftovers?`, `weather`, `witness(es)?`, `verdicts?`, `hopeless`, `lost for good`, `had a hand in`, // metaphors
	`in silence`,            // silently
	`asked for`, `asks for`, // requested, wanted
	`page ?dialect`, // classic dialect
}, "|") + `)\b`)

// allowedWords are the exceptions.
var allowedWords = regexp.MustCompile(`http\.NoBody|\bRefuse makes|\bRefuse\(\)|Line\.Refuse|delay it or refuse it|proxy refuses the connection`)

// The texts, comments and documents of all modules use the terms of the field.
func TestLanguage(t *testing.T) {
	t.Parallel()
	files := 0
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "testdata"):
			return filepath.SkipDir
		case entry.IsDir(), strings.HasSuffix(path, "language_test.go"):
			return nil
		}
		switch filepath.Ext(path) {
		case ".go", ".md", ".html", ".tmpl", ".yml":
		default:
			return nil
		}
		files++
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(text), "\n") {
			if found := bannedWords.FindString(allowedWords.ReplaceAllString(line, "")); found != "" {
				assert.Fail(t, "banned expression", "%s:%d: %q in %q", path, i+1, found, strings.TrimSpace(line))
			}
		}
		return nil
	})
	require.NoError(t, err)
	assert.Greater(t, files, 200)
}
