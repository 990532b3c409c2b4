package docx

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"ltipolicy/policy"
)

// Limits of a document. The parts that are read count as they are unpacked, whatever the archive says of their size.
const (
	// MaxFile is the most bytes of a document.
	MaxFile  = 6 << 20
	maxParts = 2000     // in the archive
	maxXML   = 12 << 20 // bytes of all parts that are read as text
	maxNodes = 600_000  // elements and attributes
	maxDepth = 250      // elements within each other
	maxImage = 1 << 20  // bytes of an image
	maxShown = 12 << 20 // bytes of all images, each time that one is shown
	maxTimes = 50       // that an image is shown
)

// The keys of errors: what to say to whoever brought the document.
const (
	KeyKind    = "policy.document_kind"    // it is none, an old one or protected
	KeyDamaged = "policy.document_damaged" // a part is missing or broken
	KeyLarge   = "policy.document_large"   // a limit is passed
)

func wrongKind(what string) error {
	return policy.E(policy.ErrInvalid, KeyKind).Because(errors.New(what))
}

func damaged(what string, err error) error {
	const next = "open it in Word or LibreOffice, save it anew as .docx and take that"
	if err == nil {
		return policy.E(policy.ErrInvalid, KeyDamaged).Because(fmt.Errorf("the document is damaged: %s: %s", what, next))
	}
	return policy.E(policy.ErrInvalid, KeyDamaged).Because(fmt.Errorf("the document is damaged: %s (%w): %s", what, err, next))
}

func tooLarge(what string) error {
	return policy.E(policy.ErrInvalid, KeyLarge).Because(fmt.Errorf("the document is too large: %s: take the policy's text alone into a document of its own, with smaller pictures", what))
}

// archive is a document's parts by name.
type archive struct {
	parts map[string]*zip.File
	read  int64 // bytes of text so far
	nodes int   // elements and attributes so far
	names map[xml.Name]string
}

func open(raw []byte) (*archive, error) {
	switch {
	case len(raw) > MaxFile:
		return nil, tooLarge(fmt.Sprintf("it has %d bytes, and at most %d are read", len(raw), MaxFile))
	case bytes.HasPrefix(raw, []byte("\xd0\xcf\x11\xe0")):
		return nil, wrongKind("the document is protected by a password, or of the old kind .doc: open it in Word or LibreOffice and save it as .docx without a password")
	case !bytes.HasPrefix(raw, []byte("PK")):
		return nil, wrongKind("the file is no .docx: open it in the program that wrote it and save it as .docx")
	}
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, damaged("its archive cannot be read", err)
	}
	if len(z.File) > maxParts {
		return nil, tooLarge(fmt.Sprintf("it has %d parts, and at most %d are read", len(z.File), maxParts))
	}
	a := &archive{parts: map[string]*zip.File{}, names: map[xml.Name]string{}}
	for _, f := range z.File {
		name := key(f.Name)
		if a.parts[name] != nil {
			return nil, damaged("it has two parts named "+f.Name, nil)
		}
		a.parts[name] = f
	}
	if a.parts["mimetype"] != nil && a.parts["content.xml"] != nil {
		return nil, wrongKind("the file is a document of LibreOffice by another name: open it there and save it as Word's .docx")
	}
	return a, nil
}

// key is a part's name as the names of parts are compared.
func key(name string) string { return strings.ToLower(strings.TrimPrefix(name, "/")) }

// bytes unpacks a part of at most limit bytes.
func (a *archive) bytes(name string, limit int64) (raw []byte, over bool, err error) {
	f := a.parts[key(name)]
	if f == nil {
		return nil, false, damaged("its part "+name+" is missing", nil)
	}
	if f.Flags&1 != 0 {
		return nil, false, wrongKind("the document's parts are protected by a password: save it without one")
	}
	r, err := f.Open()
	if err != nil {
		return nil, false, damaged("its part "+name+" cannot be unpacked", err)
	}
	defer r.Close() //nolint:errcheck // only read
	raw, err = io.ReadAll(io.LimitReader(r, limit+1))
	if int64(len(raw)) > limit {
		return nil, true, nil
	}
	if err != nil {
		return nil, false, damaged("its part "+name+" cannot be unpacked", err)
	}
	return raw, false, nil
}

// tree reads a part as a tree.
func (a *archive) tree(name string) (*node, error) {
	raw, over, err := a.bytes(name, maxXML-a.read)
	if err != nil {
		return nil, err
	}
	if over {
		return nil, tooLarge(fmt.Sprintf("its text has more than %d MB when it is unpacked", maxXML>>20))
	}
	a.read += int64(len(raw))
	return a.parse(name, raw)
}

// part is one with what it refers to.
type part struct {
	name  string
	root  *node
	links map[string]link // by id
	list  []link          // in their order
}

// link is what a part refers to: another part, or an address.
type link struct {
	kind    string // the end of the relationship's type
	target  string
	outside bool
}

// part reads a part and its relationships.
func (a *archive) part(name string) (*part, error) {
	p := &part{name: name}
	var err error
	if p.root, err = a.tree(name); err != nil {
		return nil, err
	}
	return p, a.relations(p)
}

// relations reads what a part, or with an empty name the document as a whole, refers to.
func (a *archive) relations(p *part) error {
	dir, file := path.Split(p.name)
	name := dir + "_rels/" + file + ".rels"
	p.links = map[string]link{}
	if a.parts[key(name)] == nil {
		return nil
	}
	root, err := a.tree(name)
	if err != nil {
		return err
	}
	for _, k := range root.kids {
		if k.name != "rel:Relationship" {
			continue
		}
		l := link{kind: path.Base(k.attr("Type")), target: k.attr("Target"), outside: k.attr("TargetMode") == "External"}
		if !l.outside {
			if strings.HasPrefix(l.target, "/") {
				l.target = path.Clean(l.target)[1:]
			} else {
				l.target = path.Join(dir, l.target)
			}
		}
		p.links[k.attr("Id")] = l
		p.list = append(p.list, l)
	}
	return nil
}

// of is the first part of a kind that this one refers to; empty if there is none.
func (p *part) of(a *archive, kind string) string {
	for _, l := range p.list {
		if l.kind == kind && !l.outside && a.parts[key(l.target)] != nil {
			return l.target
		}
	}
	return ""
}
