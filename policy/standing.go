package policy

import (
	"slices"
	"time"
)

// State is where a person stands with one policy, as My agreements shows it.
type State string

// The states. Declined and withdrawn are the same status in Moodle's table; the events tell them apart.
const (
	StateNone          State = "none"           // the policy has nothing to answer for this person
	StatePending       State = "pending"        // never answered
	StateAccepted      State = "accepted"       // the current material stands accepted
	StateDeclined      State = "declined"       // refused
	StateWithdrawn     State = "withdrawn"      // accepted once, then withdrawn
	StateOlderAccepted State = "older_accepted" // only an earlier version was accepted
	StateExpired       State = "expired"        // accepted, and the time is over for which that counts
	StateEnded         State = "ended"          // answered, whatever it was, in a course that has ended since
)

// Standing is one line of My agreements: where a person stands with one policy and what can be done.
type Standing struct {
	State State
	// Pending says that the person is asked now. It can be true beside StateWithdrawn and StateDeclined: a
	// compulsory version that no longer stands accepted is asked again.
	Pending bool
	// Until is when the acceptance that stands ends by itself, or ended; zero: it does not. Renewable says that it is
	// asked for again already.
	Until     time.Time
	Renewable bool
	// Current is the active version, nil if the policy has none.
	Current *Version
	// Given is the answer that decides the state, nil for StatePending and StateNone.
	Given *Given
	// OnBehalf says that somebody else gave the answer.
	OnBehalf bool
}

// StandingOf computes where a person stands with one policy in one scope. versions are all versions of that policy, with
// or without texts; given and events are the person's, of any policy, in that scope alone, see [InScope], and so is the
// viewer, see [Viewer.In]; person is the person's user id. events may be nil: a withdrawal then shows as declined.
func StandingOf(versions []Version, given []Given, events []Event, person int64, w Viewer) Standing {
	var s Standing
	var asked *Asked
	if i := slices.IndexFunc(versions, func(v Version) bool { return v.Status() == Active }); i >= 0 {
		s.Current = &versions[i]
		a := versions[i].asked(Latest(given, versions[i].ID, versions[i].MaterialID))
		asked = &a
		s.Pending, s.Renewable, s.Until = a.Pending(w), a.Renewable(w), a.Ends()
	}
	if asked != nil { // what was announced is no earlier version
		versions = slices.DeleteFunc(slices.Clone(versions), func(v Version) bool { return v.Announced || v.Retracted() })
	}
	last := latestOf(versions, given)
	s.State, s.Given = stateOf(asked, last, w)
	if asked == nil && last != nil { // it counts as long as the version says that it was given to
		i := slices.IndexFunc(versions, func(v Version) bool { return v.ID == last.VersionID })
		a := versions[max(0, i)].asked(last)
		if s.Until = a.Ends(); s.State == StateAccepted && a.Expired(w.Now) {
			s.State = StateExpired
		}
	}
	if s.Given != nil && !s.Given.Accepted && lastAnswer(*s.Given, events) == Withdrawn {
		s.State = StateWithdrawn
	}
	s.OnBehalf = s.Given != nil && s.Given.OnBehalf(person)
	return s
}

// stateOf is where a person stands with one policy, and the answer that says so. asked is its active version, nil if
// there is none; last is the person's last answer to whichever version. Without the events a withdrawal is a refusal.
func stateOf(asked *Asked, last *Given, w Viewer) (State, *Given) {
	switch {
	case last != nil && last.Scope != "" && w.ended():
		if asked != nil && asked.Latest != nil {
			last = asked.Latest
		}
		return StateEnded, last
	case asked != nil && asked.Expired(w.Now):
		return StateExpired, asked.Latest
	case asked != nil && asked.Latest != nil:
		return stateBy(asked.Latest), asked.Latest
	case asked == nil && last != nil:
		return stateBy(last), last
	case last != nil && last.Accepted:
		return StateOlderAccepted, last
	case asked != nil && asked.Kind != Inform && !w.Guest && asked.Audience.Concerns(w) && !asked.spares(w) && !asked.ended(w):
		return StatePending, nil
	default:
		return StateNone, nil
	}
}

func stateBy(g *Given) State {
	if g.Accepted {
		return StateAccepted
	}
	return StateDeclined
}

// OnBehalf reports whether somebody else gave the answer. Moodle writes 0 for an answer given while signing
// up: that was the person.
func (g Given) OnBehalf(person int64) bool { return g.ActorID != 0 && g.ActorID != person }

func latestOf(versions []Version, given []Given) *Given {
	var last *Given
	for _, v := range versions {
		if g := Latest(given, v.ID, v.MaterialID); g != nil && (last == nil || later(g, last, 0)) {
			last = g
		}
	}
	return last
}

func lastAnswer(g Given, events []Event) Answer {
	var last *Event
	for i := range events {
		e := &events[i]
		if e.VersionID == g.VersionID && (last == nil || e.Time.After(last.Time) || e.Time.Equal(last.Time) && e.ID > last.ID) {
			last = e
		}
	}
	if last == nil {
		return ""
	}
	return last.Answer
}

// CanAccept reports whether the viewer may accept a version now, which may be before it is in force, see [Version.Announced].
func CanAccept(v Version, w Viewer) bool { return mayAnswer(v, w) == nil }

// CanWithdraw reports whether the viewer may withdraw the acceptance that latest is. A consent is the
// person's to withdraw, also when its version is no longer active; an acknowledgement or an agreement is
// not, and only somebody with the right to answer for the person can take it back.
func CanWithdraw(v Version, w Viewer, latest *Given) bool {
	return !w.Guest && latest != nil && latest.Accepted && (v.Optional() || w.OnBehalf)
}

// mayAnswer is what accepting and declining have in common.
func mayAnswer(v Version, w Viewer) error {
	switch {
	case w.Guest:
		return E(ErrForbidden, "answer.guest")
	case !v.Asks():
		return E(ErrInvalid, "answer.nothing_asked")
	case !v.Answerable():
		return E(ErrConflict, "answer.version_replaced", v.ID)
	case !v.Audience.Concerns(w):
		return E(ErrForbidden, "answer.not_concerned")
	case !v.Announced && !w.reached(v.EffectiveFrom):
		return E(ErrInvalid, "answer.not_yet")
	case v.Courses && w.ended():
		return E(ErrConflict, "answer.course_ended")
	default:
		return nil
	}
}
