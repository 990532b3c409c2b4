package research_test

import (
	"errors"
	"strings"
	"testing"

	"ltipolicy/policy"
	"ltipolicy/policy/research"
	"ltipolicy/policy/source"
)

// whole is a text with all items, each with its own words.
func whole(t *testing.T, without research.Item) policy.SafeHTML {
	t.Helper()
	p := research.Parts{Body: "<p>We ask you.</p>"}
	for i, item := range research.Items() {
		p.Items[i].Heading = "About " + string(item) + " & more"
		if item != without {
			p.Items[i].Text = policy.SafeHTML("<h4>First</h4><p>What " + item + " says.</p>")
		}
	}
	safe, _, err := source.Sanitize(p.Join())
	if err != nil {
		t.Fatal(err)
	}
	return safe
}

func TestItemsComeOutAsTheyWentIn(t *testing.T) {
	text := whole(t, "")
	p := research.Split(text)
	if p.Body != "<p>We ask you.</p>" {
		t.Errorf("body %q", p.Body)
	}
	for _, item := range research.Items() {
		if part := p.Of(item); part.Heading != "About "+string(item)+" & more" || !strings.Contains(string(part.Text), "<p>What "+string(item)+" says.</p>") || !strings.Contains(string(part.Text), ">First</h4>") {
			t.Errorf("%s: %+v", item, part)
		}
	}
	again, _, err := source.Sanitize(p.Join())
	if err != nil || again != text {
		t.Errorf("put together again it is another text (%v):\n%s\n%s", err, text, again)
	}
}

// A copied mark begins no item, and takes none away.
func TestCopiedMarkIsNoItem(t *testing.T) {
	p := research.Split(whole(t, ""))
	p.Items[0].Text += `<h3><a id="s-research-storage"></a>Copied</h3><p>from elsewhere</p>`
	safe, _, err := source.Sanitize(p.Join())
	if err != nil {
		t.Fatal(err)
	}
	got := research.Split(safe)
	if !strings.Contains(string(got.Of(research.Purpose).Text), "from elsewhere") || !strings.Contains(string(got.Of(research.Storage).Text), "What storage says.") {
		t.Errorf("%+v", got)
	}
}

func TestEveryMissingItemIsNamed(t *testing.T) {
	v := policy.Version{Kind: policy.Consent, Form: policy.FormResearch}
	for _, lang := range []string{"en", "ro", "lt", "bg", "sr-Cyrl", "pt"} {
		v.Texts = append(v.Texts, policy.Text{Lang: lang, Name: "x", Content: whole(t, "")})
	}
	if err := research.Whole(v); err != nil {
		t.Fatal(err)
	}
	for i, text := range v.Texts {
		for _, item := range research.Items() {
			v.Texts[i].Content = whole(t, item)
			gaps, err := research.Missing(v), research.Whole(v)
			if len(gaps) != 1 || gaps[0] != (research.Gap{Lang: text.Lang, Item: item}) {
				t.Errorf("missing %v, want %s in %s", gaps, item, text.Lang)
			}
			if !errors.Is(err, policy.ErrInvalid) || !strings.Contains(err.Error(), text.Lang+": "+string(item)) {
				t.Errorf("%s in %s: %v", item, text.Lang, err)
			}
		}
		v.Texts[i].Content = text.Content
	}
	v.Texts[0].Content = "<p>No items at all.</p>"
	if gaps := research.Missing(v); len(gaps) != 6 {
		t.Errorf("missing %v, want all six", gaps)
	}
	v.Form = policy.FormNone
	if gaps := research.Missing(v); gaps != nil {
		t.Errorf("a text that is not about research lacks %v", gaps)
	}
}
