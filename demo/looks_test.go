package demo

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var pictures = flag.String("pictures", "", "folder for a picture of every page in every look")

// look is how a reader's browser shows pages.
type look struct {
	name          string
	width, height int64
	scale         float64
	media         string
	features      map[string]string
	rules         string // of axe-core that can tell this look from those before it; empty: all
	alike         bool   // no rule of axe-core can
	seen          bool   // only for pictures
}

// colours are the rules for looks that change nothing else.
const colours = `runOnly: {type: 'rule', values: ['color-contrast', 'link-in-text-block']}, `

var looks = []look{
	{name: "wide", width: 1100, height: 900, scale: 1},
	{name: "dark", width: 1100, height: 900, scale: 1, features: map[string]string{"prefers-color-scheme": "dark"}, rules: colours},
	{name: "narrow", width: 320, height: 640, scale: 2, features: map[string]string{"prefers-color-scheme": "light"}},
	{name: "narrow dark", width: 390, height: 844, scale: 2, features: map[string]string{"prefers-color-scheme": "dark"}, rules: colours, seen: true},
	{name: "zoomed to 400 %", width: 320, height: 256, scale: 4, alike: true},
	{name: "forced colours", width: 1100, height: 900, scale: 1, features: map[string]string{"forced-colors": "active", "prefers-contrast": "more"}, rules: colours},
}

// colourful are the looks that change every colour of a page.
var colourful = []look{
	{name: "light", width: 1100, height: 900, scale: 1},
	{name: "dark", width: 1100, height: 900, scale: 1, features: map[string]string{"prefers-color-scheme": "dark"}},
	{name: "forced colours", width: 1100, height: 900, scale: 1, features: map[string]string{"forced-colors": "active"}},
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
	late, cancel := context.WithTimeout(ctx, patience(t))
	defer cancel()
	found, err := chromedp.Run(late, chromedp.Evaluate[string](`axe.run({`+rules+`resultTypes: ['violations']}).then(r => JSON.stringify(r.violations.map(v =>
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

// clean lets axe-core look at the page.
func clean(t *testing.T, frame context.Context, name string) {
	t.Helper()
	for _, v := range violations(t, frame, "") {
		t.Errorf("%s: %s", name, v)
	}
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
		if !l.alike {
			for _, v := range violations(t, ctx, l.rules) {
				t.Errorf("%s, %s: %s", name, l.name, v)
			}
		}
		if over := see[int](t, ctx, `document.scrollingElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("%s, %s: %d pixels over the side\n%s", name, l.name, over, picture(t, ctx))
		}
	}
	looks[0].wear(t, ctx)
}

// judge puts a page or frame before axe-core in all colours; around is the page that the frame stands in, or
// the page itself.
func judge(t *testing.T, around, ctx context.Context, name string) {
	t.Helper()
	for _, l := range colourful {
		l.wear(t, around)
		l.colour(t, ctx)
		for feature, value := range l.features {
			if !see[bool](t, ctx, fmt.Sprintf(`matchMedia('(%s: %s)').matches`, feature, value)) {
				t.Errorf("%s does not wear %s", name, l.name)
			}
		}
		for _, v := range violations(t, ctx, l.rules) {
			t.Errorf("%s, %s: %s", name, l.name, v)
		}
	}
	if around == ctx {
		look{name: "narrow", width: 320, height: 256, scale: 1}.wear(t, ctx)
		if over := see[int](t, ctx, `document.scrollingElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("%s: %d pixels over the side\n%s", name, over, picture(t, ctx))
		}
	}
	colourful[0].wear(t, around)
}

// reachable are the elements that the Tab key must lead to, each once; of radio buttons with one name, one.
const reachable = `[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"], [contenteditable=true]')]
	.filter(e => e.tabIndex >= 0 && !e.disabled && e.checkVisibility({visibilityProperty: true}))
	.filter((e, i, all) => e.type !== 'radio' || all.findIndex(o => o.name === e.name && o.type === 'radio' && o.form === e.form) === i)`

// walk presses Tab from the top of a page to its end: every control is reached, and can be seen while it has the
// focus.
func walk(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	// Nothing glides then: what has the focus is in sight at once.
	look{width: 1100, height: 900, scale: 1, features: map[string]string{"prefers-reduced-motion": "reduce"}}.wear(t, ctx)
	do(t, ctx, "going to the top", script(`document.activeElement.blur(); getSelection().removeAllRanges(); scrollTo(0, 0);
		window.controls = `+reachable+`; window.walked = new Set(); if (document.querySelector('.skip')) document.querySelector('.skip').focus()`))
	want := see[int](t, ctx, `controls.length`)
	for range 2*want + 20 { // a date has several stops
		unseen := see[string](t, ctx, `(e => {
			if (e === document.body) return '';
			walked.add(e.type === 'radio' ? controls.find(o => o.type === 'radio' && o.name === e.name && o.form === e.form) : e);
			const r = e.getBoundingClientRect();
			// Within a date the browser draws the ring itself, around the button of its picker.
			const outlined = ['date', 'datetime-local'].includes(e.type) || [e, e.closest('.choice'), e.closest('.tick')].some(o => o && getComputedStyle(o).outlineStyle !== 'none');
			return r.bottom > 0 && r.top < innerHeight && outlined ? '' : e.outerHTML.slice(0, 120);
		})(document.activeElement)`)
		if unseen != "" {
			t.Errorf("%s: the focus is not to be seen on %s", name, unseen)
		}
		if see[int](t, ctx, `walked.size`) >= want {
			return
		}
		do(t, ctx, "pressing Tab", chromedp.KeyEvent(kb.Tab))
	}
	t.Errorf("%s: Tab never leads to %q", name, see[[]string](t, ctx, `controls.filter(e => !walked.has(e)).map(e => e.outerHTML.slice(0, 120))`))
}
