package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"ltipolicy/policy"
)

// Replaced says that some versions cannot be answered any more as they were shown: they were published anew,
// no longer apply, or the text is another. It is a policy.ErrConflict; show these versions again.
type Replaced struct{ VersionIDs []int64 }

func (e *Replaced) Error() string {
	return fmt.Sprintf("versions %v are not as they were shown", e.VersionIDs)
}

// Unwrap gives the kind and the message of policy.Decide for the same thing.
func (e *Replaced) Unwrap() error {
	args := make([]any, len(e.VersionIDs))
	for i, id := range e.VersionIDs {
		args[i] = id
	}
	return policy.E(policy.ErrConflict, "answer.version_replaced", args...)
}

// Answer records the events of one submitted form, all or nothing, and returns those that it recorded, as
// stored. What is recorded already is passed over without error: the same form sent again, from two tabs or
// after a lost reply, and an answer that stands already. So Answer can be called again whatever became of the
// first call.
//
// Accepting or declining needs the version to be active, to apply on the platform, and to have exactly the
// text that was shown; if that fails for one event nothing is written and the error is a *[Replaced]. A
// withdrawal needs the text only. Empty ID, Time, Standing and Relation are filled in; the time moves on by a
// microsecond where it would not be after the person's last event about the version, so that events order
// answers as the table holds them whatever the clocks of replicas say. The place in the log, the commitments and the
// hash are always the store's.
//
// Whoever acts and was erased meanwhile is policy.ErrSession, somebody else who was is policy.ErrNotFound; nothing is
// written then.
//
// What the answers change in the scores that are owed to the platform is written in the same transaction.
func (db *DB) Answer(ctx context.Context, events []policy.Event) ([]policy.Event, error) {
	events, err := db.completed(events)
	if err != nil {
		return nil, fmt.Errorf("recording answers: %w", err)
	}
	var recorded []policy.Event
	err = db.redo(ctx, func(tx *Tx) error {
		var err error
		recorded, err = db.answerIn(ctx, tx, events)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("recording answers: %w", err)
	}
	return recorded, nil
}

// completed returns the events with everything filled in that a caller may leave out, ready for
// [DB.answerIn].
func (db *DB) completed(events []policy.Event) ([]policy.Event, error) {
	events = slices.Clone(events)
	for i := range events {
		if err := db.complete(&events[i]); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// answerIn is [DB.Answer] in a transaction of the caller, for events that are complete. It leaves them as
// they are, because the transaction may run again. How many statements it takes depends on the people and
// places in the events, not on the number of versions.
func (db *DB) answerIn(ctx context.Context, tx *Tx, events []policy.Event) (recorded []policy.Event, err error) {
	if len(events) == 0 {
		return nil, nil
	}
	facts, err := db.readFacts(ctx, tx, events)
	if err != nil {
		return nil, err
	}
	// The same order for everybody, so that two forms about the same versions cannot wait for each other.
	order := make([]int, len(events))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(events[a].VersionID, events[b].VersionID), cmp.Compare(events[a].UserID, events[b].UserID))
	})
	written := make([]*policy.Event, len(events))
	replaced := &Replaced{}
	var fresh []int
	for _, i := range order {
		known, own := facts.known(&events[i])
		written[i] = own
		if known {
			continue
		}
		ok, err := facts.asShown(&events[i])
		if err != nil {
			return nil, err
		}
		if !ok {
			replaced.VersionIDs = append(replaced.VersionIDs, events[i].VersionID)
		}
		fresh = append(fresh, i)
	}
	if len(replaced.VersionIDs) > 0 {
		return nil, replaced
	}
	changed := make([]policy.Event, 0, len(fresh)) // never grows: the stands point to them
	at := make([]int, 0, len(fresh))               // where they stand among the events
	people := map[int64]bool{}
	for _, i := range fresh {
		changed = append(changed, events[i])
		e := &changed[len(changed)-1]
		if !facts.take(e) {
			changed = changed[:len(changed)-1]
			continue
		}
		at = append(at, i)
		people[e.UserID] = true
	}
	if err := facts.store(ctx, tx); err != nil {
		return nil, fmt.Errorf("writing the standing answers: %w", err)
	}
	if err := db.enter(ctx, tx, changed, facts.roll); err != nil {
		return nil, err
	}
	for k, i := range at {
		written[i] = &changed[k]
	}
	for _, userID := range slices.Sorted(maps.Keys(people)) {
		if err := db.settleUser(ctx, tx, userID); err != nil {
			return nil, err
		}
	}
	for _, e := range written {
		if e != nil {
			recorded = append(recorded, *e)
		}
	}
	return recorded, nil
}

// complete fills in what the caller may leave out and refuses what a column would not hold exactly: evidence
// must be read back as it was hashed.
func (db *DB) complete(e *policy.Event) error {
	var err error
	if e.ID == "" {
		if e.ID, err = db.NewID(); err != nil {
			return err
		}
	}
	if e.Time.IsZero() {
		e.Time = db.now()
	}
	e.Time = utc(e.Time)
	switch e.Answer {
	case policy.Accepted, policy.Renewed:
		e.Standing = 1
	case policy.Declined, policy.Withdrawn:
		e.Standing = 0
	case policy.CarriedOver, policy.Imported, policy.Erased:
	default:
		return policy.E(policy.ErrInvalid, "answer.unknown").Because(fmt.Errorf("answer %q", e.Answer))
	}
	if e.UserID <= 0 || e.ActorID <= 0 {
		return policy.E(policy.ErrInvalid, "").Because(errors.New("an event needs a person, and one who acted"))
	}
	e.Relation = e.Related()
	if !e.Until.IsZero() {
		e.Until = utc(e.Until)
	}
	for _, f := range []struct {
		name, value string
		max         int
	}{
		{"id", e.ID, 36}, {"institution", e.InstitutionID, 36}, {"platform", e.PlatformID, 36}, {"issuer", e.Issuer, opaqueMax},
		{"sub", e.Sub, opaqueMax}, {"actor", e.ActorSub, opaqueMax}, {"policy name", e.PolicyName, 16 << 10},
		{"revision", e.Revision, 16 << 10}, {"language", e.Lang, 30}, {"interface language", e.UILang, 35},
		{"digest", e.Digest, 64}, {"statement", e.Statement, 16 << 10}, {"button", e.Button, 16 << 10}, {"note", e.Note, 1 << 20},
		{"launch", e.LaunchID, opaqueMax}, {"deployment", e.DeploymentID, opaqueMax}, {"context", e.ContextID, opaqueMax},
		{"resource link", e.ResourceLinkID, opaqueMax}, {"roles", e.Roles, rolesMax}, {"presentation", e.Presentation, 64},
		{"relation", string(e.Relation), 16}, {"opened", e.Opened, 16 << 10}, {"rule", e.Rule, 16 << 10}, {"scope", e.Scope, opaqueMax},
	} {
		if len(f.value) > f.max || !utf8.ValidString(f.value) {
			return policy.E(policy.ErrInvalid, "").Because(fmt.Errorf("event %s: too long or not UTF-8", f.name))
		}
	}
	for _, id := range []string{e.ID, e.InstitutionID, e.PlatformID, e.Digest} {
		if strings.HasSuffix(id, " ") { // CHAR columns drop it
			return policy.E(policy.ErrInvalid, "").Because(errors.New("event: an id ends in a space"))
		}
	}
	return nil
}

// noteOf is Moodle's note: NULL where there is none.
func noteOf(e policy.Event) sql.NullString {
	return sql.NullString{String: e.Note, Valid: e.Note != ""}
}
