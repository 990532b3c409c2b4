package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"ltipolicy/policy"
)

// standingKey is a row of tool_policy_acceptances by its unique key, or of course_acceptance by its.
type standingKey struct {
	UserID, VersionID int64
	Scope             string // the course; empty: Moodle's row
}

// table is where the row stands.
func (k standingKey) table() string {
	if k.Scope != "" {
		return "course_acceptance"
	}
	return "tool_policy_acceptances"
}

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
		SELECT id, timecreated, userid, versionid, actorid, lang, note, answer, standing, scope
		FROM acceptance_event WHERE userid > ? AND userid <= ?
		ORDER BY userid, versionid, timecreated, id`, after, upTo)
	if err != nil {
		return nil, fmt.Errorf("reading the events: %w", err)
	}
	m := make(map[standingKey]standing, len(rows))
	for _, r := range rows {
		keys := []standingKey{{r.UserID, r.VersionID, ""}}
		if r.Scope != "" {
			keys = append(keys, standingKey{r.UserID, r.VersionID, r.Scope})
		}
		for _, k := range keys {
			s, ok := m[k]
			if !ok {
				s.first = r.Time.UTC()
			}
			s.last = r.event()
			m[k] = s
		}
	}
	return m, nil
}

// acceptanceRow is a row of tool_policy_acceptances or course_acceptance, as far as it is compared.
type acceptanceRow struct {
	ID        int64          `db:"id"`
	UserID    int64          `db:"userid"`
	VersionID int64          `db:"policyversionid"`
	Status    sql.NullInt64  `db:"status"`
	Lang      string         `db:"lang"`
	Actor     int64          `db:"usermodified"`
	Modified  int64          `db:"timemodified"`
	Note      sql.NullString `db:"note"`
	Scope     string         `db:"contextid"` // empty: Moodle's row
}

const acceptanceColumns = `id, userid, policyversionid, status, lang, usermodified, timemodified, note`

// strays names the column in which the row is not what the last event says; empty: it is all that. The row of an answer
// from Moodle keeps Moodle's code of the language, and its 0 for somebody who was signing up. When it was first written
// (timecreated) no event of such an answer says, and nothing goes by it.
func (s standing) strays(row acceptanceRow) string {
	taken := s.last.Answer == policy.Imported
	switch {
	case !row.Status.Valid || row.Status.Int64 != int64(s.last.Standing):
		return "status"
	case row.Modified != s.last.Time.Unix():
		return "timemodified"
	case row.Lang != s.last.Lang && !taken:
		return "lang"
	case row.Actor != s.last.ActorID && !(taken && row.Actor == 0):
		return "usermodified"
	case row.Note != noteOf(s.last):
		return "note"
	default:
		return ""
	}
}

func (r acceptanceRow) key() standingKey { return standingKey{r.UserID, r.VersionID, r.Scope} }

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
		SELECT `+acceptanceColumns+`, '' AS contextid FROM tool_policy_acceptances WHERE userid > ? AND userid <= ?
		UNION ALL
		SELECT `+acceptanceColumns+`, CASE WHEN contextid = '' THEN ' ' ELSE contextid END FROM course_acceptance WHERE userid > ? AND userid <= ?
		ORDER BY userid, policyversionid, contextid`, after, upTo, after, upTo)
	if err != nil {
		return nil, fmt.Errorf("reading the acceptances: %w", err)
	}
	return rows, nil
}

// RebuildAcceptances makes tool_policy_acceptances, and what stands in courses, what the events say, and returns how many rows it had to
// change: 0 unless somebody else wrote to the tables. Rows that agree are left as they are. The scores of whoever had
// such a row are worked out again, and the admin log says whose they were. Answers may come in meanwhile.
func (db *DB) RebuildAcceptances(ctx context.Context) (int, error) {
	total := 0
	for after := int64(math.MinInt64); after != math.MaxInt64; {
		upTo, err := nextPeople(ctx, db.r, after, 100)
		if err != nil {
			return total, fmt.Errorf("rebuilding the acceptances: %w", unavailable(err))
		}
		n := 0
		err = db.tx(ctx, func(tx *Tx) error {
			n, err = db.rebuild(ctx, tx, after, upTo)
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

func (db *DB) rebuild(ctx context.Context, tx *Tx, after, upTo int64) (int, error) {
	want, err := standings(ctx, tx, after, upTo)
	if err != nil {
		return 0, err
	}
	have, err := acceptances(ctx, tx, after, upTo)
	if err != nil {
		return 0, err
	}
	n, people := 0, map[int64]bool{}
	for _, row := range have {
		s, ok := want[row.key()]
		delete(want, row.key())
		var res sql.Result
		switch {
		case !ok && !row.Status.Valid: // Moodle's "no answer yet"
			continue
		case !ok:
			res, err = tx.ExecContext(ctx, `DELETE FROM `+row.key().table()+` WHERE id = ? AND timemodified = ?`, row.ID, row.Modified)
		case s.strays(row) != "":
			res, err = tx.ExecContext(ctx, `
				UPDATE `+row.key().table()+` SET status = ?, lang = ?, usermodified = ?, timemodified = ?, note = ?
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
		people[row.UserID] = true
	}
	var lost []moodleRow
	var there []courseRow
	for k, s := range want {
		people[s.last.UserID] = true
		row := moodleRow{
			VersionID: s.last.VersionID, UserID: s.last.UserID, Status: s.last.Standing, Lang: s.last.Lang, Actor: s.last.ActorID,
			Created: s.first.Unix(), Modified: s.last.Time.Unix(), Note: noteOf(s.last),
		}
		if k.Scope != "" {
			there = append(there, row.in(k.Scope))
			continue
		}
		lost = append(lost, row)
	}
	if err := insertRows(ctx, tx, "tool_policy_acceptances", lost); err != nil {
		return n, err
	}
	if err := insertRows(ctx, tx, "course_acceptance", there); err != nil {
		return n, err
	}
	return n + len(lost) + len(there), db.mended(ctx, tx, slices.Sorted(maps.Keys(people)))
}

// mended has the scores of people follow their rows, and writes down whose rows were mended.
func (db *DB) mended(ctx context.Context, tx *Tx, people []int64) error {
	if len(people) == 0 {
		return nil
	}
	query, args, err := sqlx.In(`
		SELECT u.id, p.institutionid FROM lti_user u JOIN lti_platform p ON p.id = u.platformid
		WHERE u.id IN (?) ORDER BY p.institutionid, u.id`, people)
	if err != nil {
		return err
	}
	var rows []struct {
		UserID        int64  `db:"id"`
		InstitutionID string `db:"institutionid"`
	}
	if err := tx.SelectContext(ctx, &rows, query, args...); err != nil {
		return fmt.Errorf("reading whose answers were mended: %w", err)
	}
	of := map[string][]int64{}
	for _, r := range rows {
		of[r.InstitutionID] = append(of[r.InstitutionID], r.UserID)
		if err := db.settleUser(ctx, tx, r.UserID); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(of)) {
		if err := db.logChange(ctx, tx, Admin{InstitutionID: id}, "evidence.rebuild", "", nil, map[string]any{"users": of[id]}, of[id]...); err != nil {
			return err
		}
	}
	return nil
}
