package demo

import (
	"strings"
	"testing"
	"time"

	"ltipolicy/policy"
)

// TestKindsAreThoseOfTheirTexts: what a policy of the demo asks is what its text asks, in a sentence of the text.
func TestKindsAreThoseOfTheirTexts(t *testing.T) {
	ctx := t.Context()
	db := openDatabase(t, stageEngine(t), time.Now)
	if _, err := newWorld(ctx, settings(t), db, 8080); err != nil {
		t.Fatal(err)
	}
	want := map[string]struct {
		kind policy.Kind
		says string
	}{
		"confidentialitate":  {policy.Acknowledge, "Orice schimbare la politicile noastre de confidențialitate, va fi scrisă pe această pagină."},
		"privacy-lusofona":   {policy.Acknowledge, "by virtue of a legal obligation"},
		"poveritelnost":      {policy.Acknowledge, "Целта на настоящия документ е да разясни"},
		"etwinning":          {policy.Acknowledge, "Обрада је неопходна за извршење задатка који се обавља у јавном интересу"},
		"privatumo-politika": {policy.Acknowledge, "Šis privatumo pranešimas"},
		"svetaines-politika": {policy.Agree, "sutinkate su jomis ir įsipareigojate jų laikytis"},
		"slapuku-politika":   {policy.Consent, "šie duomenys tvarkomi remiantis sutikimu"},
		"cod-de-onoare":      {policy.Agree, "Ce vă cerem"},
		"inregistrari":       {policy.Consent, "Puteți refuza: nota și accesul la curs nu depind de răspuns."},
	}
	platforms, err := db.Platforms(ctx)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, p := range platforms {
		list, err := db.Policies(ctx, p.InstitutionID)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range list {
			w, ok := want[entry.Slug]
			v, err := db.Version(ctx, p.InstitutionID, entry.CurrentVersionID)
			if err != nil {
				t.Fatal(err)
			}
			text := v.Primary()
			if !ok || v.Kind != w.kind || !strings.Contains(string(text.Summary+text.Content), w.says) {
				t.Errorf("%s asks for %q, want %q as in %q", entry.Slug, v.Kind, w.kind, w.says)
			}
			seen[entry.Slug] = true
		}
	}
	if len(seen) != len(want) {
		t.Errorf("policies %v, want %d", seen, len(want))
	}
}
