package demo

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestImageFromTheKeyboardToTheLearner(t *testing.T) {
	d := startDemo(t)
	ctx := browser(t)
	d.signIn(t, ctx, "cvupt", "admin")
	launch := d.relaunch(t, ctx, "cvupt")
	file := filepath.Join(t.TempDir(), "plan.png")
	m := image.NewNRGBA(image.Rect(0, 0, 1300, 500)) // wider than any page of a telephone
	for i := range 500 {
		m.Set(2*i, i, color.Black)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}

	do(t, ctx, "opening the editor", chromedp.Navigate(launch+"admin/policies/new"), waitFor(`document.querySelectorAll('.richtext').length === 4`))
	if see[bool](t, ctx, `[...document.querySelectorAll('[data-upload]')].some(e => e.matches('fieldset') && !e.hidden)`) {
		t.Error("the fields for those without scripts are in the way")
	}
	do(t, ctx, "typing", script(`document.querySelector('[name="name.0"]').value = 'Plan of the campus'; document.querySelectorAll('.richtext')[1].focus()`),
		chromedp.KeyEvent("The way in:"), chromedp.KeyEvent("\r"),
		script(`document.querySelectorAll('.toolbar')[1].querySelector('button').focus()`))
	for range 7 {
		do(t, ctx, "walking", script(`document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}))`))
	}
	if got := see[string](t, ctx, `document.activeElement.getAttribute('aria-label')`); got == "" || got != see[string](t, ctx, `document.querySelector('#image-title').textContent`) {
		t.Fatalf("the focus is at %q", got)
	}
	do(t, ctx, "asking", chromedp.KeyEvent("\r"), waitFor(`document.querySelector('#image').open && document.activeElement.type === 'file'`))
	inspect(t, ctx, "image dialog")
	do(t, ctx, "describing", choose(file), chromedp.KeyEvent("\t"), waitFor(`document.activeElement.type === 'text'`),
		chromedp.KeyEvent("Map with the main gate"), chromedp.KeyEvent("\r"),
		waitFor(`!document.querySelector('#image').open && document.activeElement.matches('.richtext') && document.activeElement.querySelector('img') !== null`))
	do(t, ctx, "saving", script(`document.querySelector('button[value=publish]').click()`), waitFor(`location.pathname.endsWith('/publish') && document.readyState === 'complete'`))
	do(t, ctx, "publishing", script(`document.querySelector('main form .actions button').click()`), waitFor(`location.search.endsWith('done=published') && document.readyState === 'complete'`))

	d.enterCourse(t, ctx, "cvupt", 1)
	do(t, ctx, "opening the activity", script(openActivity))
	frame := d.toolFrame(t, ctx, "/pending")
	do(t, frame, "seeing it", waitFor(`document.querySelector('img[alt="Map with the main gate"]') !== null`),
		script(`document.querySelectorAll('details').forEach(d => d.open = true)`),
		waitFor(`document.querySelector('img[alt]').complete && document.querySelector('img[alt]').naturalWidth === 1300`))
	if !see[bool](t, frame, `(i => i.getBoundingClientRect().width <= document.querySelector('main').clientWidth && Math.abs(i.clientWidth / i.clientHeight - 2.6) < .1)(document.querySelector('img[alt]'))`) {
		t.Error("the image runs over the side or lost its shape")
	}
	for _, v := range violations(t, frame, "") {
		t.Errorf("the learner's page: %s", v)
	}
}

// A file that is too large for the server is made smaller in the browser; one that is no image says so.
func TestLargeAndFalseImagesInTheEditor(t *testing.T) {
	d := startDemo(t)
	ctx := browser(t)
	d.signIn(t, ctx, "cvupt", "admin")
	launch := d.relaunch(t, ctx, "cvupt")
	dir := t.TempDir()
	noise := image.NewNRGBA(image.Rect(0, 0, 2400, 1200))
	x := uint32(1)
	for i := range noise.Pix {
		x = x*1664525 + 1013904223
		noise.Pix[i] = byte(x >> 24)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, noise); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"large.png": b.Bytes(), "false.png": []byte("<svg xmlns='http://www.w3.org/2000/svg'/>")} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	do(t, ctx, "opening the editor", chromedp.Navigate(launch+"admin/policies/new"), waitFor(`document.querySelectorAll('.richtext').length === 4`),
		script(`document.querySelectorAll('.richtext')[1].focus()`),
		script(`document.querySelectorAll('.toolbar')[1].querySelectorAll('button')[7].click()`), waitFor(`document.querySelector('#image').open`))
	do(t, ctx, "sending what is none", choose(filepath.Join(dir, "false.png")), script(`document.querySelector('#image .button').click()`),
		waitFor(`document.querySelector('#image [role=alert]').textContent === document.querySelector('#image').dataset.bad`))
	do(t, ctx, "sending what is large", choose(filepath.Join(dir, "large.png")), script(`document.querySelector('#image .button').click()`),
		waitFor(`!document.querySelector('#image').open && document.querySelectorAll('.richtext')[1].querySelector('img')?.naturalWidth === 1600`))
}
