package launch_test

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	items "ltipolicy/policy/research"
	"ltipolicy/policy/source"
	"ltipolicy/policy/template"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// sixLanguages are those of the interface, each with what Moodle calls it.
var sixLanguages = [][2]string{{"en", "en"}, {"ro", "ro"}, {"lt", "lt"}, {"bg", "bg"}, {"sr-Cyrl", "sr_cr"}, {"pt", "pt"}}

// inTag are the messages of a language.
func (s *site) inTag(tag string) *templates.Locale {
	s.t.Helper()
	pages, err := templates.New()
	s.must(err)
	return pages.Locale(tag, "en", "")
}

// research is a consent to research with every item filled in, asked on the whole site.
func research(t testing.TB) policy.Version {
	t.Helper()
	v, err := template.Version(t.Context(), template.Research, "en")
	if err != nil {
		t.Fatal(err)
	}
	v.Courses, v.Texts = false, v.Texts[:1]
	parts := items.Split(v.Texts[0].Content)
	for i, item := range items.Items() {
		parts.Items[i] = items.Part{Heading: string(item), Text: policy.SafeHTML("<p>About " + string(item) + ".</p>")}
	}
	if v.Texts[0].Content, _, err = source.Sanitize(parts.Join()); err != nil {
		t.Fatal(err)
	}
	return v
}

// typedTexts are the numbers of the texts of an editor's form by language.
func typedTexts(f ltitest.Form) map[string]string {
	out := map[string]string{}
	for name, v := range f.Values {
		if n, ok := strings.CutPrefix(name, "lang."); ok && v[0] != "" {
			out[v[0]] = n
		}
	}
	return out
}

// TestNewPolicyBeginsFromATemplate: each of the four, in each language of the interface, is a draft that the administrator
// edits: in their language first, without the languages that they drop.
func TestNewPolicyBeginsFromATemplate(t *testing.T) {
	for i, lang := range sixLanguages {
		t.Run(lang[0], func(t *testing.T) {
			s := newSite(t)
			b, l := s.asAdmin()
			page := s.get(b, l+"/admin/policies/new?lang="+lang[0]).is(http.StatusOK, "")
			in := s.inTag(lang[0])
			for _, name := range template.Names() {
				want, err := template.Version(t.Context(), name, lang[0])
				s.must(err)
				key := map[template.Name]string{template.Recording: "template.recording", template.Research: "template.research", template.HonourCode: "template.honour", template.ThirdParty: "template.third"}[name]
				begun := s.linked(b, page, in.T(key)).is(http.StatusOK, "")
				f := begun.formTo("/policies/new")
				at := typedTexts(f)
				if len(at) != 6 || at[lang[0]] != "0" || f.Values.Get("name.0") != want.Primary().Name || f.Values.Get("kind") != string(want.Kind) || f.Values.Get("courses") != "1" {
					t.Errorf("%s: the form has %v, %q, %v", name, at, f.Values.Get("name.0"), f.Values["kind"])
				}
				dropped := sixLanguages[(i+1)%6][0]
				f.Values.Set("drop."+at[dropped], "1")
				f.Values.Set("name.0", want.Primary().Name+" 2")
				f.Values.Set("then", "stay")
				s.settle(b, f).is(http.StatusOK, "")
				drafts, err := s.db.VersionNames(t.Context(), s.institution)
				s.must(err)
				v, err := s.db.Version(t.Context(), s.institution, drafts[len(drafts)-1].ID)
				s.must(err)
				if v.Status() != policy.Draft || len(v.Texts) != 5 || v.Primary().Name != want.Primary().Name+" 2" || v.Form != want.Form || v.Style != want.Style || !v.Courses {
					t.Errorf("%s: stored %+v with %d texts", name, v.Settings(), len(v.Texts))
				}
				if _, ok := v.In(dropped); ok && slices.ContainsFunc(v.Texts, func(x policy.Text) bool { return x.Lang == dropped }) {
					t.Errorf("%s: %s is still there", name, dropped)
				}
				if name != template.Research && v.Texts[0].Content != want.Texts[0].Content {
					t.Errorf("%s: the text is another one: %s", name, v.Texts[0].Content)
				}
			}
			s.get(b, l+"/admin/policies/new?template=another").is(http.StatusNotFound, "not_found")
		})
	}
}

