package demo

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestLearnerInFrame is the main job as a person does it: sign in at a Moodle, open the activity in a frame
// from another host name, accept, be back in the course; open it again, and no page comes between.
func TestLearnerInFrame(t *testing.T) {
	for _, site := range []struct {
		name, path       string
		boxes, questions int    // what is compulsory, and the free choices
		phrase           string // of the first policy's text
	}{
		{"CVUPT", "cvupt", 1, 0, "Nu vindem, distribuim sau transferăm"},
		{"open.ktu.edu", "open-ktu", 2, 1, "Šis privatumo pranešimas"},
	} {
		t.Run(site.name, func(t *testing.T) {
			d, ctx := startDemo(t), browser(t)
			d.enterCourse(t, ctx, site.path, 1)
			do(t, ctx, "opening the activity", script(openActivity))
			frame := d.toolFrame(t, ctx, "/pending")
			if text := see[string](t, frame, `document.querySelector('main').innerText`); !strings.Contains(text, site.phrase) {
				t.Errorf("the page does not show %q:\n%s", site.phrase, text)
			}
			if boxes := see[int](t, frame, `document.querySelectorAll('input[type=checkbox]:not(:checked)').length`); boxes != site.boxes {
				t.Errorf("%d unticked boxes, want %d", boxes, site.boxes)
			}
			if choices := see[int](t, frame, `document.querySelectorAll('input[type=radio][value=accepted]:not(:checked)').length`); choices != site.questions {
				t.Errorf("%d free choices, want %d", choices, site.questions)
			}
			do(t, frame, "answering", script(tickAll), script(chooseAll), click(`form button[type=submit]`))
			do(t, ctx, "being back in the course", waitFor(inCourse))

			events := d.accepted(t)
			if events != site.boxes+site.questions {
				t.Errorf("%d answers recorded, want %d", events, site.boxes+site.questions)
			}

			// Again: the frame's launch leads straight back to the course.
			do(t, ctx, "opening the activity again",
				script(`window.before = true; `+openActivity),
				waitFor(`window.before === undefined && `+inCourse),
			)
			if again := d.accepted(t); again != events {
				t.Errorf("%d answers after the second launch, want still %d", again, events)
			}
		})
	}
}

// TestKeyboardOnly goes from the top of the pending page to the course with Tab, Space and Enter alone.
func TestKeyboardOnly(t *testing.T) {
	d := startDemo(t)
	ctx := browser(t)
	d.signIn(t, ctx, "open-ktu", "student")
	d.relaunch(t, ctx, "open-ktu")

	focus := func() string {
		return see[string](t, ctx, `(e => (e.type || e.localName) + (e.classList.contains('skip') ? '.skip' : '') + (e.closest('details.full') ? '.full' : ''))(document.activeElement)`)
	}
	// The page may still be scrolling there.
	seen := func() {
		do(t, ctx, "seeing the focus on "+focus(), waitFor(`(e => { const r = e.getBoundingClientRect(), s = getComputedStyle(e.closest('.choice') || e); return r.bottom > 0 && r.top < innerHeight && s.outlineStyle !== 'none' })(document.activeElement)`))
	}
	press := func(keys string) { do(t, ctx, "pressing a key", chromedp.KeyEvent(keys)) }

	press(kb.Tab)
	if got := focus(); got != "a.skip" {
		t.Errorf("Tab leads first to %s, not to the link that skips the header", got)
	}
	boxes, radios := 0, 0
	for range 80 {
		press(kb.Tab)
		seen()
		switch focus() {
		case "checkbox":
			boxes++
			press(" ")
		case "radio":
			radios++
			press(" ")
		case "submit":
			if boxes != 2 || radios != 1 {
				t.Errorf("%d boxes and %d choices on the way, want 2 and 1", boxes, radios)
			}
			press(kb.Enter)
			do(t, ctx, "being back in the course", waitFor(inCourse))
			if n := d.accepted(t); n != 3 {
				t.Errorf("%d answers recorded, want 3", n)
			}
			return
		}
	}
	t.Fatal("Tab never leads to the button")
}

// TestPrint: on paper the full texts stand open, also without scripts, and what belongs to the screen does not.
func TestPrint(t *testing.T) {
	d := startDemo(t)
	ctx := browser(t)
	d.signIn(t, ctx, "cvupt", "student")
	d.relaunch(t, ctx, "cvupt")
	for _, scripts := range []bool{true, false} {
		if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !scripts}); err != nil {
			t.Fatal(err)
		}
		do(t, ctx, "reloading", chromedp.Reload(), waitFor(`document.readyState === 'complete'`))
		look{width: 1100, height: 900, scale: 1, media: "print"}.wear(t, ctx)
		if n := see[int](t, ctx, `document.querySelectorAll('details.full[open]').length`); n != 0 {
			t.Fatalf("%d full texts are open already", n)
		}
		hidden := see[[]string](t, ctx, `[...document.querySelectorAll('details.full .policy')].filter(e => e.getBoundingClientRect().height < 50).map(e => e.textContent.slice(0, 30))`)
		if len(hidden) > 0 {
			t.Errorf("scripts %v: not printed: %v", scripts, hidden)
		}
		if shown := see[[]string](t, ctx, `[...document.querySelectorAll('nav, .languages, .actions, .skip')].filter(e => e.getBoundingClientRect().height > 0).map(e => e.className || e.localName)`); len(shown) > 0 {
			t.Errorf("scripts %v: printed: %v", scripts, shown)
		}
		pdf, err := chromedp.Run(ctx, chromedp.PrintToPDF())
		if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF")) {
			t.Errorf("scripts %v: printing: %v", scripts, err)
		}
	}
}

// TestLanguageOfTheDemo: each of the six languages by a click, for the whole launch.
func TestLanguageOfTheDemo(t *testing.T) {
	d := startDemo(t)
	ctx := browser(t)
	d.signIn(t, ctx, "cvupt", "student")
	launch := d.relaunch(t, ctx, "cvupt")
	for _, tag := range []string{"en", "ro", "lt", "bg", "sr-Cyrl", "pt"} {
		do(t, ctx, tag, click("details.languages summary"), click(fmt.Sprintf("a[hreflang=%q]", tag)),
			waitFor(fmt.Sprintf(`document.documentElement.lang === %q && document.readyState === 'complete'`, tag)),
			chromedp.Navigate(launch+"agreements"), waitFor(`document.querySelector('main') !== null`))
		if got := see[string](t, ctx, `document.documentElement.lang`); got != tag {
			t.Errorf("My agreements is in %s, not in %s", got, tag)
		}
		if lost := see[string](t, ctx, `document.body.textContent`); strings.Contains(lost, "{{") {
			t.Errorf("%s: a placeholder is left", tag)
		}
	}
}
