package source

import (
	"slices"
	"strings"

	"ltipolicy/policy"
	"ltipolicy/policy/proof"
)

// Prove holds a source against what was made of it, see package proof. format is txt, md, html or docx, found are the findings of
// the import: what one of them names as removed is not named again. All its findings are losses, see [Finding.Loss]. The
// error is of kind ErrInvalid.
func Prove(format, src string, safe policy.SafeHTML, found []Finding, made ...string) ([]Finding, error) {
	links := map[string]bool{}
	known := proof.Excuse{Made: made, Link: func(href string) bool { return links[short(href)] }}
	for _, f := range found {
		if f.Code == FoundLink {
			links[f.Detail] = true
		}
		for range f.Count {
			if slices.Contains(namers, f.Code) || format == "md" && f.Code == FoundComment { // in HTML, comments are no words
				known.Words = append(known.Words, f.Detail)
			}
		}
	}
	losses, err := proof.Hold(format, src, safe, known)
	if err != nil {
		return nil, err
	}
	var t tally
	for _, l := range losses {
		if l.Code == proof.Marked {
			t.add(l.Code, l.Line, l.Mark+": "+l.Text)
			continue
		}
		t.addWords(l.Code, l.Line, l.Text)
	}
	return t.findings(), nil
}

// namers are the findings whose details are words that were taken out.
var namers = []string{FoundPages, FoundObject, FoundLink, FoundImage, FoundHidden, FoundScript}

// lossCodes are the findings of what the source has and the result has not, or has elsewhere.
var lossCodes = []string{
	FoundWordsLost, FoundWordsAdded, FoundWordsMoved, FoundMark,
	FoundImage, FoundImageBad, FoundImageLarge, FoundImageMany,
}

// Loss reports whether a finding says that the result is not what the source was: words, marks, links, images or other
// pieces that are lost, added or moved. Nothing with a loss is published from files unless somebody says that it is meant.
func (f Finding) Loss() bool {
	switch f.Code {
	case FoundLink: // one to a place that is not there leads nowhere in the source either
		return !strings.HasPrefix(f.Detail, "#")
	case FoundElement: // words in brackets that are no element are to be filled in
		name, _, _ := strings.Cut(f.Detail, " ")
		return slices.Contains(shownElements, name) || strings.HasPrefix(f.Detail, "<")
	}
	return slices.Contains(lossCodes, f.Code)
}

// shownElements are elements that show something other than words.
var shownElements = []string{"applet", "audio", "canvas", "embed", "frame", "frameset", "iframe", "math", "meter", "object", "progress", "svg", "video"}
