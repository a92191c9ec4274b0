// Package nearest finds what somebody who has mistyped a word probably meant.
package nearest

import "strings"

// Of returns the candidate that is closest to what was written, empty if
// none is close: a third of its letters, at least one, may differ.
func Of(written string, candidates []string) string {
	written = strings.ToLower(written)
	best, least := "", len(written)
	if len(written) > 100 {
		return ""
	}
	for _, c := range candidates {
		most := max(1, len(c)/3)
		if len(c)-len(written) > most || len(written)-len(c) > most {
			continue
		}
		if d := Distance(written, strings.ToLower(c)); d < least && d <= most {
			best, least = c, d
		}
	}
	return best
}

// Distance returns how many bytes must be inserted, deleted or replaced to
// make b from a (Levenshtein).
func Distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
