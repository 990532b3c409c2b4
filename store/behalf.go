package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"ltipolicy/lti"
	"ltipolicy/policy"
)

// behalfMost bounds one act for many people, and with it its transactions' number.
const behalfMost = 1000

// Behalf is one act of somebody for others: accept, decline or withdraw, with a note.
type Behalf struct {
	Platform   lti.Platform // of all people concerned
	UserIDs    []int64
	VersionIDs []int64
	// Scope is the one for which it is: the site, which is empty, or a course. With nil it is everywhere that it is asked,
	// and what is taken back is taken back everywhere; of what only courses ask, in Course alone unless that is empty.
	Scope  *string
	Course string
	Answer policy.Answer
	Note   string
	// Who acts: a person of the same platform, with the right to; the caller has checked that.
	ActorID  int64
	ActorSub string
	// What the page said, as for an own answer.
	UILang, Statement, Button string
	LaunchID, Roles           string
	// Presentation identifies the page, so that sending it twice records once. At most 40 bytes.
	Presentation string
}

// BehalfDone says what became of the answers.
type BehalfDone struct {
	Recorded []policy.Event
	Same     int // stood so already
	NotAsked int // people and versions for whom there is nothing to answer, or to take back
}

// behalfBatch bounds the answers of one transaction, and with it how many people an entry of the log names.
const behalfBatch = 50

// AnswerFor records one answer for each of the people to each of the versions, as events whose actor is not
// the person; to one that only courses ask for, in each course that asks it of them, or where they answered it. The rules are [policy.Decide]'s with Viewer.OnBehalf: nobody can decline what is compulsory.
// Answers that stand so already, and withdrawals of nothing, are passed over. A person of another platform or a
// version of another institution is policy.ErrNotFound before anything is written.
//
// Many people are answered for in several transactions, each with its own entry in the admin log, which names
// exactly those for whom it recorded something. So whatever breaks the act off, the log tells what was done,
// BehalfDone tells it with the error, and sending the same page again completes it.
func (db *DB) AnswerFor(ctx context.Context, a Admin, b Behalf) (BehalfDone, error) {
	var done BehalfDone
	if len(b.UserIDs)*len(b.VersionIDs) > behalfMost || len(b.Presentation) > 40 {
		return done, policy.E(policy.ErrTooLarge, "admin.behalf_too_many", behalfMost)
	}
	if b.Platform.InstitutionID != a.InstitutionID {
		return done, policy.E(policy.ErrNotFound, "").Because(errors.New("platform"))
	}
	var versions []policy.Version
	for _, id := range b.VersionIDs {
		v, err := db.Version(ctx, a.InstitutionID, id)
		if err != nil {
			return done, fmt.Errorf("answering on behalf: %w", err)
		}
		versions = append(versions, v)
	}
	people := make([]User, 0, len(b.UserIDs))
	for _, id := range b.UserIDs {
		u, err := db.User(ctx, b.Platform.ID, id)
		if err != nil {
			return done, fmt.Errorf("answering on behalf: %w", err)
		}
		if u.Erased.Valid {
			return done, policy.E(policy.ErrNotFound, "").Because(errors.New("a person who was erased"))
		}
		people = append(people, u)
	}
	var events []policy.Event
	for _, u := range people {
		es, same, none, err := db.decideFor(ctx, b, u, versions)
		if err != nil {
			return done, fmt.Errorf("answering on behalf: %w", err)
		}
		events, done.Same, done.NotAsked = append(events, es...), done.Same+same, done.NotAsked+none
	}
	if len(events) > behalfMost { // who is in many courses answers in each
		return done, policy.E(policy.ErrTooLarge, "admin.behalf_too_many", behalfMost)
	}
	for _, some := range parts(events, behalfBatch) {
		recorded, err := db.answerFor(ctx, a, b, some)
		if err != nil {
			return done, fmt.Errorf("answering on behalf: %w", err)
		}
		done.Same += len(some) - len(recorded)
		done.Recorded = append(done.Recorded, recorded...)
	}
	return done, nil
}

// behalfEntry is what the log says of answers for others. What is exact comes first: the entry has a limit.
type behalfEntry struct {
	Platform string  `json:"platform"`
	Recorded int     `json:"recorded"`
	Users    []int64 `json:"users"`
	Versions []int64 `json:"versions"`
	Note     string  `json:"note"`
}

// answerFor records the answers of some people with the entry that names them.
func (db *DB) answerFor(ctx context.Context, a Admin, b Behalf, events []policy.Event) (recorded []policy.Event, err error) {
	if events, err = db.completed(events); err != nil {
		return nil, err
	}
	err = db.tx(ctx, func(tx *Tx) error {
		if recorded, err = db.answerIn(ctx, tx, events); err != nil || len(recorded) == 0 {
			return err
		}
		entry := behalfEntry{Platform: b.Platform.ID, Recorded: len(recorded), Note: clip(b.Note, 500)}
		for _, e := range recorded {
			entry.Users, entry.Versions = append(entry.Users, e.UserID), append(entry.Versions, e.VersionID)
		}
		entry.Users = slices.Compact(slices.Sorted(slices.Values(entry.Users)))
		entry.Versions = slices.Compact(slices.Sorted(slices.Values(entry.Versions)))
		return db.logChange(ctx, tx, a, "behalf."+string(b.Answer), fmt.Sprintf("%d people", len(entry.Users)), nil, entry, entry.Users...)
	})
	return recorded, err
}