// wholeTemplate is the draft of a consent to research with every item filled in, begun in the language of the page.
func (s *site) wholeTemplate(b browser, l, lang string) ltitest.Form {
	s.t.Helper()
	f := s.get(b, l+"/admin/policies/new?template=research&lang="+lang).is(http.StatusOK, "").formTo("/policies/new")
	for tag, n := range typedTexts(f) {
		for _, item := range items.Items() {
			f.Values.Set("item-"+string(item)+"."+n, "<p>"+string(item)+" in "+tag+".</p>")
		}
	}
	return f
}

// TestResearchWaitsForItsSixItems: with an item missing in a language a draft is saved, and not published: not now, not on
// a day, not behind the page's back, and the page names the language and the item.
func TestResearchWaitsForItsSixItems(t *testing.T) {
	for i, lang := range sixLanguages {
		t.Run(lang[0], func(t *testing.T) {
			s := newSite(t)
			b, l := s.asAdmin()
			item, in := items.Items()[i], s.inTag(lang[0])
			f := s.wholeTemplate(b, l, lang[0])
			at := typedTexts(f)
			field := "item-" + string(item) + "." + at[lang[0]]
			f.Values.Set(field, "<p> </p>")
			f.Values.Set("then", "publish")
			dialog := s.settle(b, f).is(http.StatusOK, "")
			says := templates.Autonym(lang[0]) + " : " + in.T(templates.ItemKey(item))
			dialog.has(in.T("admin.publish.missing")).has(says)
			if n := len(dialog.all("div", "class=note note-bad")); n != 1 {
				t.Errorf("%d notes", n)
			}
			for _, other := range items.Items() {
				if other != item {
					dialog.lacks(" : " + in.T(templates.ItemKey(other)))
				}
			}
			for _, when := range []string{"now", "later"} {
				form := dialog.formTo("/publish")
				form.Values.Set("when", when)
				form.Values.Set("at", "2027-01-01T00:00")
				s.submit(b, form).is(http.StatusUnprocessableEntity, "").has(in.T("admin.problem.items")).has(says)
			}
			drafts, err := s.db.VersionNames(t.Context(), s.institution)
			s.must(err)
			v, err := s.db.Version(t.Context(), s.institution, drafts[0].ID)
			s.must(err)
			for _, when := range []time.Time{{}, s.clock.now().AddDate(0, 1, 0)} {
				err := s.db.Publish(t.Context(), s.who(), store.Publication{VersionID: v.ID, Edit: v.Edit, At: when})
				if !errors.Is(err, policy.ErrInvalid) || !strings.Contains(err.Error(), lang[0]+": "+string(item)) {
					t.Errorf("publishing at %v: %v", when, err)
				}
			}
			if _, _, err := s.db.LoadPolicy(t.Context(), s.institution, "loaded", v, []string{s.platform.ID}); !errors.Is(err, policy.ErrInvalid) {
				t.Errorf("loading: %v", err)
			}

			// Filled in it is published, and people read each item under its heading in their language.
			edit := s.get(b, l+"/admin/versions/"+number(v.ID)+"/edit").is(http.StatusOK, "")
			f = edit.formTo("/edit")
			if got := f.Values.Get("item-" + string(items.Items()[(i+1)%6]) + "." + at[lang[0]]); !strings.Contains(got, " in "+lang[0]+".") {
				t.Errorf("the editor has %q", got)
			}
			f.Values.Set(field, "<p>"+string(item)+" in "+lang[0]+".</p>")
			f.Values.Set("then", "publish")
			dialog = s.settle(b, f).is(http.StatusOK, "").lacks(in.T("admin.publish.missing"))
			s.settle(b, dialog.formTo("/publish")).is(http.StatusOK, "").has(in.T("admin.done.published"))
			v, err = s.db.Version(t.Context(), s.institution, v.ID)
			s.must(err)
			if v.Status() != policy.Active || items.Missing(v) != nil {
				t.Fatalf("status %v, missing %v", v.Status(), items.Missing(v))
			}
			text, _ := v.In(lang[0])
			for _, item := range items.Items() {
				if part := items.Split(text.Content).Of(item); part.Heading != in.T(templates.ItemKey(item)) || string(part.Text) != "<p>"+string(item)+" in "+lang[0]+".</p>" {
					t.Errorf("%s: %+v", item, part)
				}
			}
		})
	}
}

