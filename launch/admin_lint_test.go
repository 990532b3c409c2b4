package launch_test

import (
	"net/http"
	"strings"
	"testing"

	"ltipolicy/policy"
)

// What the linter says stands on the version's page with the sentences, leads into the text, is mentioned
// where the draft is written and published, and holds nothing up.
func TestRemarksOnATextHoldNothingUp(t *testing.T) {
	s := asking(t)
	b, l := s.asAdmin()
	f := s.get(b, l+"/admin/policies/new").formTo("/policies/new")
	f.Values.Set("name.0", "Campus rules")
	f.Values.Set("lang.0", "en")
	f.Values.Set("content.0", "<h2>Terms</h2><p>Be kind. By using the campus you agree to these rules.</p><p>The university may change these rules at any time.</p>")
	f.Values.Set("then", "stay")
	edit := s.settle(b, f).is(http.StatusOK, "")
	here := strings.TrimSuffix(edit.URL.Path, "/edit")

	version := s.get(b, here).is(http.StatusOK, "").has("What to look at in this text").
		has("Using something counts as agreeing.").has("GDPR Art. 4(11)").
		has("The rules can be changed without telling anybody.").has("The text does not say since when it applies.").
		lacks("supervisory authority")
	quotes := version.all("blockquote")
	want := []string{"By using the campus you agree to these rules.", "The university may change these rules at any time."}
	if len(quotes) != len(want) {
		t.Fatalf("%d sentences are quoted", len(quotes))
	}
	for i, q := range quotes {
		sentence, link := descend(q, "p")[0], descend(q, "a")[0]
		if got := squeezed(sentence); got != want[i] {
			t.Errorf("quoted %q, want %q", got, want[i])
		}
		if lang, _ := attribute(sentence, "lang"); lang != "en" {
			t.Errorf("the sentence is said to be %q", lang)
		}
		if got := squeezed(link); got != "In the text: Terms" {
			t.Errorf("the link says %q", got)
		}
		to, _ := attribute(link, "href")
		if places := version.all("p", "id="+strings.TrimPrefix(to, "#")); len(places) != 1 || !strings.Contains(squeezed(places[0]), want[i]) {
			t.Errorf("%s leads to %v", to, texts(places))
		}
	}

	// Three remarks: in the preview of what was saved, and as a line with the way to the page above.
	if preview := edit.all("div", "id=preview-pane"); len(preview) != 1 || !strings.Contains(squeezed(preview[0]), "3 remarks on the text") {
		t.Error("the preview has no remarks")
	}
	publish := s.get(b, here+"/publish").is(http.StatusOK, "")
	for _, page := range []*view{edit, publish} {
		if links := page.all("a", "href="+here+"#remarks"); len(links) != 1 || squeezed(links[0]) != "3 remarks on the text" {
			t.Errorf("%s: %v leads to the remarks", page.URL.Path, texts(links))
		}
	}

	// While somebody types, the remarks follow.
	typed := edit.formTo("/edit")
	typed.Values.Set("content.0", "<p>Be kind.</p>")
	got, _ := s.typing(b, typed)
	if text := squeezed(got.part("preview")); !strings.Contains(text, "1 remark on the text") || strings.Contains(text, "counts as agreeing") {
		t.Errorf("the preview says %q", text)
	}

	done := publish.formTo("/publish")
	done.Values.Set("when", "now")
	s.settle(b, done).is(http.StatusOK, "")
	s.get(b, here).has("Active").has("Using something counts as agreeing.")
}

func TestTextsWithoutRemarksSaySo(t *testing.T) {
	s := asking(t)
	v := draft(policy.Agree, english("Kind", "We apply these rules from 1 May 2026."), text("de", "Freundlich", "Durch die Nutzung stimmen Sie zu."))
	v = s.load("kind", v)
	b, l := s.asAdmin()
	s.get(b, l+"/admin/versions/"+number(v.ID)).is(http.StatusOK, "").has("The lists of words found nothing.").has("no list of words for the language: Deutsch")
}
