package source

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"ltipolicy/policy"
	"ltipolicy/policy/markup"
)

// Policy is one policy as files: a folder named by the policy's slug with one file a language, <lang>.txt,
// <lang>.md or <lang>.html; .markdown, .htm and capitals are read, too, and are called by the usual ending. A file is
//
//	---
//	name: Politica de confidentialitate a datelor
//	type: privacy
//	kind: acknowledge
//	---
//	--- summary ---
//	the summary's text
//	--- content ---
//	the full text
//
// with lines ending in LF; those of Windows and old Macs become such, and a byte order mark and white space after the marks
// do not count. Beside them may lie the image files that Markdown and HTML name. With the setting document, the content is in the
// document of Word of that name beside the file, and of the two texts only the summary may stand in the file. The text between two such lines, without the line break before the second one and
// at the end of the file, is the source's text, byte for byte. The file of the primary language holds the
// settings; the others hold only name and perhaps lang and document. Settings are: type (site, privacy, third-parties,
// other), audience (all, loggedin, guests), kind (acknowledge, agree, consent, inform), style (together,
// own-page), revision, sort, announced-from, effective-from and enforced-from (2006-01-02 or RFC 3339), zone (the IANA name
// of the one in which those days begin; UTC without it), validity (see [policy.Validity]), platforms (names with commas between),
// courses (yes: asked only in courses that ask for it; no), change-note, contact, visibility (teachers: those of the
// course learn by name who consents) and form (research: a consent to research, whose items have marked headings as
// package research makes them; its kind is consent). Only name and type must be there. Without kind, a privacy policy is to be
// acknowledged, any other one to be agreed to.
type Policy struct {
	Slug      string
	Settings  policy.Version // without texts
	SortOrder int
	Platforms []string          // names; empty: all platforms of the institution
	Images    map[string][]byte // image files beside the texts, by name
	Documents map[string][]byte // documents that hold contents, by name
	Texts     []Text            // primary first, then by language
}

// Text is one language of a [Policy].
type Text struct {
	Lang    string // BCP 47
	Name    string
	Format  string // "txt", "md" or "html"
	Summary string
	Content string
	// Document is the name of the document that holds the content; Content is empty then.
	Document string
}

const (
	fence       = "---"
	summaryLine = "--- summary ---"
	contentLine = "--- content ---"
)

var (
	langForm = values["lang"]
	settings = []string{
		"type", "audience", "kind", "style", "revision", "sort", "announced-from", "effective-from", "enforced-from", "zone", "validity",
		"platforms", "courses", "change-note", "contact", "visibility", "form",
	}

	typeNames     = map[policy.Type]string{policy.TypeSite: "site", policy.TypePrivacy: "privacy", policy.TypeThirdParty: "third-parties", policy.TypeOther: "other"}
	audienceNames = map[policy.Audience]string{policy.AudienceAll: "all", policy.AudienceLoggedIn: "loggedin", policy.AudienceGuests: "guests"}
	styleNames    = map[policy.Style]string{policy.StyleConsentPage: "together", policy.StyleOwnPage: "own-page"}
	yesNo         = map[bool]string{true: "yes", false: "no"}
	formNames     = map[policy.Form]string{policy.FormNone: "", policy.FormResearch: "research"}
	kinds         = []policy.Kind{policy.Acknowledge, policy.Agree, policy.Consent, policy.Inform}
)

// Read reads every policy folder directly under the root of fsys, in the order of sort and slug. Files
// at the root and names that start with a dot are passed over, and so are folders without texts; [PassedOver]
// names them. A mistake in a file is an error of kind ErrInvalid that names the file and, if it can, the line.
func Read(fsys fs.FS) ([]Policy, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("reading policies: %w", err)
	}
	var list []Policy
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		files, err := policyFiles(fsys, e.Name())
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(slices.Collect(maps.Keys(files)), isTextFile) { // a folder of images, or of nothing that is known
			continue
		}
		s, err := New(e.Name(), files)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	slices.SortStableFunc(list, func(a, b Policy) int {
		return cmp.Or(cmp.Compare(a.SortOrder, b.SortOrder), cmp.Compare(a.Slug, b.Slug))
	})
	return list, nil
}

