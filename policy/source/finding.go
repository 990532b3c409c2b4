package source

import (
	"strings"

	"ltipolicy/policy/docx"
	"ltipolicy/policy/office"
	"ltipolicy/policy/proof"
)

// Finding is something that sanitising or importing changed, left out or was not sure about, for the person
// who looks the result over.
type Finding struct {
	Code   string // one of the Found constants; message key "finding.<code>"
	Line   int    // line of the source from 1; 0 if it concerns no line
	Detail string // the words, element or attribute concerned
	Count  int    // how often, at least 1
}

// What sanitising finds: things that were dropped.
const (
	FoundElement   = "element_removed"
	FoundAttribute = "attribute_removed"
	FoundScript    = "script_removed"
	FoundComment   = "comment_removed"
	FoundImage     = "image_removed"
	FoundLink      = "link_removed"
	FoundEncoding  = "encoding_repaired"
)

// What bringing a text into its normal form finds, see package normal.
const (
	FoundControl   = "control_replaced"  // a control character became a line break, a space or what it was meant to be
	FoundInvisible = "invisible_removed" // a character that nobody sees was left out
	FoundComposed  = "letters_composed"  // a letter and its marks, written apart, became one character
	FoundGarbled   = "letters_garbled"   // a word whose bytes were read in another encoding before it came here: kept
	FoundMlang     = "mlang_kept"        // a mark of Moodle's for a language, which parts nothing here: kept
)

// What is found where a text's meaning stands in its look, see package office.
const (
	FoundHidden  = office.Hidden
	FoundWhite   = office.White
	FoundTracked = office.Tracked
	FoundLost    = office.Lost
)

// What is found in documents of Word, see package docx.
const (
	FoundEdge   = docx.Edge   // words of a header or footer of its pages
	FoundPages  = docx.Pages  // the page numbers of a table of contents
	FoundObject = docx.Object // a chart, a diagram or another file within it
)

// What is said of documents that somebody chooses as a text.
const (
	FoundDocument      = "document_taken"   // the text is its text
	FoundDocumentKind  = "document_kind"    // it is no .docx, or protected: not taken
	FoundDocumentBad   = "document_damaged" // not taken
	FoundDocumentLarge = "document_large"   // not taken
	FoundDocumentEmpty = "document_empty"   // it has no words: not taken
)

// What is said of images that a text brings along. The last one is kept, as a decoration.
const (
	FoundImageBad         = "image_unreadable"  // no whole PNG, JPEG, GIF or WebP: dropped
	FoundImageLarge       = "image_too_large"   // too many bytes or pixels: dropped
	FoundImageMany        = "image_too_many"    // more images than a form may bring: dropped
	FoundImageUndescribed = "image_undescribed" // nothing says what it shows
)

// What importing plain text finds. Nothing but the first four changed anything, and they changed no
// character except line breaks and the hyphens before them.
const (
	FoundHyphen         = "hyphen_joined"    // a word that was divided at the end of a line was put together: check it
	FoundJoined         = "line_joined"      // a sentence broken over two lines was put together
	FoundTable          = "table_rebuilt"    // rows flattened to lines became a table: check the cells
	FoundNote           = "note_linked"      // a footnote and its mark were linked
	FoundHeading        = "heading_assumed"  // taken for a heading although it ends like a sentence
	FoundGlued          = "heading_glued"    // a heading seems to be stuck to the end of a line
	FoundSpace          = "space_missing"    // a space seems to be missing after a mark
	FoundQuote          = "quote_unbalanced" // an opening or closing quotation mark is missing
	FoundMixedScript    = "mixed_script"     // a word mixes letters of two alphabets that look alike
	FoundCedilla        = "cedilla"          // ş or ţ where Romanian has ș and ț
	FoundNumberRepeated = "number_repeated"  // a section number occurs twice
	FoundPage           = office.Page        // a line that seems to be the number of a page
	FoundRunning        = "page_header"      // a line that seems to stand at the head or foot of every page
	FoundStray          = "stray"            // a line that seems to be a left-over
	FoundPunctuation    = "punctuation"      // doubled or contradicting marks
	FoundNoMarker       = "item_unmarked"    // a list item without its mark
	FoundUnresolved     = "note_unresolved"  // a footnote mark without its note, or a note without its mark
)

// What importing Markdown finds and keeps as text.
const (
	FoundDefinition  = "definition_kept"  // a link definition that nothing uses
	FoundPlaceholder = "placeholder_kept" // words in angle brackets that are no element of HTML
)

// What holding a source against its result finds, see [Prove].
const (
	FoundWordsLost  = proof.Lost
	FoundWordsAdded = proof.Added
	FoundWordsMoved = proof.Moved
	FoundMark       = proof.Marked
)

// longestDetail is the most characters that a finding's detail has.
const longestDetail = 120

// tally counts findings of a kind.
type tally struct {
	list []Finding
	at   map[Finding]int // where each stands, the first of its code and detail without its line
}

func (t *tally) add(code string, line int, detail string) {
	f := Finding{Code: code, Line: line, Detail: short(detail)}
	if t.at == nil {
		t.at = map[Finding]int{}
	}
	if i, ok := t.at[f]; ok {
		t.list[i].Count++
		return
	}
	t.at[f] = len(t.list)
	f.Count = 1
	t.list = append(t.list, f)
}

// short is a detail as findings have it.
func short(detail string) string {
	if r := []rune(detail); len(r) > longestDetail {
		return string(r[:longestDetail-1]) + "…"
	}
	return detail
}

// addWords adds a finding for words of any length, in pieces that are kept whole.
func (t *tally) addWords(code string, line int, words string) {
	var b []rune
	for w := range strings.FieldsSeq(words) {
		r := []rune(w)
		if len(b) > 0 && len(b)+1+len(r) > longestDetail {
			t.add(code, line, string(b))
			b = nil
		}
		if len(b) > 0 {
			b = append(b, ' ')
		}
		b = append(b, r...)
	}
	if len(b) > 0 {
		t.add(code, line, string(b))
	}
}

// addFirst counts a detail under the line where it was found first.
func (t *tally) addFirst(code string, line int, detail string) {
	first := Finding{Code: code, Line: -1, Detail: detail}
	if i, ok := t.at[first]; ok {
		t.list[i].Count++
		return
	}
	t.add(code, line, detail)
	t.at[first] = len(t.list) - 1
}

func (t *tally) findings() []Finding { return t.list }
