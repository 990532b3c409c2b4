package demo

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"ltipolicy/courier"
	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/run"
	"ltipolicy/store/storetest"
)

// life is one institution with two Moodle sites, each with a course in which a Romanian and an English speaker
// learn, and a clock that only the test moves.
type life struct {
	stage
	work *courier.Worker // does nothing by itself
	ctx  context.Context

	mu  sync.Mutex
	now time.Time
}

// learners are the accounts that each site has, with the language of their Moodle.
var learners = []struct{ name, lang string }{{"Ioana Pârvu", "ro"}, {"Emma Smith", "en"}}

func (l *life) clock() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

// pass lets time go by, and what is due then happen.
func (l *life) pass(t *testing.T, d time.Duration) {
	t.Helper()
	l.mu.Lock()
	l.now = l.now.Add(d)
	l.mu.Unlock()
	if err := l.work.Do(t.Context(), courier.Calendar); err != nil {
		t.Fatal(err)
	}
}

func startLife(t *testing.T, e storetest.Engine) *life {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	needBrowser(t)
	l := &life{now: time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)}
	db := openDatabase(t, e, l.clock)
	key, err := siteKey()
	must(err)
	srv := httptest.NewUnstartedServer(nil)
	l.stage = stage{db: db, port: srv.Listener.Addr().(*net.TCPAddr).Port}
	client := lti.NewClient(true)
	tool, err := run.New(t.Context(), run.Config{
		Store: db, BaseURL: l.tool(""), Client: client, Now: l.clock, Rand: rand.Reader, Log: logOf(t),
	})
	must(err)
	l.work = tool.Worker
	moodles := http.NewServeMux()
	for _, name := range []string{"cvupt", "unicampus"} {
		m, err := ltitest.New(ltitest.Options{Issuer: l.moodle(name), Name: strings.ToUpper(name), ShortName: strings.ToUpper(name), Lang: "ro", Now: l.clock, Key: key, Client: client})
		must(err)
		must(connect(t.Context(), db, "Universitatea Politehnica Timișoara", l.tool(""), m))
		c := m.AddCourse(ltitest.Course{ShortName: "ASD", FullName: "Algoritmi"})
		m.AddPerson(ltitest.Person{Username: "admin", FirstName: "Adela", LastName: "Root", Lang: "ro", Admin: true})
		m.Enrol(c.ID, m.AddPerson(ltitest.Person{Username: "late", FirstName: "Mihai", LastName: "Lazăr", Lang: "ro"}).ID, ltitest.Student)
		for i, x := range learners {
			first, last, _ := strings.Cut(x.name, " ")
			m.Enrol(c.ID, m.AddPerson(ltitest.Person{Username: fmt.Sprint("learner", i), FirstName: first, LastName: last, Lang: x.lang}).ID, ltitest.Student)
		}
		m.AddActivity(ltitest.Activity{CourseID: c.ID, Name: "Politici", Grades: true})
		m.AddActivity(ltitest.Activity{CourseID: c.ID, Name: "Acordurile mele", ToolURL: l.tool("/agreements")})
		moodles.Handle(m.Prefix(), m)
		l.sites = append(l.sites, m)
	}
	srv.Config.Handler = apart(moodles, tool.Web.Handler())
	srv.Start()
	t.Cleanup(srv.Close)
	l.ctx = browser(t)
	return l
}

// course signs somebody in at a site and opens the course.
func (l *life) course(t *testing.T, site *ltitest.Platform, name string) {
	t.Helper()
	do(t, l.ctx, name+" signs in", chromedp.Navigate(site.Issuer()+"/login/index.php"),
		click(fmt.Sprintf("button[aria-label=%q]", "Enter as "+name)),
		waitFor(`!location.pathname.includes('/login/') && document.readyState === 'complete'`),
		chromedp.Navigate(site.Issuer()+"/course/view.php?id=2"), waitFor(inCourse+` && document.querySelectorAll('.activity a').length === 2`))
}

// admin opens the activity as the first site's administrator and returns the frame with the list of policies.
func (l *life) admin(t *testing.T) context.Context {
	t.Helper()
	l.course(t, l.sites[0], "Adela Root")
	do(t, l.ctx, "opening the activity", click(".activity a"))
	frame := l.toolFrame(t, l.ctx, "/home")
	do(t, frame, "the list of policies", waitFor(`document.readyState === 'complete' && document.querySelector('main') !== null`))
	return frame
}

