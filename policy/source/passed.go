package source

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// Passed is a file or folder that [Read] passes over, and why: a sentence for who expected it to be read.
type Passed struct {
	Name string // from the root; a folder's ends in a slash
	Why  string
}

// PassedOver names what lies at the root of fsys and in the folders there, and is no part of the policies that [Read]
// made of them. What begins with a dot is not named.
func PassedOver(fsys fs.FS, policies []Policy) ([]Passed, error) {
	entries, err := visible(fsys, ".")
	if err != nil {
		return nil, err
	}
	var list []Passed
	for _, e := range entries {
		if !e.IsDir() {
			list = append(list, Passed{e.Name(), besidePolicies(fsys, e)})
			continue
		}
		inside, err := visible(fsys, e.Name())
		if err != nil {
			return nil, err
		}
		if len(inside) == 0 {
			list = append(list, Passed{e.Name() + "/", "the folder is empty"})
		}
		i := slices.IndexFunc(policies, func(p Policy) bool { return p.Slug == e.Name() })
		for _, f := range inside {
			at := Passed{Name: path.Join(e.Name(), f.Name())}
			switch {
			case f.IsDir() && i < 0:
				at = Passed{at.Name + "/", "a folder within a folder: if it is a policy's, load " + e.Name()}
			case f.IsDir():
				at = Passed{at.Name + "/", "a folder within a policy's folder"}
			case i >= 0:
				at.Why = policies[i].passes(f)
			default:
				at.Why = unread(f)
			}
			if at.Why != "" {
				list = append(list, at)
			}
		}
	}
	return list, nil
}

// IsPolicyFolder reports whether the root of fsys is one policy's own folder, and by which file.
func IsPolicyFolder(fsys fs.FS) (file string, ok bool) {
	entries, err := visible(fsys, ".")
	if err != nil {
		return "", false
	}
	for _, e := range entries {
		if beginsAsPolicy(fsys, e) {
			return e.Name(), true
		}
	}
	return "", false
}

func visible(fsys fs.FS, dir string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, fmt.Errorf("reading policies: %w", err)
	}
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return strings.HasPrefix(e.Name(), ".") }), nil
}

// besidePolicies says why an entry at the root is no policy's folder.
func besidePolicies(fsys fs.FS, e fs.DirEntry) string {
	if to, err := fs.Stat(fsys, e.Name()); err == nil && to.IsDir() {
		return "a link to a folder is not followed"
	}
	if beginsAsPolicy(fsys, e) {
		return "a policy's file lies in a folder that has the policy's name"
	}
	return "it lies beside the policies' folders"
}

// beginsAsPolicy reports whether a file has a policy file's name and first line.
func beginsAsPolicy(fsys fs.FS, e fs.DirEntry) bool {
	if e.IsDir() || !isTextFile(e.Name()) {
		return false
	}
	file, err := fsys.Open(e.Name())
	if err != nil {
		return false
	}
	defer file.Close() //nolint:errcheck // it was only read
	var head [16]byte
	n, err := io.ReadFull(file, head[:])
	if n == 0 && err != nil {
		return false
	}
	return bytes.HasPrefix(bytes.TrimPrefix(head[:n], []byte("\ufeff")), []byte(fence))
}

// passes says why a file of a policy's folder is no part of the policy; empty if it is.
func (s Policy) passes(e fs.DirEntry) string {
	name := e.Name()
	if isTextFile(name) {
		return ""
	}
	if _, read := s.Images[name]; read {
		if s.names(name) {
			return ""
		}
		return "no text of the policy names the image"
	}
	if s.Documents[name] != nil {
		return ""
	}
	return unread(e)
}

// names reports whether a text holds a file's name, in one of the forms in which Markdown and HTML have it.
func (s Policy) names(file string) bool {
	forms := []string{file, url.PathEscape(file), html.EscapeString(file)}
	return slices.ContainsFunc(s.Texts, func(t Text) bool {
		return slices.ContainsFunc(forms, func(f string) bool { return strings.Contains(t.Content, f) || strings.Contains(t.Summary, f) })
	})
}

// unread says why a file is neither a text nor an image of a policy, and what to do.
func unread(e fs.DirEntry) string {
	name := e.Name()
	stem := strings.TrimSuffix(name, path.Ext(name))
	switch ext := strings.ToLower(path.Ext(name)); ext {
	case documentEnding:
		if !mayBeRead(e) {
			return "a document is a file of its own, no link, of at most 6 MB"
		}
		return "no text names the document: write document: " + name + " into the settings of " + langOr(stem) + ".md, instead of its content"
	case ".pdf":
		return "a PDF: take the document that it was made of, or its text as " + langOr(stem) + ".txt with its settings above"
	case ".doc", ".odt", ".rtf", ".pages":
		return "a document of another program: save it as .docx and name that in the settings of " + langOr(stem) + ".md (document: " + stem + ".docx)"
	case ".svg", ".bmp", ".tif", ".tiff", ".heic", ".avif":
		return "images are kept as PNG, JPEG, GIF and WebP only"
	default:
		switch {
		case imageName(name) && !e.Type().IsRegular():
			return "an image is a file of its own, no link"
		case imageName(name):
			return "no text is here that could name the image, or it has more than 1 MB"
		case formats[ext] != "":
			return "its name is not a language, such as en" + ext
		}
	}
	return "its name does not end in .txt, .md or .html"
}

// langOr is a file's name without its ending if that is a language, otherwise one to show.
func langOr(stem string) string {
	if langForm.MatchString(stem) {
		return stem
	}
	return "en"
}