// keptSheet is what this test reads of a record sheet's file.
type keptSheet struct {
	XMLName     xml.Name `json:"-" xml:"sheet"`
	Institution string   `json:"institution" xml:"institution"`
	Person      struct {
		ID   string `json:"id" xml:"id"`
		Name string `json:"name" xml:"name"`
	} `json:"person" xml:"person"`
	Policy    string     `json:"policy" xml:"policy"`
	Version   string     `json:"version" xml:"version"`
	By        string     `json:"by" xml:"by"`
	Given     time.Time  `json:"given" xml:"given"`
	Withdrawn *time.Time `json:"withdrawn" xml:"withdrawn"`
	Until     *time.Time `json:"until" xml:"until"`
	Language  string     `json:"language" xml:"language"`
	Statement string     `json:"statement" xml:"statement"`
	Button    string     `json:"button" xml:"button"`
	Text      string     `json:"text" xml:"text"`
	Event     string     `json:"event" xml:"event"`
	For       struct {
		Title string     `json:"title" xml:"title"`
		Ends  *time.Time `json:"ends" xml:"ends"`
	} `json:"for" xml:"for"`
	Items []struct {
		Item    string `json:"item" xml:"name,attr"`
		Heading string `json:"heading" xml:"heading"`
		Text    string `json:"text" xml:"text"`
	} `json:"items" xml:"items>item"`
}

// sheetAt reads a sheet's two files, which say the same.
func (s *site) sheetAt(b browser, path string) keptSheet {
	s.t.Helper()
	var one, other keptSheet
	got := s.get(b, path+".json").is(http.StatusOK, "")
	s.must(json.Unmarshal(got.Body, &one))
	s.must(xml.Unmarshal(s.get(b, path+".xml").is(http.StatusOK, "").Body, &other))
	other.XMLName = xml.Name{}
	a, err := json.Marshal(one)
	s.must(err)
	c, err := json.Marshal(other)
	s.must(err)
	if string(a) != string(c) {
		s.t.Errorf("JSON %s\nXML %s", a, c)
	}
	return one
}

