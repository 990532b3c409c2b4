package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"ltipolicy/courier"
	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/run"
	"ltipolicy/store"
)

// year is a course at a university in Romania, the tool as two replicas on one database, and a clock that only the test
// moves.
type year struct {
	stage
	ctx      context.Context
	site     *ltitest.Platform
	platform string
	people   map[string]ltitest.Person // by given name

	mu       sync.Mutex
	now      time.Time
	replicas []*replica
	turn     int      // of the replicas
	sent     []string // scores that the Moodle was sent since somebody looked
}

// replica is one process of the tool. One that is down answers nothing and does nothing, as a machine that sleeps; it
// wakes with what it had in memory.
type replica struct {
	web  http.Handler
	work *courier.Worker
	down bool
}

func (y *year) clock() time.Time {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.now
}

// ServeHTTP has the replicas that are up answer in turn, as what balances the load before them does.
func (y *year) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	up := y.up()
	if len(up) == 0 {
		http.Error(w, "all are down", http.StatusBadGateway)
		return
	}
	y.mu.Lock()
	y.turn++
	next := up[y.turn%len(up)]
	y.mu.Unlock()
	next.web.ServeHTTP(w, r)
}

func (y *year) up() []*replica {
	y.mu.Lock()
	defer y.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(y.replicas), func(r *replica) bool { return r.down })
}

func (y *year) stop(replicas ...int) { y.set(true, replicas) }
func (y *year) wake(replicas ...int) { y.set(false, replicas) }

func (y *year) set(down bool, replicas []int) {
	y.mu.Lock()
	defer y.mu.Unlock()
	for _, i := range replicas {
		y.replicas[i].down = down
	}
}

// work has the replicas that are up do, all at once, what they do between requests.
func (y *year) work(t *testing.T) {
	t.Helper()
	for _, job := range []courier.Name{courier.Calendar, courier.Rosters, courier.Scores, courier.Counts, courier.Evidence, courier.Sweeping} {
		var all sync.WaitGroup
		for _, r := range y.up() {
			all.Go(func() {
				if err := r.work.Do(t.Context(), job); err != nil {
					t.Errorf("%s: %v", job, err)
				}
			})
		}
		all.Wait()
	}
}

// scores are those that the Moodle was sent since somebody looked, by name.
func (y *year) scores() string {
	y.mu.Lock()
	defer y.mu.Unlock()
	slices.Sort(y.sent)
	sent := strings.Join(y.sent, ", ")
	y.sent = nil
	return sent
}

// overheard notes each score that a Moodle is sent.
func (y *year) overheard(moodle http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/scores") {
			var score struct {
				UserID     string  `json:"userId"`
				ScoreGiven float64 `json:"scoreGiven"`
			}
			body, err := io.ReadAll(r.Body)
			if err == nil {
				err = json.Unmarshal(body, &score)
			}
			name := fmt.Sprint("nobody: ", err)
			for given, x := range y.people {
				if fmt.Sprint(x.ID) == score.UserID {
					name = given
				}
			}
			y.mu.Lock()
			y.sent = append(y.sent, fmt.Sprint(name, " ", score.ScoreGiven))
			y.mu.Unlock()
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		moodle.ServeHTTP(w, r)
	})
}

