package policy

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDemandIsWhatMembersAreAsked(t *testing.T) {
	now := time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
	yes, no := &Given{Accepted: true}, &Given{}
	rows := []Asked{
		{VersionID: 30, MaterialID: 12, Kind: Agree, Latest: yes},
		{VersionID: 31, MaterialID: 31, Kind: Acknowledge},
		{VersionID: 7, Kind: Consent, Latest: no}, // a row from Moodle: its own material
		{VersionID: 40, MaterialID: 40, Kind: Inform},
		{VersionID: 41, MaterialID: 41, Kind: Agree, Audience: AudienceGuests},
		{VersionID: 42, MaterialID: 42, Kind: Agree, EffectiveFrom: now.Add(time.Second)},
		{VersionID: 43, MaterialID: 43, Kind: Agree, Audience: AudienceLoggedIn, EffectiveFrom: now},
	}
	d := DemandOf(rows, now)
	if want := (Demand{7, 12, 31, 43}); !slices.Equal(d, want) {
		t.Errorf("demand %v, want %v", d, want)
	}
	if got, want := Settled(rows, now), (Demand{7, 12}); !slices.Equal(got, want) {
		t.Errorf("settled %v, want %v", got, want)
	}
	if later := DemandOf(rows, now.Add(time.Second)); later.Hash() == d.Hash() || len(later) != 5 {
		t.Errorf("a date that arrives leaves the demand at %v", later)
	}
}

// Moodle's plugin knows only the demand and what of it a person settled. It holds people up for the same versions that
// the rule asks of them, whoever they are to Moodle.
func TestDemandAndWhatIsSettledSayWhoIsAsked(t *testing.T) {
	now := time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		var rows []Asked
		for id := range rapid.Int64Range(0, 6).Draw(t, "versions") {
			a := Asked{
				VersionID: id + 1, MaterialID: id + 1,
				Kind:          rapid.SampledFrom([]Kind{Acknowledge, Agree, Consent, Inform}).Draw(t, "kind"),
				Audience:      rapid.SampledFrom([]Audience{AudienceAll, AudienceLoggedIn, AudienceGuests}).Draw(t, "audience"),
				EffectiveFrom: now.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "from")) * time.Second),
			}
			if rapid.Bool().Draw(t, "answered") {
				a.Latest = &Given{VersionID: id + 1, MaterialID: id + 1, Accepted: rapid.Bool().Draw(t, "accepted")}
			}
			rows = append(rows, a)
		}
		settled := Settled(rows, now)
		var open, pending []int64
		for _, id := range DemandOf(rows, now) {
			if !slices.Contains(settled, id) {
				open = append(open, id)
			}
		}
		for _, a := range PendingAsked(rows, Person{}.At(now)) {
			pending = append(pending, a.VersionID)
		}
		if slices.Sort(pending); !slices.Equal(open, pending) {
			t.Fatalf("the plugin sees %v open, the rule asks %v", open, pending)
		}
	})
}

func TestDemandHash(t *testing.T) {
	// Fixed for ever: Moodle sites compare it over releases of the tool.
	const want = "fa300dbecdcca230907e36ae31b9f0fb360b57e728ca1df35c8df3d6ee0b9415"
	if got := (Demand{7, 12}).Hash(); got != want {
		t.Errorf("hash %s", got)
	}
	if (Demand{71, 2}).Hash() == want || (Demand{}).Hash() == want {
		t.Error("other demands have the same hash")
	}
}
