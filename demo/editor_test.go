package demo

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const (
	editorReady = loaded + ` && document.querySelectorAll('.richtext').length >= 4 && document.querySelector('#preview').hidden === false`
	// content is the rich-text field of the main text.
	content = `document.querySelectorAll('.richtext')[1]`
	// before is the note about what was typed here and not saved.
	before = `document.querySelector('main a[href$="edit?typed"]')`
	// roomy has room for the preview beside the form.
	roomy = `innerWidth >= 1300`
)

// typeIn puts the caret at the end of the main text's last paragraph and types.
func typeIn(t *testing.T, ctx context.Context, words string) {
	t.Helper()
	do(t, ctx, "writing", script(`(e => { e.focus(); const s = getSelection(); s.selectAllChildren([...e.children].findLast(c => c.tagName === 'P')); s.collapseToEnd(); })(`+content+`)`), chromedp.KeyEvent(words))
}

func previewShows(words string) chromedp.Action[chromedp.Void] {
	return waitFor(`document.querySelector('#preview-pane').textContent.includes('` + words + `')`)
}

// TestEditorLosesNothing: what was typed is there again after the page was closed, in whatever moment.
func TestEditorLosesNothing(t *testing.T) {
	k := newDesk(t)
	edit := k.versionPage(k.next, "/edit")
	k.open(t, edit, "en")
	do(t, k.ctx, "loading", waitFor(editorReady))
	typeIn(t, k.ctx, "KeptTyping.")
	do(t, k.ctx, "being told", waitFor(`/^Not saved yet, but kept at \d/.test(document.querySelector('#kept').textContent)`),
		waitFor(`document.querySelector('#keptsaid[role=status]').textContent !== ''`))
	typeIn(t, k.ctx, "KeptLeaving.")
	do(t, k.ctx, "leaving", chromedp.Navigate("about:blank"))
	k.open(t, edit, "en")
	do(t, k.ctx, "being asked", waitFor(editorReady+` && `+before+` !== null`))
	if got := see[string](t, k.ctx, content+`.textContent`); strings.Contains(got, "Kept") {
		t.Errorf("without being asked for, the editor shows %q", got)
	}
	inspect(t, k.ctx, "editor with earlier typing")
	// The keep-alive request of the page that is gone may come after this one's.
	do(t, k.ctx, "continuing", script(before+`.click()`), waitFor(`location.search.includes('typed') && `+editorReady),
		reloadUntil(editorReady, content+`.textContent.includes('KeptLeaving.')`))
	if got := see[string](t, k.ctx, content+`.textContent`); !strings.Contains(got, "KeptTyping.KeptLeaving.") {
		t.Errorf("the editor has %q", got)
	}
	inspect(t, k.ctx, "editor continued")
	typeIn(t, k.ctx, "AndOn.")
	do(t, k.ctx, "saving", script(`document.querySelector('button[value=stay]').click()`), waitFor(`location.search.includes('done=saved') && `+editorReady))
	if see[bool](t, k.ctx, before+` !== null`) || !see[bool](t, k.ctx, content+`.textContent.includes('KeptLeaving.AndOn.')`) {
		t.Errorf("after saving: %s", picture(t, k.ctx))
	}
}

