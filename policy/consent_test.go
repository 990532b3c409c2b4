package policy_test

import (
	"slices"
	"testing"
	"time"

	"ltipolicy/policy"
)

func TestConsentsGivenAndWhatEndedThem(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 9, n, 12, 0, 0, 0, time.UTC) }
	act := func(n int, a policy.Answer, material int64, scope string) policy.Event {
		return policy.Event{ID: string(rune('a' + n)), Time: day(n), Answer: a, MaterialID: material, Scope: scope}
	}
	for name, c := range map[string]struct {
		events []policy.Event // in any order
		want   []int          // pairs: the day on which it was given, and ended, 0: it holds
	}{
		"given":                           {[]policy.Event{act(1, policy.Accepted, 7, "")}, []int{1, 0}},
		"declined":                        {[]policy.Event{act(1, policy.Declined, 7, "")}, nil},
		"withdrawn":                       {[]policy.Event{act(2, policy.Withdrawn, 7, ""), act(1, policy.Accepted, 7, "")}, []int{1, 2}},
		"given, withdrawn, given again":   {[]policy.Event{act(3, policy.Accepted, 7, ""), act(2, policy.Withdrawn, 7, ""), act(1, policy.Accepted, 7, "")}, []int{1, 2, 3, 0}},
		"withdrawn in another course":     {[]policy.Event{act(1, policy.Accepted, 7, "a"), act(2, policy.Withdrawn, 7, "b")}, []int{1, 0}},
		"another text declined":           {[]policy.Event{act(1, policy.Accepted, 7, ""), act(2, policy.Declined, 8, "")}, []int{1, 0}},
		"one text in each of two courses": {[]policy.Event{act(1, policy.Accepted, 7, "a"), act(2, policy.Accepted, 7, "b"), act(3, policy.Withdrawn, 7, "a")}, []int{1, 3, 2, 0}},
	} {
		var got []int
		for _, g := range policy.ConsentsGiven(c.events) {
			ended := 0
			if !g.Ended.IsZero() {
				ended = g.Ended.Day()
			}
			got = append(got, g.Time.Day(), ended)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// Who says no, or nothing, when the time of a consent is over has not taken it back.
func TestConsentEndsByItselfOrByAnAct(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 9, n, 12, 0, 0, 0, time.UTC) }
	for name, c := range map[string]struct {
		answer  policy.Answer
		on      int // day of the answer
		ended   int // day of the act that ended it, 0: none
		expired bool
	}{
		"nothing":              {"", 0, 0, true},
		"withdrawn in time":    {policy.Withdrawn, 9, 9, false},
		"declined at the end":  {policy.Declined, 10, 0, true},
		"declined after it":    {policy.Declined, 11, 0, true},
		"renewed, then no act": {policy.Renewed, 9, 0, true},
	} {
		events := []policy.Event{{ID: "a", Time: day(1), Answer: policy.Accepted, MaterialID: 7, Until: day(10)}}
		if c.answer != "" {
			events = append(events, policy.Event{ID: "b", Time: day(c.on), Answer: c.answer, MaterialID: 7})
		}
		got := policy.ConsentsGiven(events)[0]
		ended := 0
		if !got.Ended.IsZero() {
			ended = got.Ended.Day()
		}
		if ended != c.ended || got.Expired(day(12)) != c.expired || got.Expired(day(8)) {
			t.Errorf("%s: ended on day %d, expired %v; want %d, %v", name, ended, got.Expired(day(12)), c.ended, c.expired)
		}
	}
}
