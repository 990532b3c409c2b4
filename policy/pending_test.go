package policy_test

import (
	"slices"
	"testing"
	"time"

	"ltipolicy/policy"

	"pgregory.net/rapid"
)

// The tests of who is asked what, named after the scenarios and cases of Moodle's own tests of tool_policy
// (Cnn consent.feature, Ann acceptances.feature, Onn optional.feature, Unn api_test.php). What of a scenario
// belongs to pages (sign-up, guests' popup, logging in as somebody else, the viewed list) is not here.

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// ver is an active compulsory version for all; opts change it.
func ver(id int64, opts ...func(*policy.Version)) policy.Version {
	v := policy.Version{
		ID: id, PolicyID: 100 + id, MaterialID: id, SortOrder: int(id) * 2, Kind: policy.Agree, Current: true,
		Texts: []policy.Text{{Lang: "en", Name: "Policy", Summary: "<p>Short</p>", Content: "<p>Long</p>"}},
	}
	for _, o := range opts {
		o(&v)
	}
	return v
}

func draft(v *policy.Version)    { v.Current = false }
func archived(v *policy.Version) { v.Current, v.Archived = false, true }
func optional(v *policy.Version) { v.Kind = policy.Consent }
func inform(v *policy.Version)   { v.Kind = policy.Inform }
func ownPage(v *policy.Version)  { v.Style = policy.StyleOwnPage }
func members(v *policy.Version)  { v.Audience = policy.AudienceLoggedIn }
func guests(v *policy.Version)   { v.Audience = policy.AudienceGuests }
func of(p int64) func(*policy.Version) {
	return func(v *policy.Version) { v.PolicyID = p }
}
func material(m int64) func(*policy.Version) {
	return func(v *policy.Version) { v.MaterialID = m }
}
func from(t time.Time) func(*policy.Version) {
	return func(v *policy.Version) { v.EffectiveFrom = t }
}

func since(t time.Time) func(*policy.Version) {
	return func(v *policy.Version) { v.ActiveFrom = t }
}

func yes(id int64) policy.Given {
	return policy.Given{VersionID: id, MaterialID: id, Accepted: true, ActorID: 7, Time: noon.Add(-time.Hour)}
}

func no(id int64) policy.Given { g := yes(id); g.Accepted = false; return g }

func later(g policy.Given) policy.Given { g.Time = g.Time.Add(time.Minute); return g }

func ids(list []policy.Version) []int64 {
	out := []int64{}
	for _, v := range list {
		out = append(out, v.ID)
	}
	return out
}