func policyFiles(fsys fs.FS, dir string) (map[string][]byte, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, fmt.Errorf("reading policy %s: %w", dir, err)
	}
	files := map[string][]byte{}
	slices.SortStableFunc(entries, documentsLast)
	for _, e := range entries {
		if e.IsDir() || strings.HasPrefix(e.Name(), ".") || !isTextFile(e.Name()) && !imageFile(e) && !documentFile(e, files) {
			continue
		}
		b, err := fs.ReadFile(fsys, path.Join(dir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("reading policy %s: %w", dir, err)
		}
		files[e.Name()] = b
	}
	return files, nil
}

// formats are the endings of texts, in small letters.
var formats = map[string]string{".txt": "txt", ".md": "md", ".markdown": "md", ".html": "html", ".htm": "html"}

// isTextFile reports whether a file is taken for a text. The endings that the format has are meant; of others it wants to
// see a language before them, because a page saved by a browser may lie beside.
func isTextFile(name string) bool {
	ext := path.Ext(name)
	if ext == ".txt" || ext == ".md" || ext == ".html" {
		return true
	}
	return formats[strings.ToLower(ext)] != "" && langForm.MatchString(strings.TrimSuffix(name, ext))
}

// langAndFormat are what the file's name says. Where all of it is in capitals, as on old disks, the language is not.
func langAndFormat(name string) (lang, format string) {
	ext := path.Ext(name)
	lang = strings.TrimSuffix(name, ext)
	if ext != strings.ToLower(ext) && lang == strings.ToUpper(lang) {
		lang = strings.ToLower(lang)
	}
	return lang, formats[strings.ToLower(ext)]
}

// New reads one policy from its files, named as in its folder. Errors are as of [Read].
func New(slug string, files map[string][]byte) (Policy, error) {
	if !policy.IsSlug(slug) {
		return Policy{}, fileError(slug, 0, "a policy's folder has a name of small letters a-z, digits and hyphens")
	}
	names := make([]string, 0, len(files))
	for n := range files {
		if imageName(n) || isDocument(n) {
			continue
		}
		names = append(names, n)
	}
	slices.Sort(names)
	s, primary := Policy{Slug: slug, Images: imagesOf(files)}, ""
	for _, name := range names {
		where := slug + "/" + name
		t, keys, err := readText(where, name, files[name])
		if err != nil {
			return Policy{}, err
		}
		if err := s.takeDocument(where, t, files); err != nil {
			return Policy{}, err
		}
		if slices.ContainsFunc(s.Texts, func(o Text) bool { return strings.EqualFold(o.Lang, t.Lang) }) {
			return Policy{}, fileError(where, 0, "the language has two files")
		}
		if len(keys) > 0 {
			if primary != "" {
				return Policy{}, fileError(where, 0, "settings stand in "+primary+" already; a translation has only a name")
			}
			primary = where
			if err := s.set(where, keys); err != nil {
				return Policy{}, err
			}
			s.Texts = append([]Text{t}, s.Texts...)
			continue
		}
		s.Texts = append(s.Texts, t)
	}
	if primary == "" {
		return Policy{}, fileError(slug, 0, "no file says the type")
	}
	return s, nil
}

func readText(where, name string, raw []byte) (Text, map[string]string, error) {
	var t Text
	t.Lang, t.Format = langAndFormat(name)
	if !langForm.MatchString(t.Lang) {
		return t, nil, fileError(where, 0, "the file's name is not a language, such as ro.txt")
	}
	src, err := unmarked(where, raw)
	if err != nil {
		return t, nil, err
	}
	keys, src, n, err := readSettings(where, src)
	if err != nil {
		return t, nil, err
	}
	if doc, ok := keys["document"]; ok {
		if what := documentName(doc); what != "" {
			return t, nil, fileError(where, 0, what)
		}
		t.Document = doc
		t.Summary, err = documentText(where, n, src)
	} else {
		t.Summary, t.Content, err = readTexts(where, n, src)
	}
	if err != nil {
		return t, nil, err
	}
	if t.Name = keys["name"]; t.Name == "" {
		return t, nil, fileError(where, 0, "the policy has no name")
	}
	if l, ok := keys["lang"]; ok && l != t.Lang {
		return t, nil, fileError(where, 0, "lang is "+l+", but the file's name says "+t.Lang)
	}
	delete(keys, "name")
	delete(keys, "lang")
	delete(keys, "document")
	return t, keys, nil
}

