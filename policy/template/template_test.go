package template_test

import (
	"errors"
	"strings"
	"testing"

	"ltipolicy/policy"
	"ltipolicy/policy/markup"
	"ltipolicy/policy/research"
	"ltipolicy/policy/source"
	"ltipolicy/policy/template"
)

// Each template is whole in each of the six languages, asks what its name says, and only courses ask it.
func TestTemplatesInSixLanguages(t *testing.T) {
	kinds := map[template.Name]policy.Kind{
		template.Recording: policy.Consent, template.Research: policy.Consent, template.HonourCode: policy.Agree, template.ThirdParty: policy.Consent,
	}
	for _, name := range template.Names() {
		for _, lang := range []string{"en", "ro", "lt", "bg", "sr-Cyrl", "pt"} {
			v, err := template.Version(t.Context(), name, lang)
			if err != nil {
				t.Fatal(err)
			}
			if len(v.Texts) != 6 || v.Primary().Lang != lang {
				t.Errorf("%s in %s: %d texts, the first in %s", name, lang, len(v.Texts), v.Primary().Lang)
			}
			if v.Kind != kinds[name] || !v.Courses || v.Audience != policy.AudienceLoggedIn || (v.Form == policy.FormResearch) != (name == template.Research) {
				t.Errorf("%s: settings %+v", name, v.Settings())
			}
			sections := 0
			for i, text := range v.Texts {
				if text.Name == "" || text.Summary == "" || markup.Words(text.Content) < 40 {
					t.Errorf("%s in %s: name %q, %d words", name, text.Lang, text.Name, markup.Words(text.Content))
				}
				if again, _, err := source.Sanitize(string(text.Content)); again != text.Content || err != nil {
					t.Errorf("%s in %s is not clean", name, text.Lang)
				}
				blanks := strings.Count(string(text.Content), "[")
				if i == 0 {
					sections = 100*blanks + len(markup.Contents(text.Content))
				} else if got := 100*blanks + len(markup.Contents(text.Content)); got != sections {
					t.Errorf("%s in %s: %d blanks and headings, %d in %s", name, text.Lang, got, sections, v.Primary().Lang)
				}
			}
		}
	}
	if _, err := template.Version(t.Context(), "another", "en"); !errors.Is(err, policy.ErrNotFound) {
		t.Errorf("another template gives %v", err)
	}
}

// Of research everything is to be filled in but the words of the consent.
func TestResearchTemplateWaitsForItsItems(t *testing.T) {
	v, err := template.Version(t.Context(), template.Research, "pt")
	if err != nil {
		t.Fatal(err)
	}
	gaps := research.Missing(v)
	if len(gaps) != 5*6 {
		t.Errorf("missing %v", gaps)
	}
	for _, g := range gaps {
		if g.Item == research.Agreement {
			t.Errorf("the consent is missing in %s", g.Lang)
		}
	}
}
