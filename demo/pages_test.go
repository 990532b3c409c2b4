package demo

import (
	"context"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"ltipolicy/policy"
)

var pictures = flag.String("pictures", "", "folder for a picture of every page in every look")

// look is how a reader's browser shows pages.
type look struct {
	name          string
	width, height int64
	scale         float64
	media         string
	features      map[string]string
	rules         string // of axe-core that can tell this look from the wide one; empty: all
	seen          bool   // only for pictures
}

// colours are the rules for looks that change nothing else.
const colours = `runOnly: {type: 'rule', values: ['color-contrast', 'link-in-text-block']}, `

var looks = []look{
	{name: "wide", width: 1100, height: 900, scale: 1},
	{name: "dark", width: 1100, height: 900, scale: 1, features: map[string]string{"prefers-color-scheme": "dark"}, rules: colours},
	{name: "narrow", width: 320, height: 640, scale: 2, features: map[string]string{"prefers-color-scheme": "light"}},
	{name: "narrow dark", width: 390, height: 844, scale: 2, features: map[string]string{"prefers-color-scheme": "dark"}, rules: colours, seen: true},
	{name: "zoomed to 400 %", width: 320, height: 256, scale: 4},
	{name: "forced colours", width: 1100, height: 900, scale: 1, features: map[string]string{"forced-colors": "active", "prefers-contrast": "more"}, rules: colours},
}

// wear makes the page look so.
func (l look) wear(t *testing.T, ctx context.Context) {
	t.Helper()
	do(t, ctx, l.name, chromedp.EmulateViewport(l.width, l.height, chromedp.EmulateScale(l.scale)))
	l.colour(t, ctx)
}

// colour is the part of a look that a frame does not take over from the page around it.
func (l look) colour(t *testing.T, ctx context.Context) {
	t.Helper()
	p := emulation.SetEmulatedMediaParams{Media: l.media}
	features := map[string]string{"prefers-color-scheme": "light", "forced-colors": "none", "prefers-contrast": "no-preference"}
	maps.Copy(features, l.features) // what is not named stays as it was
	for name, value := range features {
		p.Features = append(p.Features, &emulation.MediaFeature{Name: name, Value: value})
	}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, p); err != nil {
		t.Fatalf("%s: %v", l.name, err)
	}
}

