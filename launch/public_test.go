package launch_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"ltipolicy/launch"
	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// seed is one of the source documents: where its texts stand in which file.
type seed struct {
	File, Name, Type, Audience, Lang string
	Systems                          []string
	Summary, Content                 span
}

type span struct {
	Lines [2]int
	Chars int
}

// text is the span as it stands in its document.
func (s span) text(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../testdata/seeds", file))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(b), "\n")
	out := []rune(strings.Join(lines[s.Lines[0]-1:s.Lines[1]], "\n"))
	return string(out[:min(len(out), s.Chars)]) // a span may end within its last line
}

func seeds(t *testing.T) []seed {
	t.Helper()
	b, err := os.ReadFile("../testdata/seeds/policies.json")
	if err != nil {
		t.Fatal(err)
	}
	var out []seed
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// bullet begins an item of a list in a document of plain text; a page draws it itself.
var bullet = regexp.MustCompile(`(?m)^[\s\x{a0}]*(\*|[•·▪◦–-][\s\x{a0}]|\d+[.)]|[a-zа-я][.)][\s\x{a0}])`)

// letters is what of a text must survive: everything but white space and the signs before list items.
func letters(s string) string {
	return strings.Join(strings.Fields(bullet.ReplaceAllString(s, "")), "")
}

func TestPublicListShowsTheSourceDocuments(t *testing.T) {
	s := newSite(t)
	ktu, err := s.db.EnsureInstitution(t.Context(), "Kauno technologijos universitetas")
	s.must(err)
	_, _, unicampus := s.addMoodle("https://unicampus.example", "UniCampus", s.institution)
	_, _, open := s.addMoodle("https://open.ktu.example", "open.ktu.edu", ktu)
	shown := map[string][]string{}
	for institution, platforms := range map[string][]lti.Platform{
		"Universitatea Politehnica Timișoara": {s.platform, unicampus}, "Kauno technologijos universitetas": {open},
	} {
		for _, p := range platforms {
			shown[p.Name] = s.sourcesOf(institution, p, platforms)
		}
	}
	for _, p := range []lti.Platform{s.platform, unicampus, open} {
		s.run(t, p.Name, func(t *testing.T) {
			b := s.browser()
			b.Lang = "en"
			page := s.get(b, "/"+p.ID+"/policies").is(http.StatusOK, "")
			if h := page.heading(); h != "List of active policies" {
				t.Errorf("heading %q", h)
			}
			var rows [][]string
			for _, tr := range descendAll(page.all("table", "class=list index"), "tr")[1:] {
				rows = append(rows, texts(descend(tr, "td")))
			}
			var want [][]string
			of := map[string]seed{}
			for _, d := range seeds(t) {
				for _, name := range shown[p.Name] {
					if d.Name == name {
						of[name] = d
					}
				}
			}
			for _, name := range shown[p.Name] {
				d, ok := of[name]
				if !ok {
					t.Errorf("%q is no source document", name)
					continue
				}
				want = append(want, []string{name, map[string]string{
					"site": "Site policy", "privacy": "Privacy policy", "third parties": "Third parties policy", "other": "Other policy",
				}[strings.ToLower(strings.TrimSuffix(d.Type, " policy"))], map[string]string{
					"all users": "All users", "authenticated users": "Authenticated users", "guests": "Guests",
				}[strings.ToLower(d.Audience)]})
			}
			if d := cmp.Diff(want, rows); d != "" {
				t.Errorf("the list (-source +page):\n%s", d)
			}
			for _, article := range page.all("article", "class=card") {
				name := squeezed(descend(article, "h2")[0])
				d := of[name]
				bodies := descend(article, "div", "class=policy")
				if len(bodies) != 2 {
					t.Errorf("%s: %d texts, want summary and content", name, len(bodies))
					continue
				}
				for i, part := range []span{d.Summary, d.Content} {
					source, got := letters(part.text(t, d.File)), letters(visible(bodies[i]))
					if source != got {
						at := 0
						for at < len(source) && at < len(got) && source[at] == got[at] {
							at++
						}
						t.Errorf("%s, part %d: from byte %d the source says %.80q, the page %.80q", name, i, at, source[at:], got[at:])
					}
				}
				if lang, _ := attribute(bodies[1], "lang"); lang != d.Lang {
					t.Errorf("%s: marked as %q, want %q", name, lang, d.Lang)
				}
			}
		})
	}
}

// visible is every text below a node, a line for each block.
func visible(n *html.Node) string {
	var out strings.Builder
	for c := range n.Descendants() {
		switch {
		case c.Type == html.TextNode:
			out.WriteString(c.Data)
		case !slices.Contains(inline, c.Data):
			out.WriteByte('\n')
		}
	}
	return out.String()
}

// sourcesOf loads an institution's source policies as their files say where they apply, and returns the names
// of those that apply on p.
func (s *site) sourcesOf(institution string, p lti.Platform, all []lti.Platform) []string {
	s.t.Helper()
	var names []string
	for _, src := range s.sourceFiles(institution) {
		v, _, err := src.Version(s.t.Context())
		s.must(err)
		var on []lti.Platform
		for _, q := range all {
			if len(src.Platforms) == 0 || slices.Contains(src.Platforms, q.Name) {
				on = append(on, q)
			}
		}
		s.load(src.Slug, v, on...)
		if len(src.Platforms) == 0 || slices.Contains(src.Platforms, p.Name) {
			names = append(names, v.Primary().Name)
		}
	}
	return names
}

func TestPublicListHoldsEveryAudienceInOrder(t *testing.T) {
	s := newSite(t)
	s.load("b", version(policy.Agree, "Second", 2, forAudience(policy.AudienceLoggedIn)))
	s.load("a", version(policy.Inform, "First", 1))
	s.load("c", version(policy.Consent, "Third", 3, forAudience(policy.AudienceGuests)))
	retired := version(policy.Agree, "Retired", 4)
	s.load("d", retired)
	s.retire("d", retired)
	s.foreignPolicy()
	page := s.get(s.browser(), "/"+s.platform.ID+"/policies").is(http.StatusOK, "")
	var rows []string
	for _, tr := range descendAll(page.all("table", "class=list index"), "tr")[1:] {
		rows = append(rows, strings.Join(texts(descend(tr, "td")), ", "))
	}
	want := []string{"First, Site policy, All users", "Second, Site policy, Authenticated users", "Third, Site policy, Guests"}
	if d := cmp.Diff(want, rows); d != "" {
		t.Errorf("the list (-want +got):\n%s", d)
	}
	page.lacks("Foreign rules").lacks("Retired").has("Text of Third.")
	// The list's links lead to the texts below it.
	for _, link := range descendAll(page.all("table", "class=list index"), "a") {
		to, _ := attribute(link, "href")
		if len(page.all("article", "id="+strings.TrimPrefix(to, "#"))) != 1 {
			t.Errorf("a link leads to %s", to)
		}
	}
	for lang, want := range map[string]string{"ro": "ro", "de, lt;q=0.5": "lt", "xx": "en", "": "en"} {
		b := s.browser()
		b.Lang = lang
		if n := s.get(b, "/"+s.platform.ID+"/policies").all("html", "lang="+want); len(n) != 1 {
			t.Errorf("Accept-Language %q does not give %q", lang, want)
		}
	}
}

func TestPublicListWithoutPolicies(t *testing.T) {
	s := newSite(t)
	s.get(s.browser(), "/"+s.platform.ID+"/policies").is(http.StatusOK, "").has("No policy is active at the moment.")
}

// A day begins in the institution's zone, and is that day for every reader.
func TestTheDayThatIsShownIsTheDayThatWasMeant(t *testing.T) {
	for _, name := range []string{"America/New_York", "UTC", "Europe/Bucharest"} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			zone, err := time.LoadLocation(name)
			s.must(err)
			v := draft(policy.Agree, text("en", "House rules", "quiet"))
			v.EffectiveFrom, v.Zone = policy.Day{Year: 2026, Month: time.January, Day: 1}.Start(zone), name
			s.load("rules", v)
			p := s.get(s.browser(), "/"+s.platform.ID+"/policies").has("1 January 2026")
			if times := p.all("time", "datetime=2026-01-01"); len(times) != 1 {
				t.Errorf("%d times of that day", len(times))
			}
		})
	}
}

