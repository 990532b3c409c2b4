package store

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"ltipolicy/policy"
)

// AdminEntry is one thing that an operator or administrator did. It copies what it mentions.
type AdminEntry struct {
	ID            string    `db:"id"`
	Time          time.Time `db:"timecreated"`
	InstitutionID string    `db:"institutionid"`
	ActorID       int64     `db:"actorid"` // lti_user.id of whoever acted; 0: nobody of a platform
	Actor         string    `db:"actor"`   // "operator": somebody with the command line
	Action        string    `db:"action"`
	Object        string    `db:"object"`
	Detail        string    `db:"detail"`
	// Whom object and detail are about, as lti_user.id: where one of them is erased, both are emptied. It is not read
	// back.
	About []int64 `db:"-"`
}

const operator = "operator"

// detailMost bounds an entry's detail. It is JSON for most, which must not be cut: no entry comes near it.
const detailMost = 16000

// logAdmin writes an entry in the transaction of what it tells of. ID, Time and an empty Actor are filled in.
func (db *DB) logAdmin(ctx context.Context, tx *Tx, e AdminEntry) error {
	if e.Actor == "" {
		e.Actor = operator
	}
	of := acts
	if slices.Contains(viewed[:], e.Action) {
		of = looks
	}
	a := policy.Act{
		Shard: tx.shard(db.numbering[of]), Recorded: utc(db.now()), InstitutionID: e.InstitutionID, Action: e.Action,
		Actor: clip(e.Actor, 255), Object: clip(e.Object, 255), Detail: clip(e.Detail, detailMost),
	}
	var err error
	if a.ID, err = db.NewID(); err != nil {
		return err
	}
	people := distinct(slices.DeleteFunc(append(slices.Clone(e.About), e.ActorID), func(id int64) bool { return id <= 0 }))
	last, err := db.lastNumber(ctx, tx, a.Shard, people, e.ActorID)
	if err != nil {
		return err
	}
	a.Number = last + 1
	if err := give(ctx, tx, a.Shard, last, a.Number); err != nil {
		return err
	}
	var keys [2]policy.EntryKey
	for i := range keys {
		if _, err := io.ReadFull(db.rand, keys[i][:]); err != nil {
			return fmt.Errorf("making the keys of an act: %w", err)
		}
	}
	var aboutKey, aboutMark []byte
	if len(e.About) > 0 {
		a.Commit(keys[0], &keys[1])
		aboutKey, aboutMark = keys[1][:], a.AboutMark[:]
	} else {
		a.Commit(keys[0], nil)
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO admin_log (id, shard, number, timecreated, institutionid, actorid, actor, actorkey, actormark, action, object, detail,
			aboutkey, aboutmark, hash)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.ID, a.Shard, a.Number, a.Recorded, a.InstitutionID, e.ActorID, a.Actor, keys[0][:], a.ActorMark[:], a.Action, a.Object, a.Detail,
		aboutKey, aboutMark, a.Sum())
	if err := saved("admin log", err); err != nil {
		return err
	}
	var about []any
	for _, userID := range distinct(e.About) {
		about = append(about, userID, a.ID)
	}
	for part := range slices.Chunk(about, 2*100) {
		_, err := tx.ExecContext(ctx, `INSERT INTO admin_log_person (userid, entryid) VALUES `+tuples(len(part)/2, 2), part...)
		if err := saved("people of the admin log", err); err != nil {
			return err
		}
	}
	return nil
}

// LogQuery says which entries of the admin log are wanted. The zero value of a field does not filter.
type LogQuery struct {
	InstitutionID string
	Actor         string // exactly as the entries name somebody
	Action        string
	Limit         int
	Before        LogKey
}

// LogKey is a place in the log: before this entry.
type LogKey struct {
	Time time.Time
	ID   string
}

// AdminLogPage returns a page of the log, newest first, and whether there is more after it. Its cost does not
// grow with the log.
func (db *DB) AdminLogPage(ctx context.Context, q LogQuery) (entries []AdminEntry, more bool, err error) {
	query, args := `
		SELECT id, timecreated, institutionid, actorid, actor, action, object, detail
		FROM admin_log WHERE institutionid = ?`, []any{q.InstitutionID}
	for _, f := range []struct{ column, value string }{{"actor", q.Actor}, {"action", q.Action}} {
		if f.value != "" {
			query, args = query+` AND `+f.column+` = ?`, append(args, f.value)
		}
	}
	if !q.Before.Time.IsZero() {
		at := utc(q.Before.Time)
		query, args = query+` AND timecreated <= ? AND (timecreated < ? OR id < ?)`, append(args, at, at, q.Before.ID)
	}
	err = db.r.SelectContext(ctx, &entries, query+` ORDER BY timecreated DESC, id DESC LIMIT ?`, append(args, q.Limit+1)...)
	if err != nil {
		return nil, false, fmt.Errorf("reading the admin log: %w", unavailable(err))
	}
	for i := range entries {
		entries[i].Time = entries[i].Time.UTC()
	}
	if len(entries) > q.Limit {
		return entries[:q.Limit], true, nil
	}
	return entries, false, nil
}

// logEntries is how many entries are read at once for those who want them all.
const logEntries = 1000

// AdminLogEach hands over everything that the query finds, newest first, in constant memory. Limit does not
// count. An error of f ends it and is returned.
func (db *DB) AdminLogEach(ctx context.Context, q LogQuery, f func(AdminEntry) error) error {
	for q.Limit = logEntries; ; {
		es, more, err := db.AdminLogPage(ctx, q)
		if err != nil {
			return err
		}
		for _, e := range es {
			if err := f(e); err != nil {
				return err
			}
		}
		if !more {
			return nil
		}
		last := es[len(es)-1]
		q.Before = LogKey{last.Time, last.ID}
	}
}

// logValues bounds how many people and acts the log can be narrowed to.
const logValues = 200

// AdminLogFilters returns who did something and what was done, each once, in alphabetical order.
func (db *DB) AdminLogFilters(ctx context.Context, institutionID string) (actors, actions []string, err error) {
	// From one value to the next: however many entries each has, they are not read.
	for _, f := range []struct {
		query string
		to    *[]string
	}{
		{`SELECT actor FROM admin_log WHERE institutionid = ? AND actor > ? ORDER BY actor LIMIT 1`, &actors},
		{`SELECT action FROM admin_log WHERE institutionid = ? AND action > ? ORDER BY action LIMIT 1`, &actions},
	} {
		for last := ""; len(*f.to) < logValues; {
			var next []string
			if err := db.r.SelectContext(ctx, &next, f.query, institutionID, last); err != nil {
				return nil, nil, fmt.Errorf("reading the admin log: %w", unavailable(err))
			}
			if len(next) == 0 {
				break
			}
			last = next[0]
			*f.to = append(*f.to, last)
		}
	}
	return actors, actions, nil
}
