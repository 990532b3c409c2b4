package policy_test

import (
	"errors"
	"testing"
	"time"

	"ltipolicy/policy"
)

func TestDecide(t *testing.T) {
	self := policy.Person{}.At(noon)
	guest, officer := policy.Person{Guest: true}.At(noon), policy.Viewer{Now: noon, OnBehalf: true}
	accepted, declined := yes(1), no(1)
	for _, c := range []struct {
		name   string
		v      policy.Version
		answer policy.Answer
		w      policy.Viewer
		latest *policy.Given
		want   policy.Answer
		err    error
	}{
		{"U05 a user accepts", ver(1), policy.Accepted, self, nil, policy.Accepted, nil},
		{"U05 somebody with the right accepts for another", ver(1), policy.Accepted, officer, nil, policy.Accepted, nil},
		{"U05 a guest accepts nothing", ver(1), policy.Accepted, guest, nil, "", policy.ErrForbidden},
		{"U06 a consent is declined", ver(1, optional), policy.Declined, self, nil, policy.Declined, nil},
		{"U06 U22 a compulsory one never", ver(1), policy.Declined, self, nil, "", policy.ErrInvalid},
		{"U06 U22 not even by an officer", ver(1), policy.Declined, officer, nil, "", policy.ErrInvalid},
		{"U06 a guest declines nothing", ver(1, optional), policy.Declined, guest, nil, "", policy.ErrForbidden},
		{"U07 a user withdraws a consent", ver(1, optional), policy.Withdrawn, self, &accepted, policy.Withdrawn, nil},
		{"U07 a user does not withdraw a compulsory one", ver(1), policy.Withdrawn, self, &accepted, "", policy.ErrForbidden},
		{"U07 an officer does", ver(1), policy.Withdrawn, officer, &accepted, policy.Withdrawn, nil},
		{"U07 a guest withdraws nothing", ver(1, optional), policy.Withdrawn, guest, &accepted, "", policy.ErrForbidden},
		{"O04 O05 after withdrawing, a consent is given again", ver(1, optional), policy.Accepted, self, &declined, policy.Accepted, nil},
		{"declining what stands accepted is a withdrawal", ver(1, optional), policy.Declined, self, &accepted, policy.Withdrawn, nil},
		{"nothing to withdraw", ver(1, optional), policy.Withdrawn, self, nil, "", policy.ErrConflict},
		{"withdrawn already", ver(1, optional), policy.Withdrawn, self, &declined, "", policy.ErrConflict},
		{"a consent to an archived version is withdrawn", ver(1, optional, archived), policy.Withdrawn, self, &accepted, policy.Withdrawn, nil},
		{"a version replaced meanwhile is shown again", ver(1, archived), policy.Accepted, self, nil, "", policy.ErrConflict},
		{"a draft takes no answer", ver(1, draft), policy.Accepted, self, nil, "", policy.ErrConflict},
		{"inform takes no answer", ver(1, inform), policy.Accepted, self, nil, "", policy.ErrInvalid},
		{"somebody else's audience", ver(1, guests), policy.Accepted, self, nil, "", policy.ErrForbidden},
		{"not in effect yet", ver(1, from(noon.Add(time.Hour))), policy.Accepted, self, nil, "", policy.ErrInvalid},
		{"no answer of a form", ver(1), policy.Imported, self, nil, "", policy.ErrInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := policy.Decide(c.v, policy.Choice{VersionID: 1, Answer: c.answer, Statement: "s", Button: "b"}, c.w, c.latest)
			if !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
				t.Fatalf("error %v, want %v", err, c.err)
			}
			if e.Answer != c.want || (e.Standing == 1) != (e.Answer == policy.Accepted) {
				t.Errorf("answer %q, standing %d", e.Answer, e.Standing)
			}
		})
	}
}