// violations runs axe-core over the page.
func violations(t *testing.T, ctx context.Context, rules string) []string {
	t.Helper()
	if !see[bool](t, ctx, `typeof axe === 'object'`) {
		axe, err := os.ReadFile("../testdata/axe/axe.min.js")
		if err != nil {
			t.Fatal(err)
		}
		do(t, ctx, "loading axe", script(string(axe)+"\n;0"))
	}
	found, err := chromedp.Run(ctx, chromedp.Evaluate[string](`axe.run({`+rules+`resultTypes: ['violations']}).then(r => JSON.stringify(r.violations.map(v =>
		v.id + ': ' + v.nodes.map(n => n.target.join(' ') + ' (' + n.failureSummary.replace(/\s+/g, ' ') + ')').join('; '))))`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("running axe: %v", err)
	}
	var out []string
	if err := json.Unmarshal([]byte(found), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// inspect looks at a page in every look: axe-core finds nothing, and nothing runs over the side.
func inspect(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	for _, l := range looks {
		if l.seen && *pictures == "" {
			continue
		}
		l.wear(t, ctx)
		if *pictures != "" {
			b, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
			if err == nil {
				err = os.WriteFile(filepath.Join(*pictures, strings.NewReplacer(" ", "-", "%", "").Replace(name+"--"+l.name)+".png"), b, 0o600)
			}
			if err != nil {
				t.Error(err)
			}
		}
		for _, v := range violations(t, ctx, l.rules) {
			t.Errorf("%s, %s: %s", name, l.name, v)
		}
		if over := see[int](t, ctx, `document.scrollingElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("%s, %s: %d pixels over the side\n%s", name, l.name, over, picture(t, ctx))
		}
	}
	looks[0].wear(t, ctx)
}

// consent puts one more policy on a demo site: the kind that its own seven do not have.
func (d demoServer) consent(t *testing.T, site string) {
	t.Helper()
	all, err := d.db.Platforms(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if p.Name != site {
			continue
		}
		_, _, err := d.db.LoadPolicy(t.Context(), p.InstitutionID, "photographs", policy.Version{
			Type: policy.TypeOther, Kind: policy.Consent, Revision: "1", SortOrder: 99, Texts: []policy.Text{{
				Lang: "en", Name: "Photographs of events", Summary: "<p>Pictures of you on our pages.</p>",
				Content: "<h3>What for</h3><p>To show what we do.</p><table><tr><th>Where</th><th>How long</th></tr><tr><td>Web</td><td>3 years</td></tr></table>",
			}},
		}, []string{p.ID})
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Fatalf("no site %s", site)
}

// signIn opens a demo site's list of people in a role and enters as the first.
func (d demoServer) signIn(t *testing.T, ctx context.Context, site, role string) {
	t.Helper()
	do(t, ctx, "signing in",
		chromedp.Navigate(d.moodle(site+"/login/index.php?role="+role)),
		chromedp.Click(chromedp.CSS("tbody tr:first-child button")),
		// Whoever was signed in before has that button on the page of people, too.
		waitFor(`!location.pathname.includes('/login/') && document.querySelector('header form button') !== null && document.readyState === 'complete'`))
}

// relaunch launches the first activity of the first course at top level and waits for a page of the tool.
func (d demoServer) relaunch(t *testing.T, ctx context.Context, site string) string {
	t.Helper()
	do(t, ctx, "opening the course", chromedp.Navigate(d.moodle(site+"/")), waitFor(`document.querySelector('main a[href*="course/view.php"]') !== null`),
		chromedp.Click(chromedp.CSS(`main a[href*="course/view.php"]`)), waitFor(`document.querySelector('.activity a') !== null`))
	address := strings.Replace(see[string](t, ctx, `document.querySelector('.activity a').href`), "view.php", "launch.php", 1)
	do(t, ctx, "launching", chromedp.Navigate(address), waitFor(`location.pathname.startsWith('/l/') && document.readyState === 'complete'`))
	at := see[string](t, ctx, `location.pathname`)
	return d.tool(at[:strings.LastIndexByte(at, '/')+1])
}

func TestLearnersPagesForEverybody(t *testing.T) {
	d := startDemo(t)
	d.consent(t, "open.ktu.edu")
	ctx := browser(t)
	d.signIn(t, ctx, "open-ktu", "student")
	launch := d.relaunch(t, ctx, "open-ktu")
	loaded := waitFor(`document.readyState === 'complete' && document.querySelector('main') !== null`)
	open := func(path string) { do(t, ctx, path, chromedp.Navigate(path), loaded) }

	inspect(t, ctx, "pending")
	do(t, ctx, "opening the full texts", script(`document.querySelectorAll('details:not([open]) > summary').forEach(s => s.click())`))
	inspect(t, ctx, "pending opened")
	do(t, ctx, "sending too early", script(`document.querySelector('form[method=post]').noValidate = true; document.querySelector('form[method=post] button[type=submit]').click()`),
		waitFor(`document.querySelector('#problems') !== null`))
	do(t, ctx, "the focus at the list of problems", waitFor(`document.activeElement.id === 'problems'`))
	inspect(t, ctx, "pending with problems")
	open(launch + "pending?lang=bg")
	inspect(t, ctx, "pending in Bulgarian")
	do(t, ctx, "answering", script(tickAll+`; document.querySelector('input[value=accepted][type=radio]').click()`),
		chromedp.Click(chromedp.CSS(`form[method=post] button[type=submit]`)), waitFor(inCourse))
	open(launch + "saved?saved=4&lang=en")
	inspect(t, ctx, "saved")
	open(launch + "agreements")
	do(t, ctx, "opening the history", script(`document.querySelectorAll('details:not([open]) > summary').forEach(s => s.click())`))
	inspect(t, ctx, "agreements")
	do(t, ctx, "withdrawing", chromedp.Click(chromedp.CSS(`form.act button`)), waitFor(`location.search.includes('saved=1')`))
	inspect(t, ctx, "agreements withdrawn")
	open(see[string](t, ctx, `document.querySelector('main a[href*="/agreements/"]').href`))
	inspect(t, ctx, "exact text")
	open(launch + "agreements/record")
	inspect(t, ctx, "record")
	open(launch + "policies")
	inspect(t, ctx, "policies")
	open(see[string](t, ctx, `document.querySelector('nav') ? location.href : ''`) + "?lang=sr-Cyrl")
	inspect(t, ctx, "policies in Serbian")
	open(d.tool("/nowhere"))
	inspect(t, ctx, "error")
	open(d.tool("/lti/launch"))
	inspect(t, ctx, "error launch")
	open(d.tool("/l/01a20000-0000-7000-8000-000000000000/pending"))
	inspect(t, ctx, "error session")
}

func TestFramedPagesForEverybody(t *testing.T) {
	d := startDemo(t)
	ctx := browser(t)
	d.enterCourse(t, ctx, "cvupt", 1)
	do(t, ctx, "opening the activity", script(openActivity))
	frame := d.toolFrame(t, ctx, "/pending")
	do(t, frame, "loading", waitFor(`document.readyState === 'complete' && document.querySelector('form') !== null`))
	judge(t, ctx, frame, "framed")
	// Moodle gives the frame 600 pixels and ignores lti.frameResize: the page scrolls as a whole, not a box in it.
	if boxes := see[[]string](t, frame, `[...document.querySelectorAll('body *')].filter(e => e.scrollHeight > e.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(e).overflowY)).map(e => e.className || e.tagName)`); len(boxes) > 0 {
		t.Errorf("boxes that scroll by themselves: %v", boxes)
	}
	do(t, frame, "scrolling", script(`document.querySelectorAll('details').forEach(d => d.open = true); window.scrollTo(0, document.body.scrollHeight)`),
		waitFor(`scrollY > 0 && document.querySelector('button[type=submit]').getBoundingClientRect().bottom <= innerHeight`))
}

func TestWindowPageForEverybody(t *testing.T) {
	d := startDemo(t)
	ctx := browser(t, d.noCookiesFor(t))
	d.enterCourse(t, ctx, "cvupt", 1)
	do(t, ctx, "opening the activity", script(openActivity))
	frame := d.toolFrame(t, ctx, "/lti/launch")
	do(t, frame, "the page of the refused launch", waitFor(`document.querySelector('main[data-error=state_missing]') !== null && document.readyState === 'complete'`))
	judge(t, ctx, frame, "window")
	if !see[bool](t, frame, `document.querySelector('[data-storage-access]').hidden && document.querySelector('#storage-denied').hidden`) {
		t.Error("the page offers cookies that this browser takes back on the frame's way through Moodle")
	}
	do(t, frame, "showing what WebKit shows", script(`document.querySelector('[data-storage-access]').hidden = false`))
	judge(t, ctx, frame, "window with the offer")
	do(t, frame, "showing its refusal", script(`document.querySelector('[data-storage-access]').hidden = true; document.querySelector('#storage-denied').hidden = false`))
	judge(t, ctx, frame, "window after the refusal")
}

func TestStaffPagesForEverybody(t *testing.T) {
	d := startDemo(t)
	ctx := browser(t)
	for _, role := range []string{"editingteacher", "admin"} {
		d.signIn(t, ctx, "cvupt", role)
		launch := d.relaunch(t, ctx, "cvupt")
		inspect(t, ctx, role)
		do(t, ctx, role, chromedp.Navigate(launch+"home"), waitFor(`document.readyState === 'complete' && document.querySelector('main') !== null`))
		inspect(t, ctx, role+" home")
	}
}

func TestRegistrationPagesForEverybody(t *testing.T) {
	d := startDemo(t)
	ctx := browser(t)
	institution, err := d.db.EnsureInstitution(t.Context(), "CVUPT")
	if err != nil {
		t.Fatal(err)
	}
	invite, err := d.db.Invite(t.Context(), institution, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	d.signIn(t, ctx, "unicampus", "admin")
	register := d.tool("/lti/register?invite=" + invite)
	do(t, ctx, "outside", chromedp.Navigate(register), waitFor(`document.querySelector('main[data-error=register_outside]') !== null`))
	inspect(t, ctx, "register outside")
	do(t, ctx, "registering", chromedp.Navigate(d.moodle("unicampus/mod/lti/toolconfigure.php?toolurl="+register)), waitFor(`document.querySelector('iframe') !== null`))
	frame := find(t, ctx, "iframe", func(a string) bool { return strings.HasPrefix(a, d.tool("/lti/register")) })
	do(t, frame, "loading", waitFor(`document.readyState === 'complete' && document.querySelector('form button') !== null`))
	judge(t, ctx, frame, "register")
	do(t, frame, "confirming", chromedp.Click(chromedp.CSS(`form button[type=submit]`)))
	frame = find(t, ctx, "iframe", func(a string) bool { return strings.HasPrefix(a, d.tool("/lti/registered")) })
	do(t, frame, "loading", waitFor(`document.readyState === 'complete' && document.querySelector('h1.good') !== null`))
	judge(t, ctx, frame, "registered")
}
