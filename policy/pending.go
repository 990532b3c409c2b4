package policy

import (
	"cmp"
	"slices"
	"time"
)

// Given is the latest answer of one person to one version in one scope: a row of tool_policy_acceptances, or of the
// table of what was answered in courses.
type Given struct {
	VersionID  int64
	MaterialID int64
	Scope      string // the course that the answer is for; empty: the site
	Accepted   bool   // Moodle's status: 1 accepted, 0 declined or withdrawn
	Lang       string
	ActorID    int64 // who answered; differs from the person for an answer on behalf
	Note       string
	Time       time.Time // timemodified, whole seconds UTC
}

// Person is somebody as far as the rules need to know. The zero value is a member of the site like any other, whom no
// rule spares. What a new rule looks at in a person is a field here, filled in where the store reads people.
type Person struct {
	Guest bool // Moodle's guest, or a launch without sub: may read, nothing is recorded
	// Admin is a site administrator: reminded at their own page, never held up, and counted apart from those who will be
	// asked, because Moodle asks them nothing at login.
	Admin bool
	// Erased is when the person was erased in whose place this one stands: nobody, who is counted and can be asked nothing
	// more. Zero: it is a person.
	Erased time.Time
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
	// CourseEnd is when the course ends in which the viewer is, see [Viewer.In]; zero: it does not end, or is none.
	CourseEnd time.Time
}

// In is the viewer in a course that ends then; zero: it does not end, or it is the site. A course that ended asks nobody
// for what only courses ask.
func (w Viewer) In(courseEnd time.Time) Viewer {
	w.CourseEnd = courseEnd
	return w
}

// ended reports whether the course in which the viewer is has ended. At the zero time none has.
func (w Viewer) ended() bool { return CourseEnded(w.CourseEnd, w.Now) }

// CourseEnded reports whether a course that ends then, if it does, has ended.
func CourseEnded(end, now time.Time) bool {
	return !end.IsZero() && !now.IsZero() && !now.Before(end)
}

func (w Viewer) reached(t time.Time) bool {
	return t.IsZero() || w.Now.IsZero() || !w.Now.Before(t)
}

// Asked is a version as far as the question "must this person answer it" goes: an active version that applies where
// the person is, without texts, and the person's latest answer there over all versions of the same material. It is the one
// row that the rule looks at, [Asked.Pending]; what the store counts and lists in SQL is held to it by a test.
type Asked struct {
	VersionID     int64
	PolicyID      int64
	MaterialID    int64
	Kind          Kind
	Style         Style
	Audience      Audience
	SortOrder     int
	EffectiveFrom time.Time
	EnforcedFrom  time.Time // until when an answer may be put off; zero: not at all
	Validity      Validity
	Zone          string    // in which its days are meant, see [Version]
	ActiveFrom    time.Time // when it became active; zero: nobody wrote it down
	Courses       bool      // only courses ask for it
	Latest        *Given
}

// Ask reduces a version to its question in a course, with the latest of the given answers that counts for it there. An
// empty course is the site, where nothing is asked that only courses ask for.
func Ask(v Version, given []Given, course string) Asked {
	return v.asked(Latest(InScope(given, v.ScopeIn(course)), v.ID, v.MaterialID))
}

// ScopeIn is what an answer in a course is for: the course if only courses ask for the version, else the site, which is
// empty.
func (v Version) ScopeIn(course string) string {
	if v.Courses {
		return course
	}
	return ""
}

// InScope returns those of the answers that are for the scope. One that was given in another course, or for the site,
// says nothing in a course, and none of a course says anything of the site.
func InScope(given []Given, scope string) []Given {
	var there []Given
	for _, g := range given {
		if g.Scope == scope {
			there = append(there, g)
		}
	}
	return there
}

// Among is where a person stands with a version that several courses ask them, one row for each: as in the course that
// most needs doing at a time, one without an answer before one whose answer has ended, then one that was declined, and last
// the one that was accepted last. It is false without rows: no course asks.
func Among(rows []Asked, now time.Time) (Asked, bool) {
	need := func(a Asked) int {
		switch {
		case a.Latest == nil:
			return 0
		case a.Expired(now):
			return 1
		case !a.Latest.Accepted:
			return 2
		}
		return 3
	}
	var worst *Asked
	for i := range rows {
		a := &rows[i]
		switch {
		case worst == nil, need(*a) < need(*worst):
			worst = a
		case need(*a) > need(*worst) || a.Latest == nil:
		case later(a.Latest, worst.Latest, a.VersionID):
			worst = a
		}
	}
	if worst == nil {
		return Asked{}, false
	}
	return *worst, true
}

func (v *Version) asked(latest *Given) Asked {
	return Asked{
		VersionID: v.ID, PolicyID: v.PolicyID, MaterialID: v.MaterialID,
		Kind: v.Kind, Style: v.Style, Audience: v.Audience, SortOrder: v.SortOrder,
		EffectiveFrom: v.EffectiveFrom, EnforcedFrom: v.EnforcedFrom, ActiveFrom: v.ActiveFrom, Courses: v.Courses,
		Validity: v.Validity, Zone: v.Zone, Latest: latest,
	}
}

