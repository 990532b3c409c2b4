package store

import (
	"context"
	"errors"
	"fmt"

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
	Answer     policy.Answer
	Note       string
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
	Same     int // stood so already, or are of people who are not asked
}

// AnswerFor records one answer for each of the people to each of the versions, as events whose actor is not
// the person. The rules are [policy.Decide]'s with Viewer.OnBehalf: nobody can decline what is compulsory.
// Answers that stand so already, and withdrawals of nothing, are passed over. Each person is one transaction,
// so that sending the same page again completes what was broken off. A person of another platform or a
// version of another institution is policy.ErrNotFound before anything is written.
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
		people = append(people, u)
	}
	for _, u := range people {
		events, err := db.decideFor(ctx, b, u, versions)
		if err != nil {
			return done, fmt.Errorf("answering on behalf: %w", err)
		}
		done.Same += len(versions) - len(events)
		recorded, err := db.Answer(ctx, events)
		if err != nil {
			return done, fmt.Errorf("answering on behalf: %w", err)
		}
		done.Same += len(events) - len(recorded)
		done.Recorded = append(done.Recorded, recorded...)
	}
	err := db.tx(ctx, func(tx *Tx) error {
		return db.logChange(ctx, tx, a, "behalf."+string(b.Answer), fmt.Sprintf("%d people", len(people)), nil,
			map[string]any{"platform": b.Platform.ID, "users": clipIDs(b.UserIDs), "versions": b.VersionIDs, "recorded": len(done.Recorded), "note": clip(b.Note, 500)})
	})
	return done, err
}

// clipIDs keeps an entry of the log within its column; the events name everybody.
func clipIDs(ids []int64) []int64 { return ids[:min(len(ids), 200)] }

func (db *DB) decideFor(ctx context.Context, b Behalf, u User, versions []policy.Version) ([]policy.Event, error) {
	given, err := db.Answers(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	w := policy.Viewer{OnBehalf: true, Now: db.now()}
	var events []policy.Event
	for _, v := range versions {
		latest := policy.Latest(given, v.ID, v.MaterialID)
		if latest != nil && latest.Accepted == (b.Answer == policy.Accepted) || latest == nil && b.Answer == policy.Withdrawn {
			continue
		}
		// What is withdrawn is the answer that counts, which may be to an earlier version of the material.
		if b.Answer != policy.Accepted && latest != nil && latest.VersionID != v.ID {
			if v, err = db.Version(ctx, b.Platform.InstitutionID, latest.VersionID); err != nil {
				return nil, err
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
			return nil, err
		}
		e.InstitutionID, e.PlatformID, e.Issuer = b.Platform.InstitutionID, b.Platform.ID, b.Platform.Issuer
		e.UserID, e.Sub, e.ActorID, e.ActorSub = u.ID, u.Sub, b.ActorID, b.ActorSub
		e.UILang, e.LaunchID, e.Roles, e.Time = b.UILang, b.LaunchID, b.Roles, db.now()
		if b.Presentation != "" {
			e.Presentation = fmt.Sprintf("%s:%d", b.Presentation, u.ID)
		}
		events = append(events, e)
	}
	return events, nil
}