func (s *Policy) set(where string, keys map[string]string) error {
	var ok [7]bool
	set := &s.Settings
	set.Type, ok[0] = byName(typeNames, keys["type"])
	set.Audience, ok[1] = byName(audienceNames, cmp.Or(keys["audience"], "all"))
	set.Style, ok[2] = byName(styleNames, cmp.Or(keys["style"], "together"))
	set.Kind = policy.Kind(keys["kind"])
	if set.Kind == "" {
		set.Kind = policy.DefaultKind(set.Type)
	}
	ok[3] = slices.Contains(kinds, set.Kind)
	var err error
	if v := keys["sort"]; v != "" {
		s.SortOrder, err = strconv.Atoi(v)
	}
	ok[4] = err == nil
	set.Courses, ok[5] = byName(yesNo, cmp.Or(keys["courses"], "no"))
	set.Form, ok[6] = byName(formNames, keys["form"])
	ok[6] = ok[6] && (set.Form == policy.FormNone || set.Kind == policy.Consent)
	if ok[4] && (s.SortOrder < policy.MinSort || s.SortOrder > policy.MaxSort) {
		return fileError(where, 0, fmt.Sprintf("sort is %d, and Moodle's orders go from %d to %d", s.SortOrder, policy.MinSort, policy.MaxSort))
	}
	for i, c := range []struct{ key, of string }{
		{"type", listed(typeNames)}, {"audience", listed(audienceNames)}, {"style", listed(styleNames)}, {"kind", "acknowledge, agree, consent, inform"},
		{"sort", "a number"}, {"courses", "yes, no"}, {"form", "research, of kind consent"},
	} {
		if !ok[i] {
			return fileError(where, 0, fmt.Sprintf("%s cannot be %q: want %s", c.key, keys[c.key], c.of))
		}
	}
	set.Zone = keys["zone"]
	zone, err := time.LoadLocation(set.Zone)
	if err != nil || set.Zone == "Local" || set.Zone != "" && keys["announced-from"]+keys["effective-from"]+keys["enforced-from"]+keys["validity"] == "" {
		return fileError(where, 0, fmt.Sprintf("zone cannot be %q: it is the zone of the days, such as Europe/Bucharest", set.Zone))
	}
	for _, d := range []struct {
		key string
		to  *time.Time
	}{{"announced-from", &set.AnnouncedFrom}, {"effective-from", &set.EffectiveFrom}, {"enforced-from", &set.EnforcedFrom}} {
		if v := keys[d.key]; v != "" {
			if *d.to, err = moment(v, zone); err != nil || !inCalendar(*d.to) {
				return fileError(where, 0, fmt.Sprintf("%s cannot be %q", d.key, v))
			}
		}
	}
	if set.Validity = policy.Validity(keys["validity"]); set.Validity.Check() != nil {
		return fileError(where, 0, fmt.Sprintf("validity cannot be %q: it is a period such as P1Y, or a day of each year such as --09-30", keys["validity"]))
	}
	for p := range strings.SplitSeq(keys["platforms"], ",") {
		if p = strings.TrimSpace(p); p != "" {
			s.Platforms = append(s.Platforms, p)
		}
	}
	set.Revision, set.ChangeNote, set.Contact = keys["revision"], keys["change-note"], keys["contact"]
	set.Visibility = policy.Visibility(keys["visibility"])
	if err := set.VisibilityAllowed(); err != nil {
		return fileError(where, 0, fmt.Sprintf("visibility cannot be %q: it is teachers, and only of kind consent with courses: yes", set.Visibility))
	}
	return nil
}