// Latest is the last of the given answers that counts for a version: one to any version of the same
// material. Moodle's times are whole seconds; of two answers in the same second the one to the version itself
// counts; of two other ones the version id decides, which says nothing about which is newer and only makes
// everybody decide alike. It returns nil if there is none. A material id of 0, which
// a row from Moodle has, stands for the version itself.
func Latest(given []Given, versionID, materialID int64) *Given {
	if materialID == 0 {
		materialID = versionID
	}
	var last *Given
	for i := range given {
		g := &given[i]
		m := g.MaterialID
		if m == 0 {
			m = g.VersionID
		}
		if m != materialID && g.VersionID != versionID {
			continue
		}
		if last == nil || later(g, last, versionID) {
			last = g
		}
	}
	if last == nil {
		return nil
	}
	c := *last
	return &c
}

func later(a, b *Given, versionID int64) bool {
	if !a.Time.Equal(b.Time) {
		return a.Time.After(b.Time)
	}
	if (a.VersionID == versionID) != (b.VersionID == versionID) {
		return a.VersionID == versionID
	}
	return a.VersionID > b.VersionID
}

// Concerns reports whether a version for the audience concerns the viewer: guests and members each have
// their own audience, and both have "all".
func (a Audience) Concerns(v Viewer) bool {
	switch a {
	case AudienceAll:
		return true
	case AudienceLoggedIn:
		return !v.Guest
	case AudienceGuests:
		return v.Guest
	default:
		return false
	}
}

// Sufficient reports whether the latest answer settles a version of the kind: a compulsory one must stand
// accepted, a consent may be refused, an inform version has nothing to settle.
func (k Kind) Sufficient(latest *Given) bool {
	switch k {
	case Inform:
		return true
	case Consent:
		return latest != nil
	default:
		return latest != nil && latest.Accepted
	}
}

// Compulsory reports whether the only sufficient answer is to accept. A consent never is, whatever a page
// around it says, and only a compulsory version may hold a reader up.
func (k Kind) Compulsory() bool { return k == Acknowledge || k == Agree }

// Begins is when the version begins to ask the person: its day, or later where a rule spares them for a time; zero: at
// once. Whoever waits for that, or has something worked out again then, asks here.
func (a Asked) Begins(Person) time.Time { return a.EffectiveFrom }

// Next is the first time to come at which the rows begin to ask the viewer something although nobody does anything;
// zero: there is none. It is a time of the viewer's own: what begins for everybody at once, at a version's day, is looked
// at for all people together.
func Next(rows []Asked, v Viewer) time.Time {
	var next time.Time
	for _, a := range rows {
		begins := a.Begins(v.Person)
		own := !begins.Equal(a.Begins(Person{})) && !v.reached(begins)
		if own && a.Pending(v.Person.At(begins)) && (next.IsZero() || begins.Before(next)) {
			next = begins
		}
		ends := a.Ends()
		if !ends.IsZero() && !v.reached(ends) && a.Pending(v.Person.At(ends)) && (next.IsZero() || ends.Before(next)) {
			next = ends
		}
	}
	return next
}

// Asks reports whether the version wants an answer of the viewer now, given or not. A guest is never asked, because
// nothing is recorded about guests. An administrator is asked like everybody else, see [HoldsUp]. Who was erased counts
// as asked where they counted before, and is asked for nothing that becomes active later. A course that ended asks nobody
// for what only courses ask.
func (a Asked) Asks(v Viewer) bool {
	return a.Kind != Inform && !v.Guest && a.Audience.Concerns(v) && v.reached(a.Begins(v.Person)) && !a.spares(v) && !a.ended(v)
}

// ended reports whether the version is one that only courses ask for, and the viewer's has ended.
func (a Asked) ended(v Viewer) bool { return a.Courses && v.ended() }

// spares reports whether the version became active when the viewer had been erased, and no answer of before settles it.
// One that does, because the change was minor, still counts on both sides: among those asked and those who answered.
func (a Asked) spares(v Viewer) bool {
	return !v.Erased.IsZero() && !a.ActiveFrom.Before(v.Erased) && !a.Settled(v.Now)
}

// Settled reports whether the latest answer, as far as it still counts at a time, settles the version.
func (a Asked) Settled(now time.Time) bool {
	if a.Expired(now) {
		return a.Kind.Sufficient(nil)
	}
	return a.Kind.Sufficient(a.Latest)
}

// Ends is when the answer that counts ends by itself; zero if it does not: a refusal never does.
func (a Asked) Ends() time.Time {
	if a.Validity == "" || a.Latest == nil || !a.Latest.Accepted {
		return time.Time{}
	}
	return a.Validity.Until(a.Latest.Time, location(a.Zone))
}