func TestPending(t *testing.T) {
	member, guest := policy.Person{}.At(noon), policy.Person{Guest: true}.At(noon)
	erased := policy.Person{Erased: noon}.At(noon.Add(time.Hour))
	for _, c := range []struct {
		name   string
		active []policy.Version
		given  []policy.Given
		viewer policy.Viewer
		want   []int64
	}{
		{"C01 no policies: nothing is asked", nil, nil, member, nil},
		{"U13 no policies: an answer to something gone changes nothing", nil, []policy.Given{yes(9)}, member, nil},
		{"C02 drafts never ask", []policy.Version{ver(1, draft), ver(2, draft)}, nil, member, nil},
		{"C03 of archived, active and draft only the active one asks",
			[]policy.Version{ver(1, of(9), archived), ver(2, of(9)), ver(3, of(9), draft)}, nil, member, []int64{2}},
		{"C04 all and loggedin are asked, guests' never", []policy.Version{ver(1), ver(2, members), ver(3, guests)}, nil, member, []int64{1, 2}},
		{"C07 while one is not accepted it stays asked", []policy.Version{ver(1), ver(2)}, []policy.Given{yes(1)}, member, []int64{2}},
		{"C08 both accepted: not asked again", []policy.Version{ver(1), ver(2)}, []policy.Given{yes(1), yes(2)}, member, nil},
		{"C09 a third policy asks alone", []policy.Version{ver(1), ver(2), ver(3)}, []policy.Given{yes(1), yes(2)}, member, []int64{3}},
		{"C10 a new material version asks again", []policy.Version{ver(1, of(9), archived), ver(2, of(9))}, []policy.Given{yes(1)}, member, []int64{2}},
		{"M03 a minor change does not ask again", []policy.Version{ver(1, of(9), archived), ver(2, of(9), material(1))}, []policy.Given{yes(1)}, member, nil},
		{"C11 a guest is never asked: nothing is recorded", []policy.Version{ver(1), ver(2, members), ver(3, guests)}, nil, guest, nil},
		{"C16 own pages first, then the others, each in order",
			[]policy.Version{ver(1), ver(2, ownPage), ver(3), ver(4, ownPage)}, nil, member, []int64{2, 4, 1, 3}},
		{"C17 an answered own page is not asked again, the second one comes next",
			[]policy.Version{ver(1), ver(2, ownPage), ver(3), ver(4, ownPage)}, []policy.Given{yes(2)}, member, []int64{4, 1, 3}},
		{"C18 own pages: the guests' one is left out",
			[]policy.Version{ver(1, ownPage), ver(2, ownPage, members), ver(3, ownPage, guests), ver(4, ownPage)}, nil, member, []int64{1, 2, 4}},
		{"A11 an inactivated policy asks nobody", []policy.Version{ver(1), ver(2, archived)}, []policy.Given{yes(1)}, member, nil},
		{"O03 optional ones are asked; a refusal is an answer", []policy.Version{ver(1, optional), ver(2, optional), ver(3, optional)},
			[]policy.Given{yes(1), no(2)}, member, []int64{3}},
		{"U09 accepting only the compulsory one is not enough", []policy.Version{ver(1), ver(2, optional)}, []policy.Given{yes(1)}, member, []int64{2}},
		{"U09 a refused optional one completes it", []policy.Version{ver(1), ver(2, optional)}, []policy.Given{yes(1), no(2)}, member, nil},
		{"U09 a compulsory one taken back is asked again", []policy.Version{ver(1), ver(2, optional)}, []policy.Given{no(1), no(2)}, member, []int64{1}},
		{"U10 activating the current version again asks nobody", []policy.Version{ver(1)}, []policy.Given{yes(1)}, member, nil},
		{"U10 making a draft asks nobody", []policy.Version{ver(1, of(9)), ver(2, of(9), draft)}, []policy.Given{yes(1)}, member, nil},
		{"U25 the kind decides, not the answer: refused while optional, compulsory by a minor change",
			[]policy.Version{ver(2, of(9), material(1))}, []policy.Given{no(1)}, member, []int64{2}},
		{"the latest answer of all versions of the material counts",
			[]policy.Version{ver(2, of(9), material(1))},
			[]policy.Given{yes(1), later(policy.Given{VersionID: 2, MaterialID: 1, Time: noon.Add(-time.Hour)})}, member, []int64{2}},
		{"of two answers in one second the one to the version itself counts",
			[]policy.Version{ver(1, material(1)), ver(2, of(9), archived, material(1))},
			[]policy.Given{yes(1), {VersionID: 2, MaterialID: 1, Time: noon.Add(-time.Hour)}}, member, nil},
		{"a row without material id stands for itself", []policy.Version{ver(1, material(0)), ver(2, material(0))},
			[]policy.Given{{VersionID: 1, Accepted: true}}, member, []int64{2}},
		{"inform never asks", []policy.Version{ver(1, inform)}, nil, member, nil},
		{"what takes effect later does not ask yet", []policy.Version{ver(1, from(noon.Add(time.Second)))}, nil, member, nil},
		{"what takes effect now asks", []policy.Version{ver(1, from(noon))}, nil, member, []int64{1}},
		{"without a clock everything is in effect", []policy.Version{ver(1, from(noon))}, nil, policy.Viewer{}, []int64{1}},
		{"an administrator is asked too", []policy.Version{ver(1)}, nil, policy.Person{Admin: true}.At(noon), []int64{1}},
		{"who was erased counts where they counted", []policy.Version{ver(1, since(noon.Add(-time.Second))), ver(2)}, nil, erased, []int64{1, 2}},
		{"who was erased is asked nothing that becomes active from then on",
			[]policy.Version{ver(1, since(noon)), ver(2, since(noon.Add(time.Minute)), optional)}, nil, erased, nil},
		{"nor by a minor change, whatever they answered", []policy.Version{ver(2, of(9), material(1), since(noon.Add(time.Minute)))},
			[]policy.Given{no(1)}, erased, nil},
		{"an answer for the course counts in the course", []policy.Version{ver(1, forCourses)}, []policy.Given{in("2", yes(1))}, member, nil},
		{"one for another course does not", []policy.Version{ver(1, forCourses)}, []policy.Given{in("3", yes(1))}, member, []int64{1}},
		{"nor one for the site", []policy.Version{ver(1, forCourses)}, []policy.Given{yes(1)}, member, []int64{1}},
		{"nor one for a course on the site", []policy.Version{ver(1)}, []policy.Given{in("2", yes(1))}, member, []int64{1}},
		{"an answer for the site counts in every course", []policy.Version{ver(1)}, []policy.Given{yes(1)}, member, nil},
		{"a minor change keeps the answer of its course", []policy.Version{ver(2, of(9), material(1), forCourses)}, []policy.Given{in("2", yes(1)), in("3", no(1))}, member, nil},
		{"an unknown audience concerns nobody", []policy.Version{ver(1, func(v *policy.Version) { v.Audience = 9 })}, nil, member, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := ids(policy.Pending(c.active, c.given, "2", c.viewer)); !slices.Equal(got, c.want) {
				t.Errorf("asked %v, want %v", got, c.want)
			}
		})
	}
}