// startYear is the course, with the policies in one frame, a task that opens with them, and My agreements in another.
func startYear(t *testing.T, zone string) *year {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	needBrowser(t)
	y := &year{people: map[string]ltitest.Person{}}
	y.now = time.Date(2026, 8, 20, 6, 0, 0, 0, time.UTC)
	dsn := stageEngine(t).Migrated(t)
	srv := httptest.NewUnstartedServer(nil)
	y.port = srv.Listener.Addr().(*net.TCPAddr).Port
	client := lti.NewClient(true)
	for range 2 {
		y.db = openReplica(t, dsn, y.clock)
		tool, err := run.New(t.Context(), run.Config{
			Store: y.db, BaseURL: y.tool(""), Client: client, Now: y.clock, Rand: rand.Reader, Log: logOf(t),
		})
		must(err)
		y.replicas = append(y.replicas, &replica{web: tool.Web.Handler(), work: tool.Worker})
	}
	key, err := siteKey()
	must(err)
	y.site, err = ltitest.New(ltitest.Options{
		Issuer: y.moodle("cvupt"), Name: "Campus virtual UPT", ShortName: "CVUPT", Lang: "en", Now: y.clock, Key: key, Client: client,
	})
	must(err)
	must(connect(t.Context(), y.db, "Universitatea Politehnica Timișoara", y.tool(""), y.site))
	all, err := y.db.Platforms(t.Context())
	must(err)
	y.platform = all[0].ID
	must(y.db.SetZone(t.Context(), store.Admin{InstitutionID: all[0].InstitutionID, Actor: "test"}, zone))

	course := y.site.AddCourse(ltitest.Course{ShortName: "ASD", FullName: "Algoritmi și structuri de date"})
	for _, x := range []struct {
		name string
		role ltitest.Role
	}{
		{"Adela Root", ""}, {"Ana Popescu", ltitest.EditingTeacher},
		{"Ioana Pârvu", ltitest.Student}, {"Emma Smith", ltitest.Student}, {"Mihai Lazăr", ltitest.Student}, {"Radu Moldovan", ltitest.Student},
	} {
		first, last, _ := strings.Cut(x.name, " ")
		p := y.site.AddPerson(ltitest.Person{Username: strings.ToLower(first), FirstName: first, LastName: last, Lang: "en", Admin: x.role == ""})
		if y.people[first] = p; x.role != "" {
			y.site.Enrol(course.ID, p.ID, x.role)
		}
	}
	policies := y.site.AddActivity(ltitest.Activity{CourseID: course.ID, Name: "Policies", Grades: true})
	y.site.AddActivity(ltitest.Activity{CourseID: course.ID, Name: "First task", Page: true, Text: "Sort a list.", After: policies.CMID})
	y.site.AddActivity(ltitest.Activity{CourseID: course.ID, Name: "My agreements", ToolURL: y.tool("/agreements")})

	moodles := http.NewServeMux()
	moodles.Handle(y.site.Prefix(), y.overheard(y.site))
	srv.Config.Handler = apart(moodles, y)
	srv.Start()
	t.Cleanup(srv.Close)

	_, _, err = y.db.LoadPolicy(t.Context(), all[0].InstitutionID, "rules", policy.Version{
		Kind: policy.Agree, Type: policy.TypeSite, Audience: policy.AudienceLoggedIn, Revision: "1",
		Texts: []policy.Text{{Lang: "en", Name: "Campus rules", Content: "<p>Be kind to everybody on campus.</p>"}},
	}, []string{y.platform})
	must(err)
	y.ctx = browser(t)
	return y
}

// course signs somebody in and opens the course.
func (y *year) course(t *testing.T, given string) {
	t.Helper()
	x := y.people[given]
	do(t, y.ctx, given+" signs in", chromedp.Navigate(y.site.Issuer()+"/login/index.php"),
		click(fmt.Sprintf("button[aria-label=%q]", "Enter as "+x.FirstName+" "+x.LastName)),
		waitFor(`!location.pathname.includes('/login/') && document.readyState === 'complete'`),
		chromedp.Navigate(y.site.Issuer()+"/course/view.php?id=2"), waitFor(inCourse+` && document.querySelectorAll('.activity').length === 3`))
}

// gate says whether somebody finds the task of the course open.
func (y *year) gate(t *testing.T, given string, open bool) {
	t.Helper()
	y.course(t, given)
	if want := map[bool]string{true: gateOpen, false: gateClosed}[open]; !see[bool](t, y.ctx, want) {
		t.Errorf("%s: the task is not as it should be, open %v", given, open)
	}
}

// passes: somebody opens the activity, is asked nothing and is back in the course at once.
func (y *year) passes(t *testing.T, given string) {
	t.Helper()
	y.course(t, given)
	do(t, y.ctx, given+" is not asked", script(`window.before = true`), click(".activity a"), waitFor(`window.before === undefined && `+inCourse))
}

// asked: somebody opens the activity and is asked there. The page says this, and none of what begins with "no:".
func (y *year) asked(t *testing.T, given string, texts ...string) (frame context.Context) {
	t.Helper()
	y.course(t, given)
	do(t, y.ctx, given+" opens the activity", click(".activity a"))
	frame = y.toolFrame(t, y.ctx, "/pending")
	y.shows(t, frame, given+"'s page", texts...)
	return frame
}