// decideFor returns the events of an act for one person, how many answers stand so already, and for how many versions there
// is nothing to answer.
func (db *DB) decideFor(ctx context.Context, b Behalf, u User, versions []policy.Version) (events []policy.Event, same, none int, err error) {
	given, err := db.Answers(ctx, u.ID)
	if err != nil {
		return nil, 0, 0, err
	}
	for _, v := range versions {
		places, err := db.PlacesOf(ctx, u, v, given)
		if err != nil {
			return nil, 0, 0, err
		}
		places = slices.DeleteFunc(places, func(p Place) bool { return !b.concerns(v, p) })
		if len(places) == 0 {
			none++
		}
		for _, p := range places {
			e, some, err := db.decideIn(ctx, b, u, v, p.Scope, policy.InScope(given, p.Scope))
			if err != nil {
				return nil, 0, 0, err
			}
			if !some {
				same++
				continue
			}
			events = append(events, e)
		}
	}
	return events, same, none, nil
}

// concerns reports whether the act is about a version there.
func (b Behalf) concerns(v policy.Version, p Place) bool {
	switch {
	case !p.Asked && b.Answer != policy.Withdrawn: // of before: only to be taken back
		return false
	case b.Scope != nil:
		return p.Scope == *b.Scope
	case b.Course != "" && (v.Courses || p.Scope != ""):
		return p.Scope == b.Course
	}
	return true
}

// Place is where somebody is asked a version, or answered it.
type Place struct {
	Scope string // the site, which is empty, or a course
	Asked bool   // they are asked there now
}

// PlacesOf are the places in which a version is asked of somebody, or was answered, in their order. given are the person's
// answers.
func (db *DB) PlacesOf(ctx context.Context, u User, v policy.Version, given []policy.Given) ([]Place, error) {
	asking := []string{""}
	if v.Courses {
		asking = nil
		from, args := askingCourses(db.now())
		err := db.r.SelectContext(ctx, &asking, `
			SELECT DISTINCT m.contextid FROM policy_detail pd, `+from+` WHERE pd.policyid = ? AND l.slug = pd.slug AND m.userid = ?`,
			append(args, v.PolicyID, u.ID)...)
		if err != nil {
			return nil, fmt.Errorf("reading which courses ask: %w", unavailable(err))
		}
	}
	scopes := slices.Clone(asking)
	for _, g := range given {
		if g.VersionID == v.ID || v.MaterialID != 0 && g.MaterialID == v.MaterialID {
			scopes = append(scopes, g.Scope)
		}
	}
	var places []Place
	for _, s := range distinct(scopes) {
		places = append(places, Place{s, slices.Contains(asking, s)})
	}
	return places, nil
}

// decideIn is the event of an act for one person in one scope; false: it stands so already. given are the answers there.
func (db *DB) decideIn(ctx context.Context, b Behalf, u User, v policy.Version, scope string, given []policy.Given) (policy.Event, bool, error) {
	w := policy.Person{}.At(db.now()) // who acts
	w.OnBehalf = true
	latest := policy.Latest(given, v.ID, v.MaterialID)
	asked := policy.Ask(v, given, scope)
	again := b.Answer == policy.Accepted && (asked.Expired(w.Now) || asked.Renewable(w)) // what has ended is given again
	if latest != nil && !again && latest.Accepted == (b.Answer == policy.Accepted) || latest == nil && b.Answer == policy.Withdrawn {
		return policy.Event{}, false, nil
	}
	// What is withdrawn is the answer that counts, which may be to an earlier version of the material.
	var err error
	if b.Answer != policy.Accepted && latest != nil && latest.VersionID != v.ID {
		if v, err = db.Version(ctx, b.Platform.InstitutionID, latest.VersionID); err != nil {
			return policy.Event{}, false, err
		}
	}
	answer := b.Answer
	if answer == policy.Declined && latest != nil && latest.Accepted && v.Optional() {
		answer = policy.Withdrawn
	}
	e, err := policy.Decide(v, policy.Choice{
		VersionID: v.ID, Answer: answer, Statement: b.Statement, Button: b.Button, Note: b.Note,
	}, w, latest)
	if err != nil {
		return policy.Event{}, false, err
	}
	e.InstitutionID, e.PlatformID, e.Issuer, e.Scope = b.Platform.InstitutionID, b.Platform.ID, b.Platform.Issuer, scope
	e.UserID, e.Sub, e.ActorID, e.ActorSub = u.ID, u.Sub, b.ActorID, b.ActorSub
	e.UILang, e.LaunchID, e.Roles, e.Time = b.UILang, b.LaunchID, b.Roles, db.now()
	if b.Presentation != "" {
		e.Presentation = fmt.Sprintf("%s:%d", b.Presentation, u.ID)
		if scope != "" { // each course's is another one
			sum := sha256.Sum256([]byte(e.Presentation + ":" + scope))
			e.Presentation = hex.EncodeToString(sum[:])
		}
	}
	return e, true, nil
}
