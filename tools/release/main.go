// Command release prints the section of a version in a changelog, the notes of its
// release. The version "snapshot" has the first section.
//
//	go run . v0.1.0 ../../CHANGELOG.md
package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: release VERSION CHANGELOG")
		os.Exit(2)
	}
	text, err := os.ReadFile(os.Args[2]) //nolint:gosec // the file is an argument
	if err == nil {
		var section string
		if section, err = notes(string(text), os.Args[1]); err == nil {
			_, err = fmt.Fprintln(os.Stdout, section)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// heading is the heading of a section: a version, and a date or "unreleased".
var heading = regexp.MustCompile(`(?m)^## \[([^]]+)\](?: - (.*))?$`)

// date is the date of a section.
var date = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

// links are the definitions of links at the end of a changelog.
var links = regexp.MustCompile(`(?m)^\[[^]]+\]: .*\n?`)

// notes returns the section of a version, without its heading.
func notes(changelog, version string) (string, error) {
	for _, at := range heading.FindAllStringSubmatchIndex(changelog, -1) {
		name, dated := changelog[at[2]:at[3]], ""
		if at[4] >= 0 {
			dated = changelog[at[4]:at[5]]
		}
		if version != "snapshot" && "v"+name != version {
			continue
		}
		if version != "snapshot" && !date.MatchString(dated) {
			return "", errors.New("the section of the version has no date")
		}
		section, _, _ := strings.Cut(changelog[at[1]:], "\n## ")
		if section = strings.TrimSpace(links.ReplaceAllString(section, "")); section == "" {
			return "", errors.New("the section of the version is empty")
		}
		return section, nil
	}
	return "", errors.New("the changelog has no section of the version")
}