// agreements: somebody opens My agreements.
func (y *year) agreements(t *testing.T, given string, texts ...string) (frame context.Context) {
	t.Helper()
	y.course(t, given)
	do(t, y.ctx, given+" opens My agreements", click(".activity:nth-of-type(3) a"))
	frame = y.toolFrame(t, y.ctx, "/agreements")
	y.shows(t, frame, given+"'s agreements", texts...)
	return frame
}

// shows looks at a page: it says this, and not what stands after "no:".
func (y *year) shows(t *testing.T, page context.Context, name string, texts ...string) {
	t.Helper()
	do(t, page, name, waitFor(loaded), script(`document.querySelectorAll('main details').forEach(d => d.open = true)`))
	got := strings.Join(strings.Fields(see[string](t, page, `document.querySelector('main').innerText`)), " ")
	for _, s := range texts {
		text, not := strings.CutPrefix(s, "no:")
		if strings.Contains(got, text) == not {
			t.Errorf("%s, %s: want %q in: %s", y.clock().Format(time.RFC3339), name, s, got)
		}
	}
}

// accepts ticks and sends what the page asks, and is back in the course.
func (y *year) accepts(t *testing.T, frame context.Context) {
	t.Helper()
	do(t, frame, "accepting", script(tickAll), click("form[method=post] button[type=submit]"))
	do(t, y.ctx, "being back in the course", waitFor(inCourse))
}

// goesOn leaves the page without an answer, and is back in the course.
func (y *year) goesOn(t *testing.T, frame context.Context) {
	t.Helper()
	do(t, frame, "going on without answering", click(".actions a.plain"))
	do(t, y.ctx, "being back in the course", waitFor(inCourse))
}

// early answers what is announced, from My agreements.
func (y *year) early(t *testing.T, given string, texts ...string) {
	t.Helper()
	frame := y.agreements(t, given, "What is coming", "Read and answer")
	do(t, frame, "reading what is coming", click("[aria-labelledby=coming] a.button"))
	frame = y.toolFrame(t, y.ctx, "/announced")
	y.shows(t, frame, given+"'s early page", texts...)
	clean(t, frame, "the early page")
	do(t, frame, "answering early", script(tickAll), script(`window.before = true`), click("form[method=post] button[type=submit]"))
	frame = y.toolFrame(t, y.ctx, "/agreements?saved=1")
	y.shows(t, frame, given+"'s agreements", "You have answered it already and will not be asked again.", "no:Read and answer")
}

// top opens the activity at top level, and returns the address of the launch.
func (y *year) top(t *testing.T, given string) (launch string) {
	t.Helper()
	y.course(t, given)
	do(t, y.ctx, "launching", chromedp.Navigate(strings.Replace(see[string](t, y.ctx, `document.querySelector('.activity a').href`), "view.php", "launch.php", 1)),
		waitFor(`location.pathname.startsWith('/l/') && `+loaded))
	at := see[string](t, y.ctx, `location.href`)
	return at[:strings.LastIndexByte(at, '/')+1]
}

// teacher shows the teacher's list of participants, once she answered what she herself is asked.
func (y *year) teacher(t *testing.T, texts ...string) {
	t.Helper()
	launch := y.top(t, "Ana")
	if see[bool](t, y.ctx, `location.pathname.endsWith('/pending')`) {
		do(t, y.ctx, "the teacher answers", script(tickAll), click("form[method=post] button[type=submit]"), waitFor(`!location.pathname.endsWith('/pending') && `+loaded))
	}
	do(t, y.ctx, "asking for the list", chromedp.Navigate(launch+"participants"), waitFor(loaded))
	y.work(t) // fetches it
	do(t, y.ctx, "the list", chromedp.Reload(), waitFor(loaded+` && document.querySelector('table.people') !== null`))
	y.shows(t, y.ctx, "the teacher's list", texts...)
}

// office opens a page of the administrator's.
func (y *year) office(t *testing.T, page string, texts ...string) {
	t.Helper()
	launch := y.top(t, "Adela")
	do(t, y.ctx, page, chromedp.Navigate(launch+page), waitFor(loaded))
	y.shows(t, y.ctx, page, texts...)
}