func forCourses(v *policy.Version) { v.Courses = true }

// in is an answer for a course.
func in(course string, g policy.Given) policy.Given {
	g.Scope = course
	return g
}

// TestAmongSeveralCourses: whoever is asked by several courses stands as in the one that needs most doing.
func TestAmongSeveralCourses(t *testing.T) {
	ask := func(given ...policy.Given) policy.Asked {
		if len(given) == 0 {
			return policy.Ask(ver(1, forCourses), nil, "2")
		}
		return policy.Ask(ver(1, forCourses), given, given[0].Scope)
	}
	late := in("4", yes(1))
	late.Time = late.Time.Add(time.Hour)
	for name, c := range map[string]struct {
		rows []policy.Asked
		want string // the course whose answer counts; empty: none does
	}{
		"no answer before a refusal":      {[]policy.Asked{ask(in("3", no(1))), ask()}, ""},
		"a refusal before an acceptance":  {[]policy.Asked{ask(late), ask(in("3", no(1))), ask(in("2", yes(1)))}, "3"},
		"of acceptances the last":         {[]policy.Asked{ask(in("2", yes(1))), ask(late), ask(in("3", yes(1)))}, "4"},
		"one course alone is as it is":    {[]policy.Asked{ask(in("3", no(1)))}, "3"},
		"no answer, wherever it is asked": {[]policy.Asked{ask(), ask()}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a, some := policy.Among(c.rows, noon)
			got := ""
			if a.Latest != nil {
				got = a.Latest.Scope
			}
			if !some || got != c.want {
				t.Errorf("the answer of %q counts, want that of %q", got, c.want)
			}
		})
	}
	if a, some := policy.Among(nil, noon); some {
		t.Errorf("where no course asks: %+v", a)
	}
}

// What begins for everybody at once is nobody's own time.
func TestNext(t *testing.T) {
	rows := []policy.Asked{policy.Ask(ver(1), nil, ""), policy.Ask(ver(2, from(noon.Add(time.Hour))), nil, "")}
	if next := policy.Next(rows, policy.Person{}.At(noon)); !next.IsZero() {
		t.Errorf("looked at again at %v", next)
	}
}

