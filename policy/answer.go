package policy

import "time"

// Given is the latest answer of one person to one version: a row of tool_policy_acceptances.
type Given struct {
	VersionID  int64
	MaterialID int64
	Accepted   bool // Moodle's status: 1 accepted, 0 declined or withdrawn
	Lang       string
	ActorID    int64 // who answered; differs from the person for an answer on behalf
	Note       string
	Time       time.Time // timemodified, whole seconds UTC
}

// Person is somebody as far as the rules need to know. The zero value is a member of the site like any other. What
// a new rule looks at in a person is a field here, filled in by those who read people: a launch's session and the
// store's rows.
type Person struct {
	Guest bool // Moodle's guest, or a launch without sub: may read, nothing is recorded
	Admin bool // site administrator: reminded, never held up, as in Moodle
}

// At is the person as the viewer of what is asked at a time. Viewers are made here and nowhere else.
func (p Person) At(now time.Time) Viewer { return Viewer{Person: p, Now: now} }

// Viewer is a person to whom the rules are applied at a time, see [Person.At].
type Viewer struct {
	Person
	// OnBehalf says that the viewer answers for somebody else and has the right to, Moodle's acceptbehalf.
	OnBehalf bool
	// Now is the time of the question. At the zero time every version counts as in effect, so that a
	// forgotten clock asks too early rather than never.
	Now time.Time
}

func (w Viewer) reached(t time.Time) bool {
	return t.IsZero() || w.Now.IsZero() || !w.Now.Before(t)
}