// Whoever finds a hole learns whom to tell (RFC 9116); an installation that names nobody has no such page.
func TestSecurityTxtSaysWhomToTell(t *testing.T) {
	const path = "/.well-known/security.txt"
	nobody := newSite(t)
	nobody.get(nobody.browser(), path).is(http.StatusNotFound, "not_found")

	contact := launch.Contact{
		Addresses: []string{"mailto:security@example.edu", "https://example.edu/report"}, Languages: "en, lt", Policy: "https://example.edu/policy",
	}
	s := newSite(t, setup{config: func(c *launch.Config) { c.Contact = contact }})
	s.clock.set(time.Date(2026, 9, 1, 23, 59, 59, 0, time.UTC))
	got := s.get(s.browser(), path).is(http.StatusOK, "")
	want := `Contact: mailto:security@example.edu
Contact: https://example.edu/report
Expires: 2027-02-28T00:00:00Z
Preferred-Languages: en, lt
Canonical: https://tool.example/.well-known/security.txt
Policy: https://example.edu/policy
`
	if d := cmp.Diff(want, string(got.Body)); d != "" || got.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("%s\n%s", got.Header.Get("Content-Type"), d)
	}
	s.clock.pass(time.Second)
	if next := s.get(s.browser(), path); !strings.Contains(string(next.Body), "\nExpires: 2027-03-01T00:00:00Z\n") {
		t.Errorf("the next day it says %s", next.Body)
	}

	// On the own machine, without https, there is no address that may be canonical.
	own := newSite(t, setup{base: "http://127.0.0.1:8080", config: func(c *launch.Config) {
		c.Contact = launch.Contact{Addresses: contact.Addresses[:1]}
	}})
	own.clock.set(s.clock.now())
	seen := httptest.NewRecorder()
	own.server.Handler().ServeHTTP(seen, httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080"+path, nil))
	if got := seen.Body.String(); got != "Contact: mailto:security@example.edu\nExpires: 2027-03-01T00:00:00Z\n" {
		t.Errorf("%d: %s", seen.Code, got)
	}
}

