package demo

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestAdministratorsPagesForEverybody makes a policy with the rich-text editor, publishes it and looks at every
// page of an administrator on the way.
func TestAdministratorsPagesForEverybody(t *testing.T) {
	d := startDemo(t)
	ctx := browser(t)
	d.signIn(t, ctx, "cvupt", "student") // of whom the administrator finds something
	d.relaunch(t, ctx, "cvupt")
	d.signIn(t, ctx, "cvupt", "admin")
	launch := d.relaunch(t, ctx, "cvupt")
	loaded := waitFor(`document.readyState === 'complete' && document.querySelector('main') !== null`)
	open := func(path string) { do(t, ctx, path, chromedp.Navigate(path), loaded) }
	at := func(ending string) chromedp.Action[chromedp.Void] {
		return waitFor(`document.readyState === 'complete' && (location.pathname + location.search).endsWith('` + ending + `')`)
	}

	open(launch + "home")
	inspect(t, ctx, "admin list")

	open(launch + "admin/policies/new")
	do(t, ctx, "waiting for the editor", waitFor(`document.querySelectorAll('.richtext').length === 4`))
	inspect(t, ctx, "editor")
	// Typing, then a heading and bold by the buttons; the field gets what the server takes without a finding.
	do(t, ctx, "naming", script(`document.querySelector('[name="name.0"]').value = 'Rules of the library'`),
		script(`document.querySelectorAll('.richtext')[1].focus()`),
		chromedp.KeyEvent("Loans"), chromedp.KeyEvent("\r"), chromedp.KeyEvent("Bring books back."),
		script(`document.querySelectorAll('.toolbar')[1].querySelectorAll('button')[4].click()`))
	do(t, ctx, "saving", script(`document.querySelector('button[value=stay]').click()`), at("edit?done=saved"))
	if got := see[string](t, ctx, `document.querySelector('[name="content.0"]').value`); !strings.Contains(got, "Loans") || !strings.Contains(got, "<li>") {
		t.Errorf("stored %q", got)
	}
	stored := see[string](t, ctx, `document.querySelector('[name="content.0"]').value`)
	do(t, ctx, "saving untouched", script(`document.querySelector('button[value=stay]').click()`),
		waitFor(`document.readyState === 'complete' && document.querySelector('[name=edit]').value === '2'`))
	if got := see[string](t, ctx, `document.querySelector('[name="content.0"]').value`); got != stored {
		t.Errorf("a text that nobody touched became %q, was %q", got, stored)
	}
	// The toolbar is one stop of the Tab key, and the arrows walk along it.
	do(t, ctx, "walking", script(`document.querySelectorAll('.toolbar')[1].querySelector('button').focus()`),
		script(`document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}))`))
	if got := see[string](t, ctx, `document.activeElement.getAttribute('aria-label')`); got == "" || got == see[string](t, ctx, `document.querySelector('.toolbar button').getAttribute('aria-label')`) {
		t.Errorf("the focus is at %q", got)
	}
	do(t, ctx, "cleaning", script(`document.querySelectorAll('.edittext')[0].querySelectorAll('.toolbar')[1].lastChild.click();
		document.querySelector('[name="content.0"]').value += '<script>x()</'+'script>'; document.querySelector('button[value=stay]').click()`),
		waitFor(`document.querySelector('#findings') !== null && document.readyState === 'complete'`))
	inspect(t, ctx, "editor with findings")
	do(t, ctx, "publishing", script(`document.querySelector('button[value=publish]').click()`), at("publish?done=saved"))
	inspect(t, ctx, "publish")
	do(t, ctx, "confirming", script(`document.querySelector('main form .actions button').click()`), at("home?done=published"))
	version := see[string](t, ctx, `[...document.querySelectorAll('h2 a')].find(a => a.textContent.includes('library')).href`)
	open(version)
	inspect(t, ctx, "version")
	do(t, ctx, "drafting", script(`document.querySelector('main form button').click()`), at("edit?done=draft"))
	for _, page := range []string{"admin/report", "admin/report?course=a", "admin/report?course=xyzzy", "admin/grants?q=a", "admin/log", "admin/log?who=nobody"} {
		open(launch + page)
		inspect(t, ctx, strings.NewReplacer("/", " ", "?", " ").Replace(page))
	}
	do(t, ctx, "opening a person", chromedp.Navigate(launch+"admin/report"), loaded, script(`document.querySelector('tbody th a').click()`), waitFor(`location.pathname.includes('/people/') && document.readyState === 'complete'`))
	inspect(t, ctx, "person")
	do(t, ctx, "opening the person's record", script(`document.querySelector('a[href$="/record"]').click()`), waitFor(`location.pathname.endsWith('/record') && document.readyState === 'complete'`))
	inspect(t, ctx, "person's record")
	do(t, ctx, "choosing a policy", chromedp.Navigate(launch+"admin/report"), loaded, script(`document.querySelector('select[name=policy]').selectedIndex = 1; document.querySelector('form[role=search]').submit()`),
		waitFor(`location.search.includes('policy=') && document.readyState === 'complete'`))
	inspect(t, ctx, "report of one version")
}

// TestLinkInTheFrame puts a link into a text where browsers show no prompt of their own: in the platform's frame.
func TestLinkInTheFrame(t *testing.T) {
	d := startDemo(t)
	ctx := browser(t)
	d.signIn(t, ctx, "cvupt", "admin")
	d.openCourse(t, ctx, "cvupt")
	do(t, ctx, "opening the activity", script(openActivity))
	frame := d.toolFrame(t, ctx, "/home")
	do(t, frame, "opening the editor", waitFor(`document.readyState === 'complete' && document.querySelector('a[href$="/admin/policies/new"]') !== null`),
		script(`document.querySelector('a[href$="/admin/policies/new"]').click()`))
	frame = d.toolFrame(t, ctx, "/admin/policies/new")
	do(t, frame, "typing", waitFor(`document.querySelectorAll('.richtext').length === 4`),
		script(`document.querySelectorAll('.richtext')[1].focus()`), chromedp.KeyEvent("See "),
		script(`[...document.querySelectorAll('.toolbar')[1].querySelectorAll('button')].find(b => b.dataset.sign === '↗').click()`),
		waitFor(`document.querySelector('#link').open && document.activeElement.value === 'https://'`))
	for _, v := range violations(t, frame, "") {
		t.Errorf("the dialog: %s", v)
	}
	do(t, frame, "mistyping", chromedp.KeyEvent("\r"), waitFor(`document.querySelector('#link').open && document.querySelector('#link [role=alert]').textContent !== ''`))
	do(t, frame, "linking", chromedp.KeyEvent("upt.ro/reguli"), chromedp.KeyEvent("\r"),
		waitFor(`!document.querySelector('#link').open && document.activeElement.matches('.richtext')`))
	if got := see[string](t, frame, `document.activeElement.querySelector('a').href`); got != "https://upt.ro/reguli" {
		t.Errorf("the link leads to %q", got)
	}
}
