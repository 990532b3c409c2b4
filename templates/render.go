package templates

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
)

//go:embed html/*.html
var htmlFiles embed.FS

// Set holds the parsed pages, the catalogues and the static files. It is immutable and safe for concurrent use.
type Set struct {
	pages   map[string]*template.Template
	locales *catalogue
	static  *statics
}

// pageNames are the templates, each a file in html/ with the blocks "title" and "main".
var pageNames = []string{
	"pending", "saved", "agreements", "event", "record", "public", "home", "error", "storage", "register", "registered", "leave",
	"participants", "missing", "select", "handover",
	"adminlist", "adminpolicy", "adminversion", "admincompare", "adminconfirm", "adminedit", "adminpublish",
	"adminreport", "adminperson", "adminlog", "admingrants", "adminasked", "adminfigures",
}

// New parses templates, catalogues and static files. An error is a fault of the build, not of the input.
func New() (*Set, error) {
	s := &Set{pages: make(map[string]*template.Template, len(pageNames))}
	var err error
	if s.locales, err = loadCatalogue(); err != nil {
		return nil, fmt.Errorf("loading messages: %w", err)
	}
	if s.static, err = loadStatics(); err != nil {
		return nil, fmt.Errorf("loading static files: %w", err)
	}
	funcs := template.FuncMap{
		"static":   s.static.address,
		"autonym":  Autonym,
		"answerID": AnswerID,
	}
	layout, err := template.New("layout").Funcs(funcs).ParseFS(htmlFiles, "html/layout.html", "html/parts.html", "html/adminparts.html", "html/adminlint.html", "html/adminpreview.html", "html/reading.html", "html/chart.html")
	if err != nil {
		return nil, fmt.Errorf("parsing layout: %w", err)
	}
	for _, name := range pageNames {
		t, err := layout.Clone()
		if err == nil {
			_, err = t.ParseFS(htmlFiles, "html/"+name+".html")
		}
		if err != nil {
			return nil, fmt.Errorf("parsing page %s: %w", name, err)
		}
		s.pages[name] = t
	}
	return s, nil
}

// errNoLocale is returned for a page whose Locale was not set.
var errNoLocale = errors.New("page without locale")

// render writes nothing to w unless the whole page could be rendered.
func (s *Set) render(w io.Writer, name string, base Page, page any) error {
	return s.fragment(w, name, "layout", base, page)
}

// fragment renders one template of a page, for a script that puts it into the page.
func (s *Set) fragment(w io.Writer, name, part string, base Page, page any) error {
	if base.Locale == nil {
		return fmt.Errorf("rendering %s: %w", name, errNoLocale)
	}
	var b bytes.Buffer
	if err := s.pages[name].ExecuteTemplate(&b, part, page); err != nil {
		return fmt.Errorf("rendering %s: %w", name, err)
	}
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

// Pending renders what is still to be answered. Like every render method it writes nothing before the whole
// page was rendered without error.
func (s *Set) Pending(w io.Writer, p PendingPage) error { return s.render(w, "pending", p.Page, p) }

// Saved renders the page after answers were recorded.
func (s *Set) Saved(w io.Writer, p SavedPage) error { return s.render(w, "saved", p.Page, p) }

// Agreements renders My agreements.
func (s *Set) Agreements(w io.Writer, p AgreementsPage) error {
	return s.render(w, "agreements", p.Page, p)
}

// EventText renders the exact text behind one answer.
func (s *Set) EventText(w io.Writer, p EventTextPage) error { return s.render(w, "event", p.Page, p) }

// Public renders the public list of active policies.
func (s *Set) Public(w io.Writer, p PublicPage) error { return s.render(w, "public", p.Page, p) }

// Home renders the landing page of teachers without a course.
func (s *Set) Home(w io.Writer, p HomePage) error { return s.render(w, "home", p.Page, p) }

// Participants renders a course's list of participants.
func (s *Set) Participants(w io.Writer, p ParticipantsPage) error {
	return s.render(w, "participants", p.Page, p)
}

// Missing renders the names and addresses of those who have not accepted.
func (s *Set) Missing(w io.Writer, p MissingPage) error { return s.render(w, "missing", p.Page, p) }

// Select renders the choice of what a course asks for.
func (s *Set) Select(w io.Writer, p SelectPage) error { return s.render(w, "select", p.Page, p) }

// Handover renders the form that carries the choice back to the platform.
func (s *Set) Handover(w io.Writer, p HandoverPage) error { return s.render(w, "handover", p.Page, p) }

// Error renders an error page.
func (s *Set) Error(w io.Writer, p ErrorPage) error { return s.render(w, "error", p.Page, p) }

// Storage renders the page that talks to a platform's storage.
func (s *Set) Storage(w io.Writer, p StoragePage) error { return s.render(w, "storage", p.Page, p) }

// Register renders the confirmation of a registration.
func (s *Set) Register(w io.Writer, p RegisterPage) error { return s.render(w, "register", p.Page, p) }

// Registered renders what follows a registration.
func (s *Set) Registered(w io.Writer, p RegisteredPage) error {
	return s.render(w, "registered", p.Page, p)
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

// Static returns the address of a static file by its plain name, such as "app.css": below /static/, with a
// hash of the content in it, so that it may be cached for ever. It returns "" for an unknown name.
func (s *Set) Static(name string) string { return s.static.address(name) }

// StaticFile returns the content and content type of what the path of a request names, such as
// "/static/3f2a…/app.css". Only addresses made by Static are known.
func (s *Set) StaticFile(path string) (content []byte, contentType string, ok bool) {
	f, ok := s.static.files[path]
	return f.content, f.contentType, ok
}