// comesOnce lets somebody open the activity of the first site, who then never answers anything.
func (l *life) comesOnce(t *testing.T, name string) {
	t.Helper()
	l.course(t, l.sites[0], name)
	do(t, l.ctx, name+" comes", script(`window.before = true`), click(".activity a"), waitFor(`window.before === undefined && `+inCourse))
}

// nobodyAsked opens the activity as every learner of both sites: each is back in the course at once.
func (l *life) nobodyAsked(t *testing.T, when string) {
	t.Helper()
	l.everyLearner(func(site *ltitest.Platform, name, _ string) {
		l.course(t, site, name)
		do(t, l.ctx, when+": "+name+" is not asked", script(`window.before = true`), click(".activity a"),
			waitFor(`window.before === undefined && `+inCourse))
	})
}

// everybodyAsked opens the activity as every learner of both sites: each sees what they are to see in their own
// language, and accepts. It returns how many they were.
func (l *life) everybodyAsked(t *testing.T, when string, sees map[string][]string) int {
	t.Helper()
	n := 0
	l.everyLearner(func(site *ltitest.Platform, name, lang string) {
		l.course(t, site, name)
		do(t, l.ctx, when+": "+name+" opens the activity", click(".activity a"))
		frame := l.toolFrame(t, l.ctx, "/pending")
		do(t, frame, when+": "+name+" is asked", waitFor(`document.readyState === 'complete' && document.querySelector('input[type=checkbox]') !== null`))
		if got := see[string](t, frame, `document.documentElement.lang + ' ' + document.querySelector('.policy').lang`); got != lang+" "+lang {
			t.Errorf("%s: the page of %s and the text are in %s", when, name, got)
		}
		do(t, frame, name+" reads", script(`document.querySelectorAll('details').forEach(d => d.open = true)`))
		says(t, frame, when+": "+name, sees[lang]...)
		do(t, frame, name+" accepts", click("input[type=checkbox]"), click("form[method=post] button[type=submit]"))
		do(t, l.ctx, name+" is back in the course", waitFor(inCourse))
		n++
	})
	return n
}

func (l *life) everyLearner(f func(site *ltitest.Platform, name, lang string)) {
	for _, site := range l.sites {
		for _, x := range learners {
			f(site, x.name, x.lang)
		}
	}
}

// textOf is the selector of the rich-text editor of a field.
func textOf(t *testing.T, frame context.Context, field string) string {
	t.Helper()
	id := strings.ReplaceAll(field, ".", "-")
	do(t, frame, "finding the editor of "+field, waitFor(fmt.Sprintf(`(f => f && f.closest('label').nextElementSibling.querySelector('.richtext'))(document.querySelector('[name="%s"]')) !== null`, field)),
		script(fmt.Sprintf(`document.querySelector('[name="%s"]').closest('label').nextElementSibling.querySelector('.richtext').dataset.test = '%s'`, field, id)))
	return "[data-test=" + id + "]"
}

// revise makes a draft of the active version with other texts and goes on to the publish dialog.
func (l *life) revise(t *testing.T, frame context.Context, revision, note, ro, en string) {
	t.Helper()
	follow(t, frame, `form[action$="/draft"] button`, "edit?done=draft")
	enter(t, frame, textOf(t, frame, "content.0"), ro)
	do(t, frame, "opening the translation", script(`document.querySelectorAll('.edittext').forEach(d => d.open = true)`))
	enter(t, frame, textOf(t, frame, "content.1"), en)
	enter(t, frame, "[name=revision]", revision)
	if note != "" {
		enter(t, frame, "[name=note]", note)
	}
	follow(t, frame, "button[value=publish]", "publish?done=saved")
}

var peopleAsked = regexp.MustCompile(`([0-9]+) (?:de )?persoan`)