// TestEachConsentToResearchHasItsRecordSheet: who, what, when, how and which version, with the six items as they were read
// and the withdrawal with its time; for the person, for the office, and for a policy as a file.
func TestEachConsentToResearchHasItsRecordSheet(t *testing.T) {
	for _, lang := range sixLanguages {
		t.Run(lang[0], func(t *testing.T) {
			s := classroom(t)
			admin, al := s.asAdmin()
			f := s.wholeTemplate(admin, al, "en")
			f.Values.Set("revision", "R-1")
			f.Values.Set("then", "publish")
			s.settle(admin, s.settle(admin, f).formTo("/publish")).is(http.StatusOK, "")
			active, err := s.db.VersionNames(t.Context(), s.institution)
			s.must(err)
			v, err := s.db.Version(t.Context(), s.institution, active[len(active)-1].ID)
			s.must(err)
			activity := s.asksFor(s.slugOf(v), s.course)
			x := s.moodle.AddPerson(ltitest.Person{Username: "mia", FirstName: "Mia", LastName: "Ene", Email: "mia@cvupt.example", Lang: lang[1]})
			s.moodle.Enrol(s.course.ID, x.ID, ltitest.Student)
			b, in := s.browser(), s.inTag(lang[0])
			text, ok := v.In(lang[0])
			if !ok {
				t.Fatalf("no text in %s", lang[0])
			}
			page := s.enter(b, x, activity).asks(text.Name)
			for _, item := range items.Items() {
				page.has(in.T(templates.ItemKey(item))).has(string(item) + " in " + lang[0] + ".")
			}
			s.submit(b, page.answers(map[int64]policy.Answer{v.ID: policy.Accepted}))
			given, l := s.events(x.ID)[0], strings.TrimSuffix(page.URL.Path, "/pending")

			mine := s.linked(b, s.get(b, l+"/agreements/"+given.ID), in.T("sheet.open")).is(http.StatusOK, "")
			mine.has(in.T("sheet.heading")).has("Mia Ene").has(in.T("sheet.holds")).has(given.Statement).has(given.Digest).has("R-1").has(s.course.FullName).lacks("Adela")
			here := al + "/admin/people/" + s.platform.ID + "/" + number(s.userOf(s.platform, x.ID)) + "/" + given.ID
			theirs := s.linked(admin, s.get(admin, here), "Record sheet").is(http.StatusOK, "").has("Mia Ene").has("in force, not withdrawn")
			for i, item := range items.Items() {
				for _, sheet := range []*view{mine, theirs} {
					sheet.has(number(int64(i+1)) + ". " + in.T(templates.ItemKey(item)) + " " + string(item) + " in " + lang[0] + ".")
				}
			}
			if s.logged("acceptances.record").Object != "Mia Ene ("+number(x.ID)+", "+moodleOrigin+")" {
				t.Errorf("log %+v", s.logged("acceptances.record"))
			}
			got := s.sheetAt(b, l+"/agreements/"+given.ID+"/sheet")
			if got.Person.Name != "Mia Ene" || got.Policy != text.Name || got.Version != "R-1" || got.By != "self" || !got.Given.Equal(given.Time) || got.Withdrawn != nil ||
				got.Language != lang[0] || got.Statement != given.Statement || got.Button != given.Button || got.Text != text.Digest() || got.Event != given.ID || got.For.Title != s.course.FullName {
				t.Errorf("sheet %+v", got)
			}
			for i, item := range items.Items() {
				if x := got.Items[i]; x.Item != string(item) || x.Heading != in.T(templates.ItemKey(item)) || x.Text != "<p>"+string(item)+" in "+lang[0]+".</p>" {
					t.Errorf("item %+v", x)
				}
			}

			s.clock.pass(time.Hour)
			s.settle(b, *s.get(b, l+"/agreements").act(v.ID, policy.Withdrawn)).is(http.StatusOK, "")
			withdrawn := s.events(x.ID)[0]
			if got := s.sheetAt(b, l+"/agreements/"+given.ID+"/sheet"); got.Withdrawn == nil || !got.Withdrawn.Equal(withdrawn.Time) {
				t.Errorf("withdrawn %v, want %v", got.Withdrawn, withdrawn.Time)
			}
			s.get(b, l+"/agreements/"+given.ID+"/sheet").is(http.StatusOK, "").lacks(in.T("sheet.holds"))
			// A withdrawal is no consent and has no sheet; nobody reads another's.
			s.get(b, l+"/agreements/"+withdrawn.ID+"/sheet").is(http.StatusNotFound, "not_found")
			other := s.browser()
			s.get(other, "/l/"+s.lands(other, s.learner, activity)+"/agreements/"+given.ID+"/sheet").is(http.StatusNotFound, "not_found")

			admin, al = s.asAdmin()
			file := s.linked(admin, s.get(admin, al+"/admin/policies/"+number(v.PolicyID)), "Plain table (CSV)").is(http.StatusOK, "")
			rows, err := csv.NewReader(strings.NewReader(string(file.Body))).ReadAll()
			s.must(err)
			if len(rows) != 2 || rows[1][0] != "Mia Ene" || rows[1][6] != s.course.FullName || rows[1][8] != "R-1" || rows[1][9] != given.Time.Format(time.DateTime) || rows[1][10] != withdrawn.Time.Format(time.DateTime) || rows[1][14] != text.Digest() || rows[1][15] != given.ID {
				t.Errorf("rows %q", rows)
			}
			if e := s.logged("acceptances.download"); !strings.Contains(e.Detail, "policy="+number(v.PolicyID)) {
				t.Errorf("log %+v", e)
			}
			for _, ending := range []string{"xlsx", "json", "xml"} {
				s.get(admin, al+"/admin/policies/"+number(v.PolicyID)+"/consents."+ending).is(http.StatusOK, "")
			}
		})
	}
}