func TestHoldsUp(t *testing.T) {
	asked := func(v policy.Version) []policy.Asked { return []policy.Asked{policy.Ask(v, nil, "")} }
	for name, c := range map[string]struct {
		pending []policy.Asked
		viewer  policy.Viewer
		want    bool
	}{
		"compulsory":                     {asked(ver(1)), policy.Viewer{}, true},
		"a consent never does":           {asked(ver(1, optional)), policy.Viewer{}, false},
		"an administrator is let past":   {asked(ver(1)), policy.Viewer{Person: policy.Person{Admin: true}}, false},
		"U23 a guest is let past":        {asked(ver(1)), policy.Viewer{Person: policy.Person{Guest: true}}, false},
		"U23 nothing pending: no detour": {nil, policy.Viewer{}, false},
	} {
		if got := policy.HoldsUp(c.pending, c.viewer); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestU14LatestIsTrueFalseOrNone(t *testing.T) {
	given := []policy.Given{yes(1), no(2)}
	if g := policy.Latest(given, 1, 1); g == nil || !g.Accepted {
		t.Error("accepted: ", g)
	}
	if g := policy.Latest(given, 2, 2); g == nil || g.Accepted {
		t.Error("declined: ", g)
	}
	if g := policy.Latest(given, 3, 3); g != nil {
		t.Error("never answered: ", g)
	}
}

func TestU15Optional(t *testing.T) {
	for kind, want := range map[policy.Kind]bool{policy.Acknowledge: false, policy.Agree: false, policy.Consent: true, policy.Inform: false} {
		if got := (policy.Version{Kind: kind}).Optional(); got != want {
			t.Errorf("%s: %v", kind, got)
		}
		if kind.Compulsory() && want {
			t.Errorf("%s is both", kind)
		}
	}
}

func versions() *rapid.Generator[[]policy.Version] {
	return rapid.Custom(func(t *rapid.T) []policy.Version {
		n := rapid.IntRange(0, 8).Draw(t, "n")
		list := make([]policy.Version, n)
		for i := range list {
			list[i] = ver(int64(i+1), func(v *policy.Version) {
				v.Kind = rapid.SampledFrom([]policy.Kind{policy.Acknowledge, policy.Agree, policy.Consent, policy.Inform}).Draw(t, "kind")
				v.Audience = policy.Audience(rapid.IntRange(0, 2).Draw(t, "audience"))
				v.Style = policy.Style(rapid.IntRange(0, 1).Draw(t, "style"))
				v.SortOrder = rapid.IntRange(0, 3).Draw(t, "sort")
				v.Current = rapid.Bool().Draw(t, "current")
				v.EffectiveFrom = noon.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "from")) * time.Hour)
			})
		}
		return list
	})
}

func TestAnsweringEverythingPendingLeavesNothingPending(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		active, w := versions().Draw(t, "active"), policy.Person{}.At(noon)
		shown := policy.Pending(active, nil, "", w)
		var given []policy.Given
		for _, v := range shown {
			a := policy.Accepted
			if v.Optional() && rapid.Bool().Draw(t, "decline") {
				a = policy.Declined
			}
			e, err := policy.Decide(v, policy.Choice{VersionID: v.ID, Answer: a}, w, nil)
			if err != nil {
				t.Fatalf("version %d: %v", v.ID, err)
			}
			given = append(given, policy.Given{VersionID: e.VersionID, MaterialID: e.MaterialID, Accepted: e.Standing == 1, Time: noon})
		}
		if left := policy.Pending(active, given, "", w); len(left) > 0 {
			t.Fatalf("still asked: %v", ids(left))
		}
	})
}

func TestOrderDoesNotDependOnTheInput(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		active, w := versions().Draw(t, "active"), policy.Person{}.At(noon)
		shuffled := rapid.Permutation(active).Draw(t, "shuffled")
		a, b := ids(policy.Pending(active, nil, "", w)), ids(policy.Pending(shuffled, nil, "", w))
		if !slices.Equal(a, b) {
			t.Fatalf("%v and %v", a, b)
		}
		var rows []policy.Asked
		for _, v := range shuffled {
			if v.Current {
				rows = append(rows, policy.Ask(v, nil, ""))
			}
		}
		var c []int64
		for _, r := range policy.PendingAsked(rows, w) {
			c = append(c, r.VersionID)
		}
		if !slices.Equal(a, c) {
			t.Fatalf("with texts %v, without %v", a, c)
		}
	})
}

// An answer of before stays good over a minor change, also of somebody who was erased: they count among those who
// answered, and so among those asked. Otherwise nobody could tell how many are missing.
func TestWhoWasErasedCountsOnBothSidesOfAMinorChange(t *testing.T) {
	v := ver(2, of(9), material(1), since(noon.Add(time.Minute)))
	erased := policy.Person{Erased: noon}.At(noon.Add(time.Hour))
	for _, c := range []struct {
		name  string
		given []policy.Given
		asks  bool
	}{{"accepted before", []policy.Given{yes(1)}, true}, {"declined before", []policy.Given{no(1)}, false}, {"never answered", nil, false}} {
		if a := policy.Ask(v, c.given, ""); a.Asks(erased) != c.asks || a.Pending(erased) {
			t.Errorf("%s: asked %t, pending %t", c.name, a.Asks(erased), a.Pending(erased))
		}
	}
}