// number is how many people the Romanian words in an element say.
func number(t *testing.T, frame context.Context, css string) int {
	t.Helper()
	text := see[string](t, frame, fmt.Sprintf(`document.querySelector(%q).innerText`, css))
	m := peopleAsked.FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no number of people in %q", text)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// pendingInReport opens the report's list of those who have not answered and counts them.
func (l *life) pendingInReport(t *testing.T, frame context.Context) int {
	t.Helper()
	follow(t, frame, `nav a[href$="/admin/report"]`, "/admin/report")
	do(t, frame, "choosing who has not answered", click("select[name=status]"), script(`document.querySelector('select[name=status]').value = 'pending'`),
		click(`form[role=search] button`), waitFor(`document.readyState === 'complete' && location.search.includes('status=pending')`))
	return see[int](t, frame, `document.querySelectorAll('table.people tbody tr').length`)
}

// TestWholeLifeOfAPolicyInTheBrowser: an administrator makes a policy in Romanian with an English translation,
// publishes it on two sites, changes it a little and then much, compares, plans the next version and takes the
// policy out of use; after each step every learner of both sites opens the activity again. The tool has the account
// that serves, on each database server; without one it is SQLite's turn.
func TestWholeLifeOfAPolicyInTheBrowser(t *testing.T) {
	servers := storetest.Servers(t)
	if len(servers) == 0 {
		servers = storetest.Engines(t)
	}
	for _, e := range servers {
		t.Run(e.Name, func(t *testing.T) { startLife(t, e).whole(t) })
	}
}

func (l *life) whole(t *testing.T) {
	l.nobodyAsked(t, "before there is a policy")
	l.comesOnce(t, "Mihai Lazăr")

	frame := l.admin(t)
	follow(t, frame, `a[href$="/admin/policies/new"]`, "/admin/policies/new")
	enter(t, frame, `[name="name.0"]`, "Regulament")
	enter(t, frame, textOf(t, frame, "content.0"), "Fiți amabili cu colegii din campus.")
	do(t, frame, "adding a translation", script(`document.querySelectorAll('.edittext').forEach(d => d.open = true)`),
		script(`document.querySelector('[name="lang.1"]').focus()`), chromedp.KeyEvent("Engl"))
	if got := see[string](t, frame, `document.querySelector('[name="lang.1"]').value`); got != "en" {
		t.Fatalf("the language of the translation is %q", got)
	}
	enter(t, frame, `[name="name.1"]`, "Rules")
	enter(t, frame, textOf(t, frame, "content.1"), "Be kind to everybody on campus.")
	enter(t, frame, "[name=revision]", "1")
	do(t, frame, "on the second site, too", click(`[name=site]:not(:checked)`))
	follow(t, frame, "button[value=view]", "?done=saved")
	says(t, frame, "the preview", "Regulament", "Fiți amabili", "Rules", "Be kind")
	clean(t, frame, "the preview")
	follow(t, frame, `.rowacts a[href$="/publish"]`, "/publish")
	says(t, frame, "the dialog", "5 persoane vor fi întrebate.", "CVUPT: întrebate 3 din 3", "UNICAMPUS: întrebate 2 din 2")
	for _, site := range []string{"1", "2"} {
		do(t, frame, "whose names they are", click("#who ~ ul > li:nth-child("+site+") details summary"))
	}
	clean(t, frame, "the dialog of a first version")
	says(t, frame, "the dialog", "Ioana Pârvu", "Emma Smith", "Mihai Lazăr")
	follow(t, frame, "main form .actions .button", "?done=published")

	l.everybodyAsked(t, "version 1", map[string][]string{"ro": {"Regulament", "Fiți amabili"}, "en": {"Rules", "Be kind"}})
	l.nobodyAsked(t, "after accepting")

	l.pass(t, time.Hour)
	frame = l.admin(t)
	l.revise(t, frame, "2", "", "Fiți amabili cu toți colegii din campus.", "Be kind to all people on campus.")
	says(t, frame, "the dialog", "Versiunea 2 va înlocui versiunea 1", "Rămâne întrebată doar 1 persoană")
	follow(t, frame, `a[href$="/asked?change=minor"]`, "/asked?change=minor")
	says(t, frame, "who is still asked", "Mihai Lazăr")
	clean(t, frame, "who is still asked")
	follow(t, frame, `main .actions a`, "/publish")
	do(t, frame, "choosing a minor change", click("[name=change][value=minor]"))
	follow(t, frame, "main form .actions .button", "?done=published")
	l.nobodyAsked(t, "after a minor change")
	for lang, want := range map[string]string{"ro": "Răspunsul dumneavoastră la versiunea 1 este valabil și aici", "en": "Your answer to version 1 counts here"} {
		for _, x := range learners {
			if x.lang != lang {
				continue
			}
			l.course(t, l.sites[1], x.name)
			do(t, l.ctx, "opening My agreements", click(".activity:nth-of-type(2) a"))
			own := l.toolFrame(t, l.ctx, "/agreements")
			do(t, own, "loading", waitFor(`document.readyState === 'complete' && document.querySelector('main') !== null`))
			says(t, own, x.name+"'s page", want)
		}
	}

	l.pass(t, time.Hour)
	frame = l.admin(t)
	l.revise(t, frame, "3", "", "Fiți amabili cu toți. Accesul cu animale este interzis.", "Be kind to all. No animals on campus.")
	said := number(t, frame, "form fieldset label:first-of-type")
	do(t, frame, "publishing without a reason", click("main form .actions .button"), waitFor(`document.readyState === 'complete' && document.querySelector('#problems') !== null`))
	says(t, frame, "the dialog", "are nevoie de un motiv")
	clean(t, frame, "the dialog without a reason")
	enter(t, frame, "[name=note]", "Din cauza alergiilor.")
	follow(t, frame, "main form .actions .button", "?done=published")
	says(t, frame, "the administrator's list", "Au acceptat: 0 din 5", "așteaptă răspunsul dumneavoastră")
	if listed := l.pendingInReport(t, frame); listed != said {
		t.Errorf("the dialog said %d people, the report lists %d", said, listed)
	}
	asked := l.everybodyAsked(t, "version 3", map[string][]string{
		"ro": {"Din cauza alergiilor.", "Accesul cu animale este interzis.", "versiunea 1"},
		"en": {"Din cauza alergiilor.", "No animals on campus.", "version 1"},
	})
	if asked+1 != said { // who came once is asked, too
		t.Errorf("the dialog said %d people, %d learners and who came once are asked", said, asked)
	}

	frame = l.admin(t)
	follow(t, frame, `a[href*="/admin/policies/"]:not([href$="/new"])`, see[string](t, frame, `document.querySelector('a[href*="/admin/policies/"]:not([href$="/new"])').pathname`))
	do(t, frame, "comparing", click("#compare ~ form button"), waitFor(`document.readyState === 'complete' && location.pathname.endsWith('/compare')`))
	says(t, frame, "the comparison", "de la versiunea 2 la versiunea 3", "Din cauza alergiilor.")
	if got := see[[]string](t, frame, `[...document.querySelectorAll('.beside tbody tr:first-child td')].map(c => c.innerText.replace(/\s+/g, ' ').trim())`); len(got) != 2 ||
		!strings.Contains(got[0], "colegii din campus") || strings.Contains(got[0], "animale") || !strings.Contains(got[1], "Accesul cu animale") || strings.Contains(got[1], "colegii") {
		t.Errorf("side by side: %q", got)
	}
	if see[bool](t, frame, `document.querySelector('.inline').offsetParent !== null`) {
		t.Error("the comparison in one column is shown beside the one in two")
	}
	clean(t, frame, "the comparison")

	frame = l.admin(t)
	l.revise(t, frame, "4", "Anul nou.", "Fiți amabili tot anul.", "Be kind all year.")
	said = number(t, frame, "form fieldset label:first-of-type")
	do(t, frame, "choosing a day", click("[name=when][value=later]"),
		// In which order the picker takes day and month is the browser's own affair.
		script(`document.querySelector('[name=at]').value = '2026-10-01T08:00'`))
	follow(t, frame, "main form .actions .button", "?done=scheduled")
	says(t, frame, "the list", "Versiunea 4", "1 octombrie 2026")
	clean(t, frame, "the list with what is scheduled")
	l.nobodyAsked(t, "before the day")
	l.pass(t, 30*24*time.Hour)
	if asked := l.everybodyAsked(t, "version 4", map[string][]string{"ro": {"tot anul", "Anul nou."}, "en": {"all year", "Anul nou."}}); asked+1 != said {
		t.Errorf("the dialog said %d people, %d learners and who came once are asked", said, asked)
	}

	l.pass(t, time.Hour)
	frame = l.admin(t)
	l.revise(t, frame, "5", "Încă una.", "Fiți foarte amabili.", "Be very kind.")
	follow(t, frame, "main form .actions .button", "?done=published")
	follow(t, frame, `a[href$="/inactivate"]`, "/inactivate")
	says(t, frame, "the question", "Privește 5 persoane.")
	clean(t, frame, "the question")
	follow(t, frame, "main form .actions .button", "?done=inactivated")
	l.nobodyAsked(t, "after it was taken out of use")
	if n := l.accepted(t); n != 12 {
		t.Errorf("%d answers are recorded and intact, want 3 of each learner", n)
	}
}
