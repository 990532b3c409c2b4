// Package research is the consent to take part in research: the six items that whoever is asked must be told, as parts of
// a text, and which of them are missing.
//
// The items stand in the text itself, each under a heading with a mark of its own that sanitising keeps, and are taken
// apart and put together here. So what a reader agrees to, its digest, receipts, files, Moodle's table and the archive
// have them like every other word, and there is no second place that could say something else.
//
// It does not own the words of the headings, which are the editor's, nor what a text may contain (package source).
//
// Start reading at [Items], then [Split].
package research
