// Package diff compares two versions of a text: sections and words that came and went, both versions in one text or
// side by side.
//
// It does not own the words of the pages around it ([Options] hands them in) or the comparison of a version's
// settings, which package templates makes.
//
// Start reading at [Compare], then [Beside]; myers.go holds the algorithm, write.go what is shown.
package diff