// A record sheet says what became of a consent that ended by itself: its time was over, or its course. Neither is a
// withdrawal, and what was renewed has a sheet of its own.
func TestRecordSheetSaysWhatEndedByItself(t *testing.T) {
	s := particular(t)
	v := research(t)
	v.Courses, v.Validity, v.Zone = true, "P1Y", "Europe/Bucharest"
	v = s.load("study", v)
	a := s.asksFor("study", s.course)
	b := s.browser()
	sheet := func(e policy.Event) (*view, keptSheet) {
		t.Helper()
		at := "/l/" + s.launchID(b, s.learner) + "/agreements/" + e.ID
		return s.linked(b, s.get(b, at), "Record sheet").is(http.StatusOK, ""), s.sheetAt(b, at+"/sheet")
	}
	s.submit(b, s.enter(b, s.learner, a).asks(v.Primary().Name).answers(map[int64]policy.Answer{v.ID: policy.Accepted}))
	first := s.events(s.learner.ID)[0]
	page, file := sheet(first)
	page.has("in force, not withdrawn").has("Counts until")
	if file.Withdrawn != nil || file.Until == nil || !file.Until.Equal(first.Until) || first.Until.IsZero() {
		t.Errorf("it counts: %+v, want until %v", file, first.Until)
	}

	s.clock.set(first.Until)
	page, file = sheet(first)
	page.has("Expired").has("Counted until").lacks("in force").lacks("withdrawn on")
	if file.Withdrawn != nil || file.Until == nil {
		t.Errorf("its time is over: %+v", file)
	}
	s.submit(b, s.enter(b, s.learner, a).asks(v.Primary().Name).answers(map[int64]policy.Answer{v.ID: policy.Accepted}))
	renewed := s.events(s.learner.ID)[0]
	page, file = sheet(renewed)
	page.has("in force, not withdrawn").lacks("Expired")
	if renewed.Answer != policy.Renewed || file.Event != renewed.ID || !file.Until.Equal(renewed.Until) {
		t.Errorf("renewed %+v: %+v", renewed, file)
	}

	end := s.clock.now().Add(time.Hour).UTC().Truncate(time.Second)
	s.ends(s.course, end, a)
	s.clock.set(end)
	page, file = sheet(renewed)
	page.has("Ended with the course").lacks("in force").lacks("withdrawn on").lacks("Counts until")
	if file.Withdrawn != nil || file.For.Ends == nil || !file.For.Ends.Equal(end) {
		t.Errorf("its course is over: %+v", file)
	}

	s.clock.set(renewed.Until.Add(time.Hour))
	page, _ = sheet(renewed)
	page.has("Ended with the course").lacks("Expired") // which was first

	office, al := s.asAdmin()
	rows, err := csv.NewReader(strings.NewReader(string(s.get(office, al+"/admin/policies/"+number(v.PolicyID)+"/consents.csv").is(http.StatusOK, "").Body))).ReadAll()
	s.must(err)
	if len(rows) != 3 || rows[1][10] != "" || rows[2][10] != "" || rows[1][16] != first.Until.Format(time.DateTime) || rows[2][16] != renewed.Until.Format(time.DateTime) {
		t.Errorf("rows %q", rows)
	}
}

// Teachers learn of nobody by name who consented to research, and a policy that is about something else has no such file.
func TestRecordSheetsAreForThePersonAndTheOffice(t *testing.T) {
	s := asking(t)
	b, l := s.asAdmin()
	rules, err := s.db.ActiveVersions(t.Context(), s.platform.ID, "")
	s.must(err)
	s.get(b, l+"/admin/policies/"+number(rules[0].PolicyID)).is(http.StatusOK, "").lacks("Consents given")
	s.get(b, l+"/admin/policies/"+number(rules[0].PolicyID)+"/consents.csv").is(http.StatusNotFound, "not_found")
	teacher := s.browser()
	tl := "/l/" + s.lands(teacher, s.teacher, s.window)
	s.get(teacher, tl+"/admin/policies/"+number(rules[0].PolicyID)+"/consents.csv").is(http.StatusForbidden, "forbidden")
}

// What is typed into a form that began from a template is kept with it; the template itself is nothing that was typed.
func TestTypingOnATemplateIsKept(t *testing.T) {
	s := newSite(t)
	b, l := s.asAdmin()
	f := s.get(b, l+"/admin/policies/new?template=research").formTo("/policies/new")
	if _, kept := s.typing(b, f); kept != "nothing" {
		t.Errorf("untouched it is kept: %s", kept)
	}
	f.Values.Set("item-purpose.0", "<p>To learn how people learn.</p>")
	answer, kept := s.typing(b, f)
	if kept != "typing" && kept != "kept" {
		t.Errorf("typed it is %s", kept)
	}
	answer.has("To learn how people learn.").has("The project, its objectives")
	again := s.get(b, l+"/admin/policies/new?"+url.Values{"typed": {""}}.Encode()).is(http.StatusOK, "")
	if got := again.formTo("/policies/new").Values; got.Get("item-purpose.0") != "<p>To learn how people learn.</p>" || got.Get("form") != "research" || got.Get("template") != "research" {
		t.Errorf("offered again: %v, %v, %v", got["item-purpose.0"], got["form"], got["template"])
	}
}