// answered asks with what a browser kept.
func (s *site) answered(path, tag, lang string) (status int, etag string, body []byte) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, toolOrigin+path, http.NoBody)
	s.must(err)
	r.Header.Set("Accept-Language", lang)
	if tag != "" {
		r.Header.Set("If-None-Match", tag)
	}
	res, err := s.road.RoundTrip(r)
	s.must(err)
	defer res.Body.Close() //nolint:errcheck // read to the end
	body, err = io.ReadAll(res.Body)
	s.must(err)
	if res.Header.Get("Set-Cookie") != "" {
		s.t.Errorf("%s sets a cookie", path)
	}
	return res.StatusCode, res.Header.Get("ETag"), body
}

// TestPublicListIsKeptAndNeverOld: whoever has the page is told so, and whatever changes what it shows, by this process or
// by another one, shows in the next answer.
func TestPublicListIsKeptAndNeverOld(t *testing.T) {
	s, _, foreign := twins(t)
	path := "/" + s.platform.ID + "/policies"
	status, tag, first := s.answered(path, "", "en")
	if status != http.StatusOK || tag == "" || !strings.Contains(string(first), "House rules") {
		t.Fatalf("status %d, ETag %q", status, tag)
	}
	same := func(what string) {
		t.Helper()
		if status, _, body := s.answered(path, tag, "en"); status != http.StatusNotModified || len(body) > 0 {
			t.Errorf("%s: status %d, %d bytes", what, status, len(body))
		}
		if _, again, body := s.answered(path+"?utm_source=x&x=1", "", "en"); again != tag || string(body) != string(first) {
			t.Errorf("%s: it is another page", what)
		}
	}
	same("nothing happened")
	if _, other, body := s.answered(path, tag, "ro"); other == tag || !strings.Contains(string(body), `lang="ro"`) {
		t.Error("another language is the same page")
	}

	who := store.Admin{InstitutionID: s.institution, Actor: "test"}
	elsewhere, _, _ := s.replica()
	_, id, err := elsewhere.CreatePolicy(t.Context(), who, "new", version(policy.Agree, "Draft", 5), []string{s.platform.ID})
	s.must(err)
	same("a draft was written")
	s.load("theirs", version(policy.Agree, "Theirs", 1), foreign)
	same("another institution published")

	changed := func(what string, change func() error, has, lacks string) {
		t.Helper()
		s.must(change())
		status, now, body := s.answered(path, tag, "en")
		if status != http.StatusOK || now == tag || !strings.Contains(string(body), has) || lacks != "" && strings.Contains(string(body), lacks) {
			t.Errorf("%s: status %d, changed: %v", what, status, now != tag)
		}
		tag, first = now, body
		same("after " + what)
	}
	changed("another process published", func() error {
		v, err := elsewhere.Version(t.Context(), s.institution, id)
		if err == nil {
			err = elsewhere.Publish(t.Context(), who, store.Publication{VersionID: id, Edit: v.Edit})
		}
		return err
	}, "Text of Draft.", "")
	changed("a new order", func() error {
		_, _, err := elsewhere.LoadPolicy(t.Context(), s.institution, "new", version(policy.Agree, "Draft", 1), []string{s.platform.ID})
		return err
	}, "Text of Draft.", "")
	changed("a policy that applies nowhere", func() error {
		_, _, err := elsewhere.LoadPolicy(t.Context(), s.institution, "new", version(policy.Agree, "Draft", 1), nil)
		return err
	}, "House rules", "Text of Draft.")
	changed("a new name of the site", func() error { return elsewhere.RenamePlatform(t.Context(), s.platform.ID, "Renamed") }, "Renamed", "")

	// A version that waits shows when its moment has come, and not before.
	policies, err := s.db.Policies(t.Context(), s.institution)
	s.must(err)
	next := draft(policy.Agree, english("House rules", "Be kinder."))
	next.PolicyID, next.Revision = policies[slices.IndexFunc(policies, func(p policy.Policy) bool { return p.Slug == "rules" })].ID, "2"
	waits, err := s.db.NewDraft(t.Context(), who, next)
	s.must(err)
	s.must(s.db.Publish(t.Context(), who, store.Publication{VersionID: waits, Edit: 1, At: s.clock.now().Add(time.Hour)}))
	s.clock.pass(time.Hour - time.Second)
	_, err = elsewhere.ActivateDue(t.Context())
	s.must(err)
	same("a version waits")
	s.clock.pass(time.Second)
	changed("the moment of a version", func() error { _, err := elsewhere.ActivateDue(t.Context()); return err }, "Be kinder.", "Be kind.")

	s.must(elsewhere.SetPlatformStatus(t.Context(), s.platform.ID, lti.Disabled))
	if status, _, body := s.answered(path, tag, "en"); status != http.StatusNotFound || strings.Contains(string(body), "House rules") {
		t.Errorf("of a platform that is switched off: status %d", status)
	}
}