// moment reads a day, which begins in the zone, or a time.
func moment(s string, zone *time.Location) (time.Time, error) {
	if day, err := policy.ParseDay(s); err == nil {
		return day.Start(zone).UTC(), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	return t.UTC(), err
}

// listed are the names, in their order.
func listed[K comparable](names map[K]string) string {
	return strings.Join(slices.Sorted(maps.Values(names)), ", ")
}

func byName[K comparable](names map[K]string, name string) (K, bool) {
	for k, n := range names {
		if n == name {
			return k, true
		}
	}
	var zero K
	return zero, false
}

// Files is the inverse of [New]: the folder's files by name. It refuses (ErrInvalid) what the format
// cannot hold: a setting with a line break or outer white space, a text with a line that ends it.
func (s Policy) Files() (map[string][]byte, error) {
	if len(s.Texts) == 0 || !policy.IsSlug(s.Slug) {
		return nil, fileError(s.Slug, 0, "a policy needs a slug and a text")
	}
	files := map[string][]byte{}
	for i, t := range s.Texts {
		where := s.Slug + "/" + t.Lang + "." + t.Format
		pairs := [][2]string{{"name", t.Name}, {"document", t.Document}}
		if i == 0 {
			pairs = append(pairs, s.pairs()...)
		}
		var b strings.Builder
		b.WriteString(fence + "\n")
		for _, p := range pairs {
			if strings.ContainsAny(p[1], "\r\n") || strings.TrimSpace(p[1]) != p[1] {
				return nil, fileError(where, 0, p[0]+" must be one line without white space around it")
			}
			if p[1] != "" {
				b.WriteString(p[0] + ": " + p[1] + "\n")
			}
		}
		if slices.ContainsFunc(s.Platforms, func(p string) bool { return strings.Contains(p, ",") || strings.TrimSpace(p) != p || p == "" }) {
			return nil, fileError(where, 0, "a platform's name must have no comma")
		}
		if endsEarly(t.Summary) || strings.Contains(t.Summary+t.Content, "\r\n") {
			return nil, fileError(where, 0, "the text holds a line that would end it")
		}
		b.WriteString(fence + "\n" + summaryLine + "\n" + t.Summary + "\n")
		if t.Document == "" {
			b.WriteString(contentLine + "\n" + t.Content + "\n")
		} else if t.Content != "" {
			return nil, fileError(where, 0, "the content is in the document and in the file")
		}
		files[t.Lang+"."+t.Format] = []byte(b.String())
	}
	for name, image := range s.Images {
		if !imageName(name) {
			return nil, fileError(s.Slug+"/"+name, 0, "an image's file ends in .png, .jpg, .gif or .webp")
		}
		files[name] = image
	}
	for name, doc := range s.Documents {
		if !isDocument(name) {
			return nil, fileError(s.Slug+"/"+name, 0, "a document's file ends in "+documentEnding)
		}
		files[name] = doc
	}
	back, err := New(s.Slug, files)
	if err != nil {
		return nil, fmt.Errorf("writing policy files: %w", err)
	}
	if len(back.Texts) != len(s.Texts) {
		return nil, fileError(s.Slug, 0, "two texts have the same language")
	}
	return files, nil
}

// endsEarly reports whether a summary holds a line that would end it.
func endsEarly(summary string) bool {
	for line := range strings.SplitSeq(lineFeeds.Replace(summary), "\n") {
		if isMark(line, contentLine) {
			return true
		}
	}
	return false
}

func (s Policy) pairs() [][2]string {
	v := s.Settings
	when := func(t time.Time) string {
		day := policy.DayOf(t.In(v.Location()))
		switch {
		case t.IsZero():
			return ""
		case day.Start(v.Location()).Equal(t):
			return day.String()
		}
		return t.UTC().Format(time.RFC3339Nano)
	}
	return [][2]string{
		{"type", typeNames[v.Type]}, {"audience", audienceNames[v.Audience]}, {"kind", string(v.Kind)},
		{"style", styleNames[v.Style]}, {"revision", v.Revision}, {"sort", strconv.Itoa(s.SortOrder)},
		{"announced-from", when(v.AnnouncedFrom)}, {"effective-from", when(v.EffectiveFrom)}, {"enforced-from", when(v.EnforcedFrom)},
		{"zone", v.Zone}, {"validity", string(v.Validity)}, {"platforms", strings.Join(s.Platforms, ", ")},
		{"courses", map[bool]string{true: "yes"}[v.Courses]},
		{"change-note", v.ChangeNote}, {"contact", v.Contact}, {"visibility", string(v.Visibility)}, {"form", formNames[v.Form]},
	}
}

// Version makes the version that the files describe: texts imported by their format and sanitised, ids and
// times left zero. The findings are by file name, as [Policy.Files] names them. Errors are those of
// [Sanitize] and of the importers, with the file's name.
func (s Policy) Version(ctx context.Context) (policy.Version, map[string][]Finding, error) {
	v := s.Settings.Settings()
	v.SortOrder = s.SortOrder
	all := map[string][]Finding{}
	for _, t := range s.Texts {
		name := t.Lang + "." + t.Format
		text, images, found, err := t.text(ctx, s.Images, s.Documents[t.Document])
		if err != nil {
			return policy.Version{}, nil, fmt.Errorf("importing %s/%s: %w", s.Slug, name, err)
		}
		v.Texts, v.Images = append(v.Texts, text), append(v.Images, images...)
		if len(found) > 0 {
			all[name] = found
		}
	}
	return v, all, nil
}

// text imports and sanitises one language, whose images may be files. Lines of findings count from the start of
// the summary or content.
func (t Text) text(ctx context.Context, files map[string][]byte, document []byte) (policy.Text, []policy.Image, []Finding, error) {
	sources, odd, format := [2]string{}, [2][]Finding{}, [2]string{t.Format, t.Format}
	for i, src := range []string{t.Summary, t.Content} {
		sources[i], odd[i] = Normal(src)
	}
	parts, err := t.read(sources[:]...)
	if err == nil && t.Document != "" {
		if parts[1], err = ImportDocument(ctx, document); err != nil {
			err = fmt.Errorf("the document %s: %w", t.Document, err)
		}
		format[1], sources[1] = "docx", parts[1].plain
	}
	if err != nil {
		return policy.Text{}, nil, nil, err
	}
	text := policy.Text{Lang: t.Lang, Name: t.Name}
	if files == nil {
		files = map[string][]byte{} // none, but names of files are meant as such
	}
	var images []policy.Image
	var all []Finding
	for i, to := range []*policy.SafeHTML{&text.Summary, &text.Content} {
		taken, more, refused, err := TakeImages(ctx, parts[i].HTML, files, nil)
		if err != nil {
			return policy.Text{}, nil, nil, err
		}
		safe, found, err := Sanitize(taken)
		if err != nil {
			return policy.Text{}, nil, nil, err
		}
		*to, images = safe, append(images, more...)
		found = slices.Concat(odd[i], parts[i].Findings, refused, found)
		losses, err := Prove(format[i], sources[i], safe, found, parts[i].made...)
		if err != nil {
			return policy.Text{}, nil, nil, err
		}
		all = slices.Concat(all, found, losses)
	}
	if text.Content, err = SeparateNotes(text.Summary, text.Content); err != nil {
		return policy.Text{}, nil, nil, err
	}
	if markup.Words(text.Content) == 0 {
		return policy.Text{}, nil, nil, policy.E(policy.ErrInvalid, keyEmpty).Because(fmt.Errorf("no content in %s", t.Lang))
	}
	return text, images, all, nil
}

// read makes HTML of summary and content.
func (t Text) read(texts ...string) ([]Part, error) {
	switch t.Format {
	case "txt":
		return ImportParts(t.Lang, texts...), nil
	case "md", "html":
	default:
		return nil, policy.E(policy.ErrInvalid, "policy.file").Because(fmt.Errorf("there is no format %q", t.Format))
	}
	var parts []Part
	for _, src := range texts {
		var p Part
		var err error
		if t.Format == "md" {
			p.HTML, p.Findings, err = ImportMarkdown(src)
		} else {
			p.HTML, err = ImportHTML(src)
		}
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	return parts, nil
}

func fileError(where string, line int, what string) error {
	if line > 0 {
		where = fmt.Sprintf("%s:%d", where, line)
	}
	return policy.E(policy.ErrInvalid, "policy.file", where, what).Because(fmt.Errorf("%s: %s", where, what))
}
