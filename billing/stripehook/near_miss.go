package stripehook

import (
	"maps"
	"slices"
	"strings"
)

// maxNearMiss is the maximum edit distance of a misspelled metadata key.
const maxNearMiss = 2

// nearMisses returns the keys of metadata that are probably misspelled, in order, with
// the known key that was meant. A key is not reported if the known key is present too.
func nearMisses(metadata map[string]string, known ...string) (keys []string, meant map[string]string) {
	meant = make(map[string]string)
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		if slices.Contains(known, key) {
			continue
		}
		for _, name := range known {
			if _, present := metadata[name]; !present && isNearMiss(key, name) {
				keys, meant[key] = append(keys, key), name
				break
			}
		}
	}
	return keys, meant
}

// isNearMiss reports whether a key differs from a name in case, separators, or few
// characters.
func isNearMiss(key, name string) bool {
	key, name = strings.ToLower(key), strings.ToLower(name)
	return withoutSeparators(key) == withoutSeparators(name) || editDistance(key, name) <= maxNearMiss
}

func withoutSeparators(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("_-. /:", r) {
			return -1
		}
		return r
	}, s)
}

// editDistance returns the Levenshtein distance, or a larger number than maxNearMiss if
// the lengths differ by more.
func editDistance(a, b string) int {
	if max(len(a), len(b))-min(len(a), len(b)) > maxNearMiss {
		return maxNearMiss + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
