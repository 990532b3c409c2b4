package policy

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// Answer is what a reader, or somebody for the reader, did with a version.
type Answer string

// The answers an event can hold.
const (
	Accepted    Answer = "accepted"
	Renewed     Answer = "renewed" // accepted again what was accepted and had ended, or is about to
	Declined    Answer = "declined"
	Withdrawn   Answer = "withdrawn"
	CarriedOver Answer = "carried_over" // a minor change kept an earlier acceptance
	Imported    Answer = "imported"     // taken over from Moodle's tool_policy, never a click here
	Erased      Answer = "erased"
)

// Relation is in which relation somebody acts to the person whom an answer is of.
type Relation string

// The relations.
const (
	Self     Relation = "self"
	Officer  Relation = "officer"  // somebody of the institution, for the person
	Guardian Relation = "guardian" // a parent
	Import   Relation = "import"   // nobody acted here: the answer was taken over
	System   Relation = "system"   // nobody acted: a rule did
)

// Event is one act of answering, as evidence: append-only, never updated or deleted by the program but by erasure,
// which takes away what names people. It copies what it mentions, so that it can be read alone, and holds no name or
// address of a person: who acted is (issuer, sub). Times are UTC with microseconds.
//
// What stands under "Who" and names a person, the note, the launch and the presentation are not hashed: commitments
// to them are, so that an event whose person was erased still has its hash.
type Event struct {
	ID   string    // UUIDv7
	Time time.Time // when the answer was given

	// Where it stands in the log. Each shard numbers its entries from 1 without a gap, so that one that vanished before
	// it reached the log leaves a hole. All three are the store's to fill in.
	Shard    int
	Number   int64
	Recorded time.Time // when it was written

	// Who: the person concerned and the person who acted; equal unless somebody answered on behalf.
	InstitutionID string
	PlatformID    string
	Issuer        string
	UserID        int64  // not hashed
	Sub           string // not hashed
	ActorID       int64  // not hashed
	ActorSub      string // not hashed
	Relation      Relation

	// What was shown.
	PolicyID   int64
	VersionID  int64
	MaterialID int64
	PolicyName string
	Revision   string
	Kind       Kind
	Lang       string // language of the text shown
	UILang     string // language of the page around it
	Digest     string // Text.Digest of the text shown
	Statement  string // exact wording beside the control
	Button     string // exact wording of the button that was pressed
	Opened     string // what the reader opened before answering
	Rule       string // which rule made it ask

	Answer Answer
	// Standing is the projection's value after this event, Moodle's status: 1 accepted, 0 declined or
	// withdrawn. It is derived from Answer except for carried-over and imported answers.
	Standing int
	Note     string    // not hashed
	Scope    string    // the course that the answer is for; empty: the site
	Until    time.Time // until when it is valid; zero: no end

	// Where from.
	LaunchID       string // not hashed
	DeploymentID   string
	ContextID      string
	ResourceLinkID string
	Roles          string // the signed roles, space separated
	// Presentation identifies the rendered form, so that sending it twice records once. It is not hashed.
	Presentation string

	// The commitments, see Commit.
	Subject      Commitment // to issuer and sub of the person concerned
	Actor        Commitment // to issuer and sub of the person who acted
	Noted        Commitment // to the note
	Circumstance Commitment // to the launch and the presentation

	Hash string // hexadecimal SHA-256, see Sum
}

// Scopes are the courses that the events are for, each once.
func Scopes(events []Event) []string {
	var ids []string
	for _, e := range events {
		if e.Scope != "" && !slices.Contains(ids, e.Scope) {
			ids = append(ids, e.Scope)
		}
	}
	return ids
}

// Commit fills in the commitments, under the keys of the person concerned and of the person who acted; the second is
// the first where they are one person.
func (e *Event) Commit(subject, actor EntryKey) {
	m := subject.mac()
	e.Subject = m.commit(roleSubject, e.Issuer, e.Sub)
	e.Noted = m.commit(roleNote, e.Note)
	e.Circumstance = m.commit(roleCircumstance, e.LaunchID, e.Presentation)
	if actor != subject {
		m = actor.mac()
	}
	e.Actor = m.commit(roleActor, e.Issuer, e.ActorSub)
}

// Sum is the SHA-256, in lower-case hexadecimal, over the canonical encoding, which docs/evidence.md writes down.
func (e Event) Sum() string {
	return entry{e.Shard, e.Number, e.Recorded, e.ID}.sum("ltipolicy answer 2\n",
		stamp(e.Time), e.InstitutionID, e.PlatformID, e.Issuer, string(e.Subject[:]), string(e.Actor[:]), string(e.Relation),
		strconv.FormatInt(e.PolicyID, 10), strconv.FormatInt(e.VersionID, 10), strconv.FormatInt(e.MaterialID, 10),
		e.PolicyName, e.Revision, string(e.Kind), e.Lang, e.UILang, e.Digest, e.Statement, e.Button, e.Opened, e.Rule,
		string(e.Answer), strconv.Itoa(e.Standing), string(e.Noted[:]), e.Scope, stamp(e.Until),
		string(e.Circumstance[:]), e.DeploymentID, e.ContextID, e.ResourceLinkID, e.Roles)
}

// Related is the relation in which the event's actor acted: the one it holds, or the one that follows from the rest.
func (e Event) Related() Relation {
	related := Officer
	switch {
	case e.Answer == Imported:
		related = Import
	case e.Answer == CarriedOver:
		related = System
	case e.ActorID == e.UserID:
		related = Self
	}
	return cmp.Or(e.Relation, related)
}