// TestTwoEditorsNoticeEachOther before either of them saves, and neither overwrites the other.
func TestTwoEditorsNoticeEachOther(t *testing.T) {
	k := newDesk(t)
	colleague := browser(t)
	k.signIn(t, colleague, "unicampus", "admin")
	theirs := k.relaunch(t, colleague, "unicampus") + k.versionPage(k.next, "/edit?lang=en")
	k.open(t, k.versionPage(k.next, "/edit"), "en")
	do(t, k.ctx, "loading", waitFor(editorReady))
	do(t, colleague, "opening", chromedp.Navigate(theirs), waitFor(editorReady+` && document.querySelector('#typists').textContent.trim() === ''`))
	typeIn(t, k.ctx, "Mine.")
	do(t, k.ctx, "keeping", waitFor(`document.querySelector('#kept').textContent !== ''`))
	typeIn(t, colleague, "Theirs.")
	do(t, colleague, "hearing of me", waitFor(`/has been typing in this draft since/.test(document.querySelector('#typists').textContent)`))
	if see[bool](t, colleague, `document.documentElement.outerHTML.includes('Mine.')`) {
		t.Error("the colleague sees what I type")
	}
	typeIn(t, k.ctx, "More.")
	do(t, k.ctx, "hearing of the colleague", waitFor(`/has been typing in this draft since/.test(document.querySelector('#typists').textContent)`))
	inspect(t, k.ctx, "two editors")
	do(t, colleague, "saving", script(`document.querySelector('button[value=stay]').click()`), waitFor(`location.search.includes('done=saved')`))
	do(t, k.ctx, "saving too", script(`document.querySelector('button[value=stay]').click()`), waitFor(`document.querySelector('#conflict') !== null && `+editorReady))
	if got := see[string](t, k.ctx, `document.querySelector('section[aria-labelledby=conflict]').textContent + '|' + `+content+`.textContent`); !strings.Contains(got, "Theirs.") || !strings.Contains(got, "Mine.More.") {
		t.Errorf("the conflict shows %q", got)
	}
}

// TestPreviewFollowsTheWriter at the width of a phone, beside the form or below it.
func TestPreviewFollowsTheWriter(t *testing.T) {
	k := newDesk(t)
	k.open(t, k.versionPage(k.next, "/edit"), "en")
	do(t, k.ctx, "loading", waitFor(editorReady))
	if see[bool](t, k.ctx, `document.querySelector('#preview').open`) {
		t.Error("without room the preview stands open")
	}
	typeIn(t, k.ctx, "HelloReader.")
	do(t, k.ctx, "opening by key", previewShows("HelloReader."), script(`document.querySelector('#preview summary').focus()`), chromedp.KeyEvent("\r"),
		waitFor(`document.querySelector('#preview').open`))
	inspect(t, k.ctx, "editor with preview")
	do(t, k.ctx, "making room", chromedp.EmulateViewport(1400, 900), waitFor(roomy))
	phone := see[[]float64](t, k.ctx, `(([a, b]) => [a.width, a.left - b.right])([document.querySelector('#preview .phone'), document.querySelector('#draft')].map(e => e.getBoundingClientRect()))`)
	if phone[0] != 375 || phone[1] < 0 {
		t.Errorf("the phone is %v pixels wide, %v beside the form", phone[0], phone[1])
	}
	// The words that will be affirmed, in the language of the text, follow the kind.
	do(t, k.ctx, "choosing another kind", script(`(e => { e.value = 'consent'; e.dispatchEvent(new Event('change', {bubbles: true})) })(document.querySelector('[name=kind]'))`),
		waitFor(`document.querySelectorAll('#preview-pane input[type=radio]').length === 2`))
	if lang := see[string](t, k.ctx, `document.querySelector('#preview .phone').lang`); lang != "ro" {
		t.Errorf("the reader's words are in %s", lang)
	}
	// In a translation the pane shows that, and beside the fields stands the main text with what changed in it.
	do(t, k.ctx, "translating", script(`document.querySelector('#text-1').open = true; document.querySelector('[name="name.1"]').focus()`), previewShows("The text is viitor"))
	sides := see[[]float64](t, k.ctx, `[document.querySelector('#text-1 .original'), document.querySelector('[name="name.1"]')].map(e => e.getBoundingClientRect().left)`)
	if sides[0] >= sides[1] {
		t.Errorf("the main text stands at %v, the fields at %v", sides[0], sides[1])
	}
	do(t, k.ctx, "the main text as it is now", waitFor(`document.querySelector('#text-1 .original .touched ins').textContent !== '' && document.querySelector('#text-1 .original').textContent.includes('HelloReader')`))
	for _, v := range violations(t, k.ctx, "") {
		t.Errorf("with room: %s", v)
	}
	do(t, k.ctx, "on a phone", chromedp.EmulateViewport(390, 800), waitFor(`innerWidth === 390 && !document.querySelector('#text-1 .original').open && !document.querySelector('#preview').open`))
	looks[0].wear(t, k.ctx)
	walk(t, k.ctx, "editor")
}