func TestDecideCopiesWhatWasShown(t *testing.T) {
	v := ver(2, material(1), func(v *policy.Version) {
		v.Revision = "v2"
		v.Texts = append(v.Texts, policy.Text{Lang: "ro", Name: "Politica", Content: "<p>Lung</p>"})
	})
	e, err := policy.Decide(v, policy.Choice{VersionID: 2, Answer: policy.Accepted, Lang: "ro", Digest: v.Texts[1].Digest(), Statement: "Am citit", Button: "Trimite", Note: "n"}, policy.Viewer{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := policy.Event{
		PolicyID: 102, VersionID: 2, MaterialID: 1, PolicyName: "Politica", Revision: "v2", Kind: policy.Agree,
		Lang: "ro", Digest: v.Texts[1].Digest(), Statement: "Am citit", Button: "Trimite", Answer: policy.Accepted, Standing: 1, Note: "n",
	}
	if e != want {
		t.Errorf("%+v", e)
	}
	if _, err := policy.Decide(v, policy.Choice{VersionID: 2, Answer: policy.Accepted, Digest: v.Texts[1].Digest()}, policy.Viewer{}, nil); !errors.Is(err, policy.ErrConflict) {
		t.Errorf("another text than the one shown: %v", err)
	}
	if _, err := policy.Decide(v, policy.Choice{VersionID: 2, Answer: policy.Accepted, Lang: "lt"}, policy.Viewer{}, nil); !errors.Is(err, policy.ErrInvalid) {
		t.Errorf("a language that is not there: %v", err)
	}
}

func TestU08RevisionLabels(t *testing.T) {
	at := func(h int, rev string) policy.Version {
		return policy.Version{ID: int64(h), Revision: rev, TimeCreated: noon.Add(time.Duration(h) * time.Hour)}
	}
	got := policy.RevisionLabels([]policy.Version{at(5, "One"), at(4, ""), at(3, "0"), at(2, ""), at(1, "One"), at(24, "")},
		func(t time.Time) string { return t.Format(time.DateOnly) })
	want := map[int64]string{1: "One - v1", 5: "One - v2", 2: "2026-11-20 - v1", 4: "2026-11-20 - v2", 3: "0", 24: "2026-11-21"}
	for id, w := range want {
		if got[id] != w {
			t.Errorf("version %d: %q, want %q", id, got[id], w)
		}
	}
}

func TestStanding(t *testing.T) {
	withdrawn := []policy.Event{
		{ID: "1", VersionID: 1, Answer: policy.Accepted, Time: noon}, {ID: "2", VersionID: 1, Answer: policy.Withdrawn, Time: noon},
	}
	behalf := yes(1)
	behalf.ActorID = 8
	signup := yes(1)
	signup.ActorID = 0
	for _, c := range []struct {
		name     string
		versions []policy.Version
		given    []policy.Given
		events   []policy.Event
		state    policy.State
		pending  bool
		behalf   bool
	}{
		{"never answered", []policy.Version{ver(1)}, nil, nil, policy.StatePending, true, false},
		{"accepted", []policy.Version{ver(1)}, []policy.Given{yes(1)}, nil, policy.StateAccepted, false, false},
		{"accepted while signing up", []policy.Version{ver(1)}, []policy.Given{signup}, nil, policy.StateAccepted, false, false},
		{"C13 accepted by somebody else", []policy.Version{ver(1)}, []policy.Given{behalf}, nil, policy.StateAccepted, false, true},
		{"O03 declined", []policy.Version{ver(1, optional)}, []policy.Given{no(1)}, nil, policy.StateDeclined, false, false},
		{"O04 withdrawn", []policy.Version{ver(1, optional)}, []policy.Given{no(1)}, withdrawn, policy.StateWithdrawn, false, false},
		{"a compulsory one withdrawn for the person is asked again", []policy.Version{ver(1)}, []policy.Given{no(1)}, withdrawn, policy.StateWithdrawn, true, false},
		{"C10 only an older version is accepted", []policy.Version{ver(1, of(9), archived), ver(2, of(9))}, []policy.Given{yes(1)}, nil, policy.StateOlderAccepted, true, false},
		{"an older version declined leaves it pending", []policy.Version{ver(1, of(9), archived, optional), ver(2, of(9), optional)}, []policy.Given{no(1)}, nil, policy.StatePending, true, false},
		{"a minor change keeps the acceptance", []policy.Version{ver(1, of(9), archived), ver(2, of(9), material(1))}, []policy.Given{yes(1)}, nil, policy.StateAccepted, false, false},
		{"the policy was inactivated after accepting", []policy.Version{ver(1, archived)}, []policy.Given{yes(1)}, nil, policy.StateAccepted, false, false},
		{"nothing to answer: inform", []policy.Version{ver(1, inform)}, nil, nil, policy.StateNone, false, false},
		{"nothing to answer: guests'", []policy.Version{ver(1, guests)}, nil, nil, policy.StateNone, false, false},
		{"nothing to answer: no active version", []policy.Version{ver(1, draft)}, nil, nil, policy.StateNone, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := policy.StandingOf(c.versions, c.given, c.events, 7, policy.Person{}.At(noon))
			if s.State != c.state || s.Pending != c.pending || s.OnBehalf != c.behalf {
				t.Errorf("%+v", s)
			}
		})
	}
}
