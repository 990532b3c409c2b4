package templates

import (
	"strings"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/policy/source"

	"golang.org/x/net/html"
)

func preview(s *Set, l *Locale, k policy.Kind, t policy.Text) Preview {
	return Preview{
		Locale: page(s, l).Locale, Reader: s.Locale(t.Lang, l.Tag(), "").In(time.UTC), Text: t, Type: policy.TypePrivacy, Kind: k, Revision: "2 <b>", From: policy.DayOf(noon),
	}
}

// answer renders what the editor's script gets.
func answer(t *testing.T, s *Set, p PreviewAnswer) *html.Node {
	t.Helper()
	_, root := render(t, s, p)
	return root
}

func TestPreviewIsWhatALearnerSees(t *testing.T) {
	s := newSet(t)
	for _, l := range s.locales.locales {
		for _, v := range []policy.Version{{Kind: policy.Acknowledge}, {Kind: policy.Agree}, {Kind: policy.Consent}, named(), {Kind: policy.Inform}} {
			k := v.Kind
			for _, text := range []policy.Text{romanian, lithuanian, bulgarian} {
				p := PreviewAnswer{Page: page(s, l), Kept: KeptTyping, Preview: preview(s, l, k, text)}
				p.Preview.Named = v.Named()
				root := answer(t, s, p)
				for _, e := range find(root, "*") {
					checkElement(t, root, e, true, false)
				}
				// The words of the reader's own page, in the language of the text.
				reader := s.Locale(text.Lang, "", "")
				got := textOf(root)
				if reader.Tag() != text.Lang {
					t.Fatalf("the reader of %s reads %s", text.Lang, reader.Tag())
				}
				for _, want := range []string{text.Name, reader.Button(ButtonSave), reader.T(reader.KindKey(k)), reader.Statement(v, policy.Accepted, text.Name)} {
					if !strings.Contains(got, want) {
						t.Errorf("%s, %s: the preview does not say %q:\n%s", l.Tag(), k, want, got)
					}
				}
				for _, e := range append(find(root, "input"), find(root, "button")...) {
					if _, ok := attr(e, "disabled"); !ok && e.Parent.Parent.Parent.Data != "fieldset" {
						t.Errorf("%s, %s: <%s> works", l.Tag(), k, e.Data)
					}
				}
			}
		}
	}
}

func TestOriginalMarksWhatChanged(t *testing.T) {
	s := newSet(t)
	l := s.Locale("en", "", "")
	old := policy.Text{Lang: "ro", Name: "Reguli", Content: "<h2>Unu</h2><p>Rămâne așa.</p><h2>Doi</h2><p>Fiți amabili cu toți.</p>"}
	now := old
	now.Content = "<h2>Unu</h2><p>Rămâne așa.</p><h2>Doi</h2><p>Fiți foarte amabili cu toți.</p>"
	o := NewOriginal(l, now, &old, "1").For("o")
	root := answer(t, s, PreviewAnswer{Page: page(s, l), Preview: preview(s, l, policy.Agree, now), Original: o})
	var touched []string
	for _, e := range find(root, "div") {
		if val(e, "class") == "touched" {
			touched = append(touched, textOf(e))
		}
	}
	if len(touched) != 1 || !strings.Contains(touched[0], "Doi") || !strings.Contains(touched[0], "["+l.T("changes.inserted")+" foarte") {
		t.Errorf("marked: %q", touched)
	}
	if got := textOf(root); !strings.Contains(got, "since version 1") || !strings.Contains(got, "Rămâne așa.") {
		t.Errorf("the original says %q", got)
	}
	if same := NewOriginal(l, old, &old, "1").For("o"); same.Since != "" || strings.Contains(string(same.Content), "touched") {
		t.Errorf("nothing changed, and %+v", same)
	}
	far := policy.Text{Lang: "ro", Name: "Altceva", Content: policy.SafeHTML("<p>" + strings.Repeat("cuvânt ", 25_000) + "</p>")}
	if o := NewOriginal(l, far, &old, "1").For("o"); !o.Rewritten || o.OldName != "Reguli" || !strings.Contains(string(o.Content), "cuvânt") {
		t.Errorf("rewritten: %v, %q", o.Rewritten, o.OldName)
	}
}

func TestRepairIsShownBesideWhatGoesIntoTheText(t *testing.T) {
	s := newSet(t)
	l := s.Locale("en", "", "")
	r := Repair{Locale: l, Lang: "ro", Text: `<h2 id="unu">Unu</h2><p>Text.</p>`, Findings: []EditFinding{{Finding: source.Finding{Code: source.FoundJoined, Count: 3, Detail: "a <b>"}}}}
	root := answer(t, s, PreviewAnswer{Page: page(s, l), Preview: preview(s, l, policy.Agree, romanian), Repair: &r})
	var parts []string
	for _, e := range find(root, "*") {
		checkElement(t, root, e, true, false)
		if name := val(e, "data-repair"); name != "" {
			parts = append(parts, name)
		}
	}
	if got := strings.Join(parts, " "); got != "use leave done back text" {
		t.Errorf("parts %q", got)
	}
	if byID(root, "repair-unu") == nil {
		t.Error("the heading that is shown has the id of the one that goes into the text")
	}
	if !strings.Contains(textOf(root), "a <b>") {
		t.Error("what to look over is not said")
	}
}
