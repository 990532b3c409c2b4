package templates

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"reflect"
)

//go:embed html/*.html
var htmlFiles embed.FS

// Set holds the parsed pages, the catalogues and the static files. It is immutable and safe for concurrent use.
type Set struct {
	pages   map[reflect.Type]shown
	locales *catalogue
	static  *statics
	letter  *template.Template
}

// shown is a template with the part of it that is shown.
type shown struct {
	*template.Template
	part string
}

// New parses templates, catalogues and static files. An error is a fault of the build, not of the input.
func New() (*Set, error) {
	s := &Set{pages: make(map[reflect.Type]shown, len(pages))}
	var err error
	if s.locales, err = loadCatalogue(); err != nil {
		return nil, fmt.Errorf("loading messages: %w", err)
	}
	if s.static, err = loadStatics(); err != nil {
		return nil, fmt.Errorf("loading static files: %w", err)
	}
	if s.letter, err = parseLetter(); err != nil {
		return nil, fmt.Errorf("parsing the letter: %w", err)
	}
	funcs := template.FuncMap{
		"static":   s.static.address,
		"autonym":  Autonym,
		"answerID": AnswerID,
		"drawn":    drawn,
		"bdi":      bdi,
		"plain":    plain,
	}
	layout := template.New("layout").Funcs(funcs)
	for _, name := range parts {
		if _, err := layout.ParseFS(htmlFiles, "html/"+name+".html"); err != nil {
			return nil, fmt.Errorf("parsing %s: %w", name, err)
		}
	}
	for _, p := range pages {
		t, err := layout.Clone()
		if err == nil {
			_, err = t.ParseFS(htmlFiles, "html/"+p.name+".html")
		}
		if err != nil {
			return nil, fmt.Errorf("parsing page %s: %w", p.name, err)
		}
		s.pages[reflect.TypeOf(p.view)] = shown{t, cmp.Or(p.part, "layout")}
	}
	return s, nil
}

// errNoLocale is returned for a page whose Locale was not set.
var errNoLocale = errors.New("page without locale")

// Render writes the page that shows p. It writes nothing to w unless the whole page could be rendered.
func (s *Set) Render(w io.Writer, p View) error {
	t, ok := s.pages[reflect.TypeOf(p)]
	if !ok {
		return fmt.Errorf("rendering %T: it has no row in the table of pages", p)
	}
	if p.common().Locale == nil {
		return fmt.Errorf("rendering %T: %w", p, errNoLocale)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, t.part, p); err != nil {
		return fmt.Errorf("rendering %T: %w", p, err)
	}
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("writing %T: %w", p, err)
	}
	return nil
}

// Locale chooses the language of the pages: the explicit choice if the catalogue has it, else the platform's
// language (a Moodle code such as "ro", "sr_cr", "pt_br"), else what the browser accepts, else English.
// Times are shown in UTC until [Locale.In] says otherwise.
func (s *Set) Locale(chosen, moodle, acceptLanguage string) *Locale {
	return s.locales.choose(chosen, moodle, acceptLanguage)
}

// Languages lists the interface languages for the language switch; address makes the link for a tag.
func (s *Set) Languages(current *Locale, address func(tag string) string) []Language {
	out := make([]Language, 0, len(s.locales.locales))
	for _, l := range s.locales.locales {
		out = append(out, Language{
			Tag: l.Tag(), Name: Autonym(l.Tag()), URL: address(l.Tag()), Current: l.Tag() == current.Tag(),
		})
	}
	return out
}

// StaticFile returns the content and content type of what the path of a request names, such as
// "/static/3f2a…/app.css". Only the addresses that stand on pages are known.
func (s *Set) StaticFile(path string) (content []byte, contentType string, ok bool) {
	f, ok := s.static.files[path]
	return f.content, f.contentType, ok
}
