package store

import (
	"context"
	"slices"
	"time"

	"ltipolicy/policy"
)

// actRow is an entry of the admin log as it is verified.
type actRow struct {
	ID            string    `db:"id"`
	Shard         int       `db:"shard"`
	Number        int64     `db:"number"`
	Recorded      time.Time `db:"timecreated"`
	InstitutionID string    `db:"institutionid"`
	Actor         string    `db:"actor"`
	ActorKey      []byte    `db:"actorkey"`
	ActorMark     []byte    `db:"actormark"`
	Action        string    `db:"action"`
	Object        string    `db:"object"`
	Detail        string    `db:"detail"`
	AboutKey      []byte    `db:"aboutkey"`
	AboutMark     []byte    `db:"aboutmark"`
	Hash          string    `db:"hash"`
}

const actColumns = `a.id, a.shard, a.number, a.timecreated, a.institutionid, a.actor, a.actorkey, a.actormark, a.action, a.object, a.detail,
	a.aboutkey, a.aboutmark, a.hash`

func (r *actRow) act() policy.Act {
	a := policy.Act{
		ID: r.ID, Shard: r.Shard, Number: r.Number, Recorded: r.Recorded.UTC(), InstitutionID: r.InstitutionID, Action: r.Action,
		Actor: r.Actor, Object: r.Object, Detail: r.Detail, ActorMark: commitmentOf(r.ActorMark),
	}
	if r.AboutMark != nil {
		mark := commitmentOf(r.AboutMark)
		a.AboutMark = &mark
	}
	return a
}

// loggedActs are the entries of a page of leaves.
func (v *verification) loggedActs(ctx context.Context, start, end int64, entries map[place]checked) error {
	var rows []actRow
	err := v.db.r.SelectContext(ctx, &rows, `
		SELECT `+actColumns+`
		FROM evidence_leaf l JOIN admin_log a ON a.shard = l.shard AND a.number = l.number
		WHERE l.idx >= ? AND l.idx < ?`, start, end)
	for i := range rows {
		entries[rows[i].at()] = &rows[i]
	}
	return err
}

// waitingActs are some entries of a shard above a number.
func (v *verification) waitingActs(ctx context.Context, shard int, above int64) ([]checked, error) {
	var rows []actRow
	err := v.db.r.SelectContext(ctx, &rows, `
		SELECT `+actColumns+` FROM admin_log a WHERE a.shard = ? AND a.number > ? ORDER BY a.number LIMIT ?`, shard, above, verifyPage)
	entries := make([]checked, len(rows))
	for i := range rows {
		entries[i] = &rows[i]
	}
	return entries, err
}

func (r *actRow) entry() string { return r.ID }
func (r *actRow) hash() string  { return r.Hash }
func (r *actRow) at() place     { return place{r.Shard, r.Number} }

func (r *actRow) count(v *verification) {
	v.Acts++
	v.unnamed += r.unnamed()
}

// unnamed is how many of its parts were erased: who acted, and about whom.
func (r *actRow) unnamed() int64 {
	n := int64(0)
	if r.ActorKey == nil {
		n++
	}
	if r.AboutMark != nil && r.AboutKey == nil {
		n++
	}
	return n
}

func (r *actRow) fault(_ *verification, covered span) string {
	a := r.act()
	look := slices.Contains(viewed[:], a.Action)
	switch {
	case a.Sum() != r.Hash:
		return "the act was changed: it does not match its hash"
	case !covered.holds(a.Recorded):
		return covered.against("written", a.Recorded)
	case look != (kindOf(a.Shard) == looks):
		return "it stands among entries of another kind"
	case r.ActorKey == nil && a.Actor != "", a.AboutMark != nil && r.AboutKey == nil && a.Object+a.Detail != "":
		return "what was erased is there again"
	}
	is := a
	var about *policy.EntryKey
	if r.AboutKey != nil {
		key := policy.EntryKey(hashOf(r.AboutKey))
		about = &key
	}
	is.Commit(policy.EntryKey(hashOf(r.ActorKey)), about)
	switch {
	case r.ActorKey != nil && is.ActorMark != a.ActorMark:
		return "it commits to another actor"
	case about != nil && (a.AboutMark == nil || *is.AboutMark != *a.AboutMark):
		return "what the act says about a person was changed"
	}
	return ""
}
