package source

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"ltipolicy/policy"
	"ltipolicy/policy/docx"
)

// documentEnding is that of the documents of Word that are read.
const documentEnding = ".docx"

// isDocument reports whether a file is such a document by its name.
func isDocument(name string) bool { return strings.ToLower(path.Ext(name)) == documentEnding }

// documentsLast sorts a folder's entries so that the texts stand before the documents that they may name.
func documentsLast(a, b fs.DirEntry) int {
	rank := map[bool]int{true: 1}
	return rank[isDocument(a.Name())] - rank[isDocument(b.Name())]
}

// documentFile reports whether a folder's entry is a document that may be read, a file of its own as images are, and one of
// the files that were read before names it.
func documentFile(e fs.DirEntry, files map[string][]byte) bool {
	if !mayBeRead(e) {
		return false
	}
	for name, b := range files {
		if isTextFile(name) && bytes.Contains(b, []byte(e.Name())) {
			return true
		}
	}
	return false
}

func mayBeRead(e fs.DirEntry) bool {
	if !e.Type().IsRegular() || !isDocument(e.Name()) {
		return false
	}
	i, err := e.Info()
	return err == nil && i.Size() <= docx.MaxFile
}

// documentName says what is wrong with the setting document; empty if nothing is.
func documentName(name string) string {
	switch {
	case name == "":
		return "document names no file: write document: NAME" + documentEnding
	case strings.ContainsAny(name, `/\`):
		return "the document " + name + " must lie beside this file: write its name without a path"
	case !isDocument(name):
		return "the document " + name + " is no " + documentEnding + ": save it as such, or as HTML"
	}
	return ""
}

// takeDocument gives a text the document that its settings name.
func (s *Policy) takeDocument(where string, t Text, files map[string][]byte) error {
	if t.Document == "" {
		return nil
	}
	raw, ok := files[t.Document]
	if !ok {
		return fileError(where, 0, "there is no document "+t.Document+" beside it, as a file of its own of at most 6 MB")
	}
	if s.Documents == nil {
		s.Documents = map[string][]byte{}
	}
	s.Documents[t.Document] = raw
	return nil
}

// documentText is what stands below the settings of a text whose content is a document: nothing, or the summary.
func documentText(where string, n int, src string) (summary string, err error) {
	if strings.TrimSpace(src) == "" {
		return "", nil
	}
	first, rest, _ := strings.Cut(src, "\n")
	if !isMark(first, summaryLine) {
		return "", fileError(where, n, "here may stand "+summaryLine+" only, because the content is in the document"+unlike(first, summaryLine))
	}
	if endsEarly(rest) {
		return "", fileError(where, n, "the content is in the document already: take "+contentLine+" and what follows out, or the setting document")
	}
	return strings.TrimSuffix(rest, "\n"), nil
}

// ImportDocument makes HTML of a document of Word (.docx), still to be sanitised, with its images in data: addresses. A small
// file may be a large document, so one is read at a time, within ctx. Errors are those of [docx.Read], and ErrUnavailable if
// too many wait or the wait ended.
func ImportDocument(ctx context.Context, raw []byte) (Part, error) {
	var p Part
	var read docx.Document
	err := decoding.alone(ctx, func() (err error) {
		if read, err = docx.Read(raw); err == nil {
			p.plain, err = docx.Plainly(raw)
		}
		return err
	})
	if err != nil {
		return Part{}, err
	}
	if p.HTML, err = ImportHTML(read.HTML); err != nil {
		return Part{}, err
	}
	var t tally
	for _, f := range read.Found {
		t.add(f.Code, 0, f.Detail)
	}
	p.Findings, p.made = t.findings(), read.Made
	return p, nil
}

// MaxDocument is the most bytes of a document of Word.
const MaxDocument = docx.MaxFile

// keyEmpty is the key of errors about texts without words.
const keyEmpty = "policy.text_empty"

// FromDocument is [ImportDocument], [TakeImages], [Sanitize] and [Prove] together. The images count against of. Errors are theirs, and
// ErrInvalid for a document without words.
func FromDocument(ctx context.Context, raw []byte, of *Allowance) (policy.SafeHTML, []policy.Image, []Finding, error) {
	part, err := ImportDocument(ctx, raw)
	if err != nil {
		return "", nil, nil, err
	}
	taken, images, odd, err := TakeImages(ctx, part.HTML, nil, of)
	if err != nil {
		return "", nil, nil, err
	}
	safe, found, err := Sanitize(taken)
	if err != nil {
		return "", nil, nil, err
	}
	if safe == "" {
		return "", nil, nil, policy.E(policy.ErrInvalid, keyEmpty).Because(errors.New("the document has no words"))
	}
	found = slices.Concat(part.Findings, odd, found)
	losses, err := Prove("docx", part.plain, safe, found, part.made...)
	return safe, images, append(found, losses...), err
}

// DocumentFinding is what to say of an error of [FromDocument].
func DocumentFinding(err error) string {
	e, _ := errors.AsType[*policy.Error](err)
	switch {
	case errors.Is(err, policy.ErrTooLarge), e != nil && e.Key == docx.KeyLarge:
		return FoundDocumentLarge
	case e != nil && e.Key == docx.KeyKind:
		return FoundDocumentKind
	case e != nil && e.Key == keyEmpty:
		return FoundDocumentEmpty
	}
	return FoundDocumentBad
}