// TestPastedTextIsRepairedByConsent: shown first, used by a key, taken back by another.
func TestPastedTextIsRepairedByConsent(t *testing.T) {
	k := newDesk(t)
	k.open(t, k.versionPage(k.next, "/edit"), "en")
	do(t, k.ctx, "loading", waitFor(editorReady))
	typeIn(t, k.ctx, "Before.\r")
	const pdf = `'1. Domeniul\n\nAceste reguli sunt pentru toți cei care folosesc biblioteca și\nsălile ei de lectură, în fiecare zi.\n\n• cărți\n• reviste\n'`
	paste := func(what, data string) {
		do(t, k.ctx, what, script(`(d => { `+data+`; `+content+`.focus(); `+content+`.dispatchEvent(new ClipboardEvent('paste', {clipboardData: d, bubbles: true, cancelable: true})) })(new DataTransfer())`))
	}
	html := func() string { return see[string](t, k.ctx, content+`.squire.getHTML()`) }
	paste("pasting from a PDF", `d.setData('text/plain', `+pdf+`)`)
	do(t, k.ctx, "being offered", waitFor(`document.querySelector('.repair') !== null`))
	pasted := html()
	if !strings.Contains(pasted, "<p>• cărți</p>") {
		t.Errorf("before anybody said so, the text is %q", pasted)
	}
	if got := see[string](t, k.ctx, `document.querySelector('.repaired').textContent`); !strings.Contains(got, "biblioteca și\nsălile") {
		t.Errorf("shown: %q", got)
	}
	inspect(t, k.ctx, "editor with repair")
	press := func(button string) {
		do(t, k.ctx, "back to the text", script(content+`.focus()`))
		for range 6 {
			do(t, k.ctx, "pressing Tab", chromedp.KeyEvent(kb.Tab))
			if see[bool](t, k.ctx, `document.activeElement.dataset.repair === '`+button+`'`) {
				do(t, k.ctx, button, chromedp.KeyEvent("\r"), waitFor(`document.activeElement === `+content))
				return
			}
		}
		t.Fatalf("Tab does not lead to %s\n%s", button, picture(t, k.ctx))
	}
	press("use")
	if got := html(); !strings.Contains(got, "1. Domeniul</h2>") || !strings.Contains(got, "<li>cărți</li>") || strings.Contains(got, "•") {
		t.Errorf("repaired: %q", got)
	}
	press("back")
	if got := html(); got != pasted {
		t.Errorf("taken back: %q, was %q", got, pasted)
	}
	if see[bool](t, k.ctx, `document.querySelector('.repair') !== null`) {
		t.Error("the offer stands there still")
	}
	// Text with markup of its own knows its paragraphs; nobody is asked.
	paste("pasting from a page", `d.setData('text/plain', `+pdf+`); d.setData('text/html', '<p>Unu</p><p>Doi</p><p>Trei</p>')`)
	do(t, k.ctx, "waiting for the answer", previewShows("Trei"))
	if see[bool](t, k.ctx, `document.querySelector('.repair') !== null`) {
		t.Error("what is no doubtful paste is offered to be repaired")
	}
	paste("pasting words struck out by a style", `d.setData('text/plain', 'Nu vindem'); d.setData('text/html', '<p>Noi <span style="text-decoration:line-through">nu</span> vindem</p><p style="display:none">Ascuns</p>')`)
	do(t, k.ctx, "being offered what the styles say", waitFor(`document.querySelector('.repair') !== null && document.querySelector('.repair').textContent.includes('Ascuns')`))
	press("use")
	if got := html(); !strings.Contains(got, "<s>nu</s>") || strings.Contains(got, "Ascuns") {
		t.Errorf("with its styles: %q", got)
	}
	// Word's is, and who writes on has said no.
	paste("pasting from Word", `d.setData('text/plain', `+pdf+`); d.setData('text/html', '<p class=MsoNormal>1. Domeniul</p><p class=MsoListParagraph>· cărți</p>')`)
	do(t, k.ctx, "being offered", waitFor(`document.querySelector('.repair') !== null`))
	typeIn(t, k.ctx, "x")
	do(t, k.ctx, "writing on", waitFor(`document.querySelector('.repair') === null`))
}

