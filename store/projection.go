package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"github.com/jmoiron/sqlx"

	"ltipolicy/policy"
)

// standingKey is a row of tool_policy_acceptances by its unique key.
type standingKey struct{ UserID, VersionID int64 }

// standing is what the events say about one such row.
type standing struct {
	first time.Time
	last  policy.Event // only the fields that the row holds
}

// nextPeople returns the end of the next range of user ids after the given one that holds about n events.
func nextPeople(ctx context.Context, q sqlx.QueryerContext, after int64, n int) (int64, error) {
	var ids []int64
	err := sqlx.SelectContext(ctx, q, &ids,
		`SELECT userid FROM acceptance_event WHERE userid > ? ORDER BY userid LIMIT 1 OFFSET ?`, after, n)
	if err != nil {
		return 0, fmt.Errorf("reading the people: %w", err)
	}
	if len(ids) == 0 {
		return math.MaxInt64, nil
	}
	return ids[0], nil
}

// standings computes the projection of the people in a range of ids from their events.
func standings(ctx context.Context, q sqlx.QueryerContext, after, upTo int64) (map[standingKey]standing, error) {
	var rows []eventRow
	err := sqlx.SelectContext(ctx, q, &rows, `
		SELECT id, timecreated, userid, versionid, actorid, lang, note, standing
		FROM acceptance_event WHERE userid > ? AND userid <= ?
		ORDER BY userid, versionid, timecreated, id`, after, upTo)
	if err != nil {
		return nil, fmt.Errorf("reading the events: %w", err)
	}
	m := make(map[standingKey]standing, len(rows))
	for _, r := range rows {
		k := standingKey{r.UserID, r.VersionID}
		s, ok := m[k]
		if !ok {
			s.first = r.Time.UTC()
		}
		s.last = r.event()
		m[k] = s
	}
	return m, nil
}

// acceptanceRow is a row of tool_policy_acceptances, as far as it is compared.
type acceptanceRow struct {
	ID        int64         `db:"id"`
	UserID    int64         `db:"userid"`
	VersionID int64         `db:"policyversionid"`
	Status    sql.NullInt64 `db:"status"`
	Modified  int64         `db:"timemodified"`
}

func (r acceptanceRow) key() standingKey { return standingKey{r.UserID, r.VersionID} }

// standing is the status, -1 for Moodle's NULL.
func (r acceptanceRow) standing() int64 {
	if !r.Status.Valid {
		return -1
	}
	return r.Status.Int64
}

func acceptances(ctx context.Context, q sqlx.QueryerContext, after, upTo int64) ([]acceptanceRow, error) {
	var rows []acceptanceRow
	err := sqlx.SelectContext(ctx, q, &rows, `
		SELECT id, userid, policyversionid, status, timemodified
		FROM tool_policy_acceptances WHERE userid > ? AND userid <= ?
		ORDER BY userid, policyversionid`, after, upTo)
	if err != nil {
		return nil, fmt.Errorf("reading the acceptances: %w", err)
	}
	return rows, nil
}

// RebuildAcceptances makes tool_policy_acceptances what the events say, and returns how many rows it had to
// change: 0 unless somebody else wrote to the tables. Rows that agree are left as they are. Answers may come
// in meanwhile.
func (db *DB) RebuildAcceptances(ctx context.Context) (int, error) {
	total := 0
	for after := int64(0); after != math.MaxInt64; {
		upTo, err := nextPeople(ctx, db.r, after, 100)
		if err != nil {
			return total, fmt.Errorf("rebuilding the acceptances: %w", unavailable(err))
		}
		n := 0
		err = db.tx(ctx, func(tx *Tx) error {
			n, err = rebuild(ctx, tx, after, upTo)
			return err
		})
		if err != nil {
			return total, fmt.Errorf("rebuilding the acceptances: %w", err)
		}
		total += n
		after = upTo
	}
	return total, nil
}

func rebuild(ctx context.Context, tx *Tx, after, upTo int64) (int, error) {
	want, err := standings(ctx, tx, after, upTo)
	if err != nil {
		return 0, err
	}
	have, err := acceptances(ctx, tx, after, upTo)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, row := range have {
		s, ok := want[row.key()]
		delete(want, row.key())
		var res sql.Result
		switch {
		case !ok && !row.Status.Valid: // Moodle's "no answer yet"
			continue
		case !ok:
			res, err = tx.ExecContext(ctx, `DELETE FROM tool_policy_acceptances WHERE id = ? AND timemodified = ?`, row.ID, row.Modified)
		case !row.Status.Valid || row.Status.Int64 != int64(s.last.Standing):
			res, err = tx.ExecContext(ctx, `
				UPDATE tool_policy_acceptances SET status = ?, lang = ?, usermodified = ?, timemodified = ?, note = ?
				WHERE id = ? AND timemodified = ?`,
				s.last.Standing, s.last.Lang, s.last.ActorID, s.last.Time.Unix(), noteOf(s.last), row.ID, row.Modified)
		default:
			continue
		}
		changed, err := one(res, err)
		if err != nil {
			return n, err
		}
		if !changed {
			return n, errAgain
		}
		n++
	}
	var lost []moodleRow
	for _, s := range want {
		lost = append(lost, moodleRow{
			VersionID: s.last.VersionID, UserID: s.last.UserID, Status: s.last.Standing, Lang: s.last.Lang, Actor: s.last.ActorID,
			Created: s.first.Unix(), Modified: s.last.Time.Unix(), Note: noteOf(s.last),
		})
	}
	return n + len(lost), insertMoodleRows(ctx, tx, lost)
}
