// Package docx reads documents of Word, and what LibreOffice and Google Docs write in Word's form (.docx), and makes the
// HTML of them that package source sanitises: with the numbers of lists as Word shows them, notes that lead both ways,
// links within the text, recorded changes. What the document hides or shows outside its text (comments, hidden words,
// headers) is reported with its words.
//
// It reads the file's own parts and nothing else: no macro runs, nothing is fetched, and what a hostile file could make
// large is bounded before it is read. It does not decide what a text may contain.
//
// Start reading at [Read], then body.go.
package docx
