package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
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
// withdrawal needs the text only. Empty ID, Time and Standing are filled in; the time moves on by a
// microsecond where it would not be after the person's last event about the version, so that events order
// answers as the table holds them whatever the clocks of replicas say. Hash is always computed.
//
// What the answers change in the scores that are owed to the platform is written in the same transaction.
func (db *DB) Answer(ctx context.Context, events []policy.Event) ([]policy.Event, error) {
	events, err := db.completed(events)
	if err != nil {
		return nil, fmt.Errorf("recording answers: %w", err)
	}
	var recorded []policy.Event
	err = db.tx(ctx, func(tx *Tx) error {
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
// they are, because the transaction may run again.
func (db *DB) answerIn(ctx context.Context, tx *Tx, events []policy.Event) (recorded []policy.Event, err error) {
	// The same order for everybody, so that two forms about the same versions cannot wait for each other.
	order := make([]int, len(events))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(events[a].VersionID - events[b].VersionID) })

	written := make([]*policy.Event, len(events))
	var fresh []int
	replaced := &Replaced{}
	for _, i := range order {
		known, own, err := known(ctx, tx, events[i])
		if err != nil {
			return nil, err
		}
		if own != nil {
			written[i] = own
		}
		if known {
			continue
		}
		ok, err := asShown(ctx, tx, events[i])
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
	changed := map[int64]bool{}
	for _, i := range fresh {
		e := events[i]
		done, err := record(ctx, tx, &e)
		if err != nil {
			return nil, err
		}
		if done {
			written[i] = &e
			changed[e.UserID] = true
		}
	}
	for _, userID := range slices.Sorted(maps.Keys(changed)) {
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
	case policy.Accepted:
		e.Standing = 1
	case policy.Declined, policy.Withdrawn:
		e.Standing = 0
	case policy.CarriedOver, policy.Imported, policy.Erased:
	default:
		return policy.E(policy.ErrInvalid, "answer.unknown").Because(fmt.Errorf("answer %q", e.Answer))
	}
	if e.UserID <= 0 {
		return policy.E(policy.ErrInvalid, "").Because(errors.New("an event needs a person"))
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

// known reports whether the event was recorded by an earlier call, and returns it if it was this very event,
// by its id, rather than another one of the same form.
func known(ctx context.Context, tx *Tx, e policy.Event) (bool, *policy.Event, error) {
	var rows []eventRow
	err := tx.SelectContext(ctx, &rows, `SELECT `+eventColumns+` FROM acceptance_event e WHERE e.id = ?`, e.ID)
	if err != nil {
		return false, nil, fmt.Errorf("looking for the event: %w", err)
	}
	if len(rows) > 0 {
		own := rows[0].event()
		return true, &own, nil
	}
	if e.Presentation == "" {
		return false, nil, nil
	}
	var ids []string
	err = tx.SelectContext(ctx, &ids,
		`SELECT e.id FROM acceptance_event e WHERE e.presentation = ? AND e.versionid = ?`, e.Presentation, e.VersionID)
	if err != nil {
		return false, nil, fmt.Errorf("looking for the form's event: %w", err)
	}
	return len(ids) > 0, nil, nil
}

// asShown reports whether the version may be answered as the event says. A contradiction in the event itself
// is policy.ErrInvalid.
func asShown(ctx context.Context, tx *Tx, e policy.Event) (bool, error) {
	var row struct {
		PolicyID      int64          `db:"policyid"`
		InstitutionID string         `db:"institutionid"`
		Current       int64          `db:"currentversion"`
		MaterialID    int64          `db:"materialid"`
		Kind          string         `db:"kind"`
		Lang          string         `db:"lang"`
		Digest        string         `db:"digest"`
		Translated    sql.NullString `db:"translated"`
		Applies       bool           `db:"applies"`
	}
	err := tx.GetContext(ctx, &row, `
		SELECT p.id AS policyid, pd.institutionid, COALESCE(p.currentversionid, 0) AS currentversion, d.materialid,
			d.kind, d.lang, d.digest, t.digest AS translated, pp.policyid IS NOT NULL AND `+inCourse+` AS applies
		FROM tool_policy_versions v
		JOIN tool_policy p ON p.id = v.policyid
		JOIN policy_detail pd ON pd.policyid = p.id
		JOIN policy_version_detail d ON d.versionid = v.id
		LEFT JOIN policy_version_text t ON t.versionid = v.id AND t.lang = ?
		LEFT JOIN policy_platform pp ON pp.platformid = ? AND pp.policyid = p.id
		WHERE v.id = ?`, e.ContextID, e.Lang, e.PlatformID, e.VersionID)
	if err != nil {
		return false, missing("version", err)
	}
	if row.InstitutionID != e.InstitutionID || row.PolicyID != e.PolicyID || row.MaterialID != e.MaterialID || row.Kind != string(e.Kind) {
		return false, policy.E(policy.ErrInvalid, "").Because(fmt.Errorf("event contradicts version %d", e.VersionID))
	}
	digest := row.Translated.String
	if e.Lang == row.Lang {
		digest = row.Digest
	}
	switch e.Answer {
	case policy.Accepted, policy.Declined:
		return row.Current == e.VersionID && row.Applies && digest == e.Digest, nil
	case policy.Withdrawn:
		return digest == e.Digest, nil
	default: // no click, so nothing was shown now
		return true, nil
	}
}

// record brings the projection to the event's standing by compare-and-set, and if that changed it writes the
// event. The projection is read first and inserted where it is missing, because an UPDATE that finds no row
// would lock the gap around it, and first answers of many people at once would deadlock.
func record(ctx context.Context, tx *Tx, e *policy.Event) (bool, error) {
	var old struct {
		ID       int64         `db:"id"`
		Status   sql.NullInt64 `db:"status"`
		Modified int64         `db:"timemodified"`
	}
	err := tx.GetContext(ctx, &old, `
		SELECT id, status, timemodified FROM tool_policy_acceptances WHERE policyversionid = ? AND userid = ?`, e.VersionID, e.UserID)
	there := err == nil
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, fmt.Errorf("reading the standing answer: %w", err)
	}
	if there && old.Status.Valid && old.Status.Int64 == int64(e.Standing) {
		return false, nil
	}
	var last []time.Time
	err = tx.SelectContext(ctx, &last, `
		SELECT timecreated FROM acceptance_event WHERE userid = ? AND versionid = ?
		ORDER BY timecreated DESC LIMIT 1`, e.UserID, e.VersionID)
	if err != nil {
		return false, fmt.Errorf("reading the last event: %w", err)
	}
	if len(last) > 0 && !e.Time.After(last[0]) {
		e.Time = utc(last[0]).Add(time.Microsecond)
	}
	if !there {
		err = insertAcceptance(ctx, tx, *e)
	} else {
		var ok bool
		ok, err = one(tx.ExecContext(ctx, `
			UPDATE tool_policy_acceptances SET status = ?, lang = ?, usermodified = ?, timemodified = ?, note = ?
			WHERE policyversionid = ? AND userid = ? AND (status IS NULL OR status <> ?) AND timemodified = ?`,
			e.Standing, e.Lang, e.ActorID, e.Time.Unix(), noteOf(*e), e.VersionID, e.UserID, e.Standing, old.Modified))
		if err == nil && !ok {
			err = errAgain
		}
	}
	if err != nil {
		return false, fmt.Errorf("writing the standing answer: %w", err)
	}
	e.Hash = e.Sum()
	return true, insertEvent(ctx, tx, *e)
}

func insertAcceptance(ctx context.Context, tx *Tx, e policy.Event) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO tool_policy_acceptances (policyversionid, userid, status, lang, usermodified, timecreated, timemodified, note)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		e.VersionID, e.UserID, e.Standing, e.Lang, e.ActorID, e.Time.Unix(), e.Time.Unix(), noteOf(e))
	if duplicate(err) {
		return errAgain
	}
	return err
}

// noteOf is Moodle's note: NULL where there is none.
func noteOf(e policy.Event) sql.NullString {
	return sql.NullString{String: e.Note, Valid: e.Note != ""}
}