// revise begins the next version of a policy with another text, in the editor.
func (y *year) revise(t *testing.T, name, revision, text string) {
	t.Helper()
	y.office(t, "home", name)
	do(t, y.ctx, "finding the policy", script(fmt.Sprintf(`[...document.querySelectorAll('h2 a')].find(a => a.textContent === %q).dataset.test = 'policy'`, name)),
		click("[data-test=policy]"), waitFor(`location.pathname.includes('/versions/') && `+loaded))
	follow(t, y.ctx, `form[action$="/draft"] button`, "edit?done=draft")
	enter(t, y.ctx, textOf(t, y.ctx, "content.0"), text)
	enter(t, y.ctx, "[name=revision]", revision)
}

// publishes goes from the editor to the publish dialog, chooses the days there, reads what they mean, and publishes.
func (y *year) publishes(t *testing.T, note string, minor bool, announce, begin, enforce string, texts ...string) {
	t.Helper()
	follow(t, y.ctx, "button[value=publish]", "publish?done=saved")
	if note != "" {
		enter(t, y.ctx, "[name=note]", note)
	}
	if minor {
		do(t, y.ctx, "choosing a minor change", click("[name=change][value=minor]"))
	}
	do(t, y.ctx, "choosing a later day", click("[name=when][value=later]"))
	for field, local := range map[string]string{"announce": announce, "at": begin, "enforce": enforce, "zone": "Europe/Bucharest"} {
		// In which order a picker takes day and month is the browser's own affair.
		do(t, y.ctx, field, script(fmt.Sprintf(`document.querySelector('main [name=%s]').value = %q`, field, local)))
	}
	do(t, y.ctx, "asking what the days mean", script(`window.before = true`), click("[name=look]"),
		waitFor(`window.before === undefined && `+loaded+` && document.querySelector('#calendar') !== null`))
	y.shows(t, y.ctx, "the publish dialog", texts...)
	clean(t, y.ctx, "the publish dialog")
	y.photo(t, y.ctx, "publish dialog")
	follow(t, y.ctx, "main form .actions .button", "?done=scheduled")
}

// log is what the calendar did, as the administrators' log has it: when it was done, and when it was due.
func (y *year) log(t *testing.T) (entries []string) {
	t.Helper()
	for _, step := range []struct{ act, due string }{{"version.announce", "announced_from"}, {"version.activate", "effective_from"}, {"version.enforce", "enforced_from"}} {
		y.office(t, "admin/log?act="+step.act)
		entries = append(entries, see[[]string](t, y.ctx, fmt.Sprintf(`[...document.querySelectorAll('li.entry')].map(e => {
			const after = JSON.parse([...e.querySelectorAll('dd code')].pop().textContent);
			return [e.querySelector('time').dateTime, '%s', after.name, after.revision, 'due', after.%s].filter(Boolean).join(' ');
		})`, step.act, step.due))...)
	}
	slices.Sort(entries)
	return entries
}

// photos opens a page of whoever is signed in at top level and keeps its picture.
func (y *year) photos(t *testing.T, page, name string) {
	t.Helper()
	if *pictures == "" {
		return
	}
	ctx := tab(t, y.ctx)
	address := y.tool(page)
	if !strings.HasPrefix(page, "/") {
		do(t, ctx, "launching", chromedp.Navigate(y.site.Issuer()+"/course/view.php?id=2"), waitFor(inCourse))
		do(t, ctx, "launching", chromedp.Navigate(strings.Replace(see[string](t, ctx, `document.querySelector('.activity:nth-of-type(3) a').href`), "view.php", "launch.php", 1)),
			waitFor(`location.pathname.endsWith('/agreements') && `+loaded))
		at := see[string](t, ctx, `location.href`)
		address = at[:strings.LastIndexByte(at, '/')+1] + page
	}
	do(t, ctx, name, chromedp.Navigate(address), waitFor(loaded))
	y.photo(t, ctx, name)
}

// photo keeps a picture of a page, as a telephone and as a computer shows it.
func (y *year) photo(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	if *pictures == "" {
		return
	}
	for _, width := range []int64{390, 1280} {
		look{name: name, width: width, height: 844, scale: 1}.wear(t, ctx)
		b, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		if err == nil {
			err = os.WriteFile(filepath.Join(*pictures, fmt.Sprintf("year-%s-%d.png", strings.ReplaceAll(name, " ", "-"), width)), b, 0o600)
		}
		if err != nil {
			t.Error(err)
		}
	}
	looks[0].wear(t, ctx)
}