// Expired reports whether the answer that counts was an acceptance and has ended by now, which is neither a refusal nor a
// withdrawal. At the zero time it has.
func (a Asked) Expired(now time.Time) bool {
	ends := a.Ends()
	return !ends.IsZero() && (now.IsZero() || !ends.After(now))
}

// Cutoff is the time before which acceptances of the version have ended by now, see [Validity.Cutoff]; zero: none has.
func (a Asked) Cutoff(now time.Time) time.Time { return a.Validity.Cutoff(now, location(a.Zone)) }

// Renews is from when on an acceptance that ends is asked for again, so that nobody is without one; zero: never.
func (a Asked) Renews() time.Time {
	ends := a.Ends()
	if ends.IsZero() {
		return time.Time{}
	}
	zone := location(a.Zone)
	return DayOf(ends.In(zone)).plus(-RenewalDays).Start(zone)
}

// Renewable reports whether the viewer is asked to renew an acceptance that ends soon. It is no [Asked.Pending]: the
// acceptance counts until then.
func (a Asked) Renewable(v Viewer) bool {
	renews := a.Renews()
	return a.Asks(v) && !renews.IsZero() && !a.Expired(v.Now) && v.reached(renews)
}

// Pending reports whether the viewer must answer now: the one rule behind [Pending], [PendingAsked], [GateOf], the
// roster, the report, the figures and the publish dialog.
func (a Asked) Pending(v Viewer) bool { return a.Asks(v) && !a.Settled(v.Now) }

// before is the order of asking: versions with a page of their own first, then the policies' order. The ids
// only make the order total.
func (a Asked) before(b Asked) int {
	return cmp.Or(
		cmp.Compare(b.Style, a.Style), cmp.Compare(a.SortOrder, b.SortOrder),
		cmp.Compare(a.PolicyID, b.PolicyID), cmp.Compare(a.VersionID, b.VersionID),
	)
}

// Waits reports whether the viewer may leave the version open for now although it is asked: an acceptance of it still counts,
// or the day has not come until which an answer may be put off.
func (a Asked) Waits(v Viewer) bool {
	return a.Renewable(v) || a.Kind.Compulsory() && !a.Enforced(v)
}

// PendingAsked returns the rows that the viewer is to answer now, in the order of asking: those that they must, and those
// of which an acceptance ends soon. What may wait comes last, so that nobody has to answer it to come to the others. rows is
// left as it is.
func PendingAsked(rows []Asked, v Viewer) []Asked {
	var p []Asked
	for _, a := range rows {
		if a.Pending(v) || a.Renewable(v) {
			p = append(p, a)
		}
	}
	slices.SortStableFunc(p, func(a, b Asked) int {
		if w := a.Waits(v); w != b.Waits(v) {
			if w {
				return 1
			}
			return -1
		}
		return a.before(b)
	})
	return p
}

// Pending returns the versions that the viewer is to answer now, see [PendingAsked], in the order of asking. Versions that
// are not active are passed over: a draft or an archived version never asks. given holds the answers of this
// one person, to any version and in any scope; course is where they are, empty for the site.
func Pending(active []Version, given []Given, course string, v Viewer) []Version {
	rows := make([]Asked, 0, len(active))
	byID := make(map[int64]Version, len(active))
	for _, ver := range active {
		if ver.Status() == Active {
			rows = append(rows, Ask(ver, given, course))
			byID[ver.ID] = ver
		}
	}
	var p []Version
	for _, a := range PendingAsked(rows, v) {
		p = append(p, byID[a.VersionID])
	}
	return p
}

// Enforced reports whether the version holds up whoever has not answered it: it is compulsory, and the day has come until
// which an answer may be put off.
func (a Asked) Enforced(v Viewer) bool { return a.Kind.Compulsory() && v.reached(a.EnforcedFrom) }

// Early returns those of the versions that are announced which the viewer will be asked and can answer already, and has
// not, in the order of asking. given and course are as for [Pending].
func Early(announced []Version, given []Given, course string, v Viewer) []Version {
	rows := make([]Asked, 0, len(announced))
	byID := make(map[int64]Version, len(announced))
	for _, ver := range announced {
		if ver.Announced && ver.Answerable() {
			a := Ask(ver, given, course)
			a.EffectiveFrom = time.Time{} // it can be answered before
			rows, byID[ver.ID] = append(rows, a), ver
		}
	}
	var p []Version
	for _, a := range PendingAsked(rows, v) {
		if a.Pending(v) {
			p = append(p, byID[a.VersionID])
		}
	}
	return p
}

// HoldsUp reports whether a viewer may not go on before answering: something that is enforced is pending and the
// viewer is no administrator. An unanswered consent is asked for but never holds up.
func HoldsUp(pending []Asked, v Viewer) bool {
	return !v.Admin && !v.Guest && slices.ContainsFunc(pending, func(a Asked) bool { return a.Enforced(v) && !a.Settled(v.Now) })
}