// TestADocumentIsOfferedForTheFullText: shown first, used by a key, taken back by another.
func TestADocumentIsOfferedForTheFullText(t *testing.T) {
	k := newDesk(t)
	k.open(t, k.versionPage(k.next, "/edit"), "en")
	do(t, k.ctx, "loading", waitFor(editorReady))
	typeIn(t, k.ctx, "Before.\r")
	doc := filepath.Join(t.TempDir(), "Rules.docx")
	raw, err := os.ReadFile("../policy/source/testdata/office/libreoffice-file.docx")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(doc, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	html := func() string { return see[string](t, k.ctx, content+`.squire.getHTML()`) }
	before := html()
	do(t, k.ctx, "choosing a document", chromedp.SetUploadFiles(chromedp.CSS(`[name="document.0"]`), []string{doc}),
		waitFor(`document.querySelector('.repair') !== null`))
	if got := html(); got != before {
		t.Errorf("before anybody said so, the text is %q", got)
	}
	if got := see[string](t, k.ctx, `document.querySelector('.repair').textContent`); !strings.Contains(got, "a) pirma") || !strings.Contains(got, "paslėpti žodžiai") {
		t.Errorf("offered: %q", got)
	}
	if see[string](t, k.ctx, `document.querySelector('[name="document.0"]').value`) != "" {
		t.Error("the form would bring the document again")
	}
	inspect(t, k.ctx, "editor with a document")
	do(t, k.ctx, "using it", click(`[data-repair=use]`), waitFor(content+`.squire.getHTML().includes('pirma')`))
	if got := html(); strings.Contains(got, "Before.") || !strings.Contains(got, "<s>ne</s>") || !strings.Contains(got, "a) pirma") || !strings.Contains(got, `href="#fn-1"`) {
		t.Errorf("the document's text: %q", got)
	}
	do(t, k.ctx, "taking it back", click(`[data-repair=back]`), waitFor(content+`.squire.getHTML().includes('Before.')`))
	if got := html(); got != before {
		t.Errorf("taken back: %q, was %q", got, before)
	}
	if err := os.WriteFile(doc, []byte("words"), 0o600); err != nil {
		t.Fatal(err)
	}
	do(t, k.ctx, "choosing what is none", chromedp.SetUploadFiles(chromedp.CSS(`[name="document.0"]`), []string{doc}),
		waitFor(`document.querySelector('.repair') !== null && document.querySelector('.repair').textContent.includes('no .docx')`))
}

// TestEditorWithoutScripts: what was kept in another browser is offered, taken up and discarded by links and forms.
func TestEditorWithoutScripts(t *testing.T) {
	k := newDesk(t)
	edit := k.versionPage(k.next, "/edit")
	k.open(t, edit, "en")
	do(t, k.ctx, "loading", waitFor(editorReady))
	typeIn(t, k.ctx, "Kept.")
	do(t, k.ctx, "keeping", waitFor(`document.querySelector('#kept').textContent !== ''`))
	if _, err := chromedp.Call(k.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	k.open(t, edit, "en")
	if see[bool](t, k.ctx, `document.querySelector('#preview').checkVisibility() || !document.querySelector('button[value=view]').checkVisibility()`) {
		t.Error("the preview that only scripts move is shown, or the button that needs none is not")
	}
	field := `document.querySelector('[name="content.0"]').value`
	do(t, k.ctx, "continuing", click(`main a[href$="edit?typed"]`), waitFor(loaded+` && location.search === '?typed' && `+field+`.includes('Kept.')`))
	do(t, k.ctx, "discarding", click(`form[action$="/typing/discard"] button`),
		waitFor(loaded+` && location.search === '?done=discarded' && !`+field+`.includes('Kept.') && document.querySelector('form[action$="/typing/discard"]') === null`))
}
