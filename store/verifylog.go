package store

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"ltipolicy/evidence"
)

// log walks the leaves in order, building the tree again beside the stored one.
func (v *verification) log(ctx context.Context) error {
	size, err := logSize(ctx, v.db.r)
	if err != nil {
		return err
	}
	tree := &frontier{}
	for tree.size < size {
		if err := v.logPage(ctx, tree, min(tree.size+verifyPage, size)); err != nil {
			return err
		}
	}
	var beyond []int64
	err = v.db.r.SelectContext(ctx, &beyond, `SELECT size FROM evidence_checkpoint WHERE size > ? ORDER BY size LIMIT 1`, size)
	if err != nil {
		return err
	}
	if len(beyond) > 0 {
		// A checkpoint may be of a log that grew since the size was read.
		if size, err = logSize(ctx, v.db.r); err != nil {
			return err
		}
		if beyond[0] > size {
			return &Break{Leaf: size, What: fmt.Sprintf("the log is cut off: a checkpoint covers %d entries", beyond[0])}
		}
	}
	for s := range v.held {
		if s > size {
			return &Break{Leaf: size, What: fmt.Sprintf("the log is cut off: a checkpoint kept outside covers %d entries", s)}
		}
	}
	return v.outside(ctx)
}

// outside looks for leaves and hashes that stand outside of the log: one there keeps an entry from its leaf, or the log
// from growing.
func (v *verification) outside(ctx context.Context) error {
	var leaves, hashes []int64
	err := v.db.r.SelectContext(ctx, &leaves, `SELECT idx FROM evidence_leaf WHERE idx < 0 ORDER BY idx LIMIT 1`)
	if err == nil {
		err = v.db.r.SelectContext(ctx, &hashes, `SELECT idx FROM (SELECT MIN(idx) AS idx FROM evidence_hash UNION ALL SELECT MAX(idx) FROM evidence_hash) x WHERE idx IS NOT NULL`)
	}
	if err != nil {
		return err
	}
	size, err := logSize(ctx, v.db.r) // which may have grown, with its hashes
	if err != nil {
		return err
	}
	for _, idx := range leaves {
		return &Break{Leaf: -1, What: fmt.Sprintf("a leaf stands before the first: %d", idx)}
	}
	for _, idx := range hashes {
		if idx < 0 || idx >= tlog.StoredHashCount(size) {
			return &Break{Leaf: -1, What: fmt.Sprintf("the tree has a hash beyond its leaves: %d", idx)}
		}
	}
	return nil
}

type leafRow struct {
	Idx    int64  `db:"idx"`
	Shard  int    `db:"shard"`
	Number int64  `db:"number"`
	Hash   []byte `db:"hash"`
}

func (v *verification) logPage(ctx context.Context, tree *frontier, end int64) error {
	start := tree.size
	var leaves []leafRow
	err := v.db.r.SelectContext(ctx, &leaves,
		`SELECT idx, shard, number, hash FROM evidence_leaf WHERE idx >= ? AND idx < ? ORDER BY idx`, start, end)
	if err != nil {
		return err
	}
	entries := map[place]checked{}
	if err := v.loggedAnswers(ctx, start, end, entries); err != nil {
		return err
	}
	if err := v.loggedActs(ctx, start, end, entries); err != nil {
		return err
	}
	var stored [][]byte
	err = v.db.r.SelectContext(ctx, &stored, `SELECT hash FROM evidence_hash WHERE idx >= ? AND idx < ? ORDER BY idx`,
		tlog.StoredHashCount(start), tlog.StoredHashCount(end))
	if err != nil {
		return err
	}
	signed, err := v.checkpoints(ctx, start, end)
	if err != nil {
		return err
	}
	for i := start; i < end; i++ {
		if len(leaves) == 0 || leaves[0].Idx != i {
			return &Break{Leaf: i, What: "the leaf is missing"}
		}
		leaf := leaves[0]
		leaves = leaves[1:]
		id, err := v.leaf(entries, leaf, signed.around(i))
		if err != nil {
			return err
		}
		for _, h := range tree.add(tlog.RecordHash(leafData(leaf.Shard, leaf.Number, leaf.Hash))) {
			if len(stored) == 0 || hashOf(stored[0]) != h {
				return &Break{EventID: id, Leaf: i, What: "the tree's stored hash does not match the leaf"}
			}
			stored = stored[1:]
		}
		for _, want := range signed.trees[tree.size] {
			if want != tree.hash() {
				return &Break{Leaf: i, What: fmt.Sprintf("the first %d entries are not those of the signed checkpoint", tree.size)}
			}
		}
	}
	return nil
}

// place is where an entry stands among all.
type place struct {
	shard  int
	number int64
}

// leaf looks at one leaf and its entry, and returns the entry's id.
func (v *verification) leaf(entries map[place]checked, leaf leafRow, covered span) (string, error) {
	broken := func(id, what string) error { return &Break{EventID: id, Leaf: leaf.Idx, What: what} }
	if kindOf(leaf.Shard) == (kind{}) {
		return "", broken("", fmt.Sprintf("there is no shard %d", leaf.Shard))
	}
	if want := v.numbers[leaf.Shard] + 1; leaf.Number != want {
		return "", broken("", fmt.Sprintf("entry %d of shard %d is not in the log: %d follows on %d", want, leaf.Shard, leaf.Number, want-1))
	}
	v.numbers[leaf.Shard] = leaf.Number
	e, ok := entries[place{leaf.Shard, leaf.Number}]
	if !ok && v.swept(leaf, covered) {
		return "", nil
	}
	if !ok {
		return "", broken("", fmt.Sprintf("the entry is missing: number %d of shard %d", leaf.Number, leaf.Shard))
	}
	id := e.entry()
	if hex.EncodeToString(leaf.Hash) != e.hash() {
		if what := e.fault(v, covered); what != "" { // says more
			return id, broken(id, what)
		}
		return id, broken(id, "the leaf is not the entry's hash")
	}
	if what := e.fault(v, covered); what != "" {
		return id, broken(id, what)
	}
	e.count(v)
	return id, nil
}

// checked is an entry as it is verified.
type checked interface {
	entry() string // its id
	hash() string  // as stored
	at() place
	// fault says what is wrong with it; empty: nothing.
	fault(v *verification, covered span) string
	count(v *verification)
}

// span is the time in which an entry must have been written: not before, and not after.
type span struct{ from, to time.Time }

// holds reports whether a time lies within, as far as clocks go.
func (s span) holds(t time.Time) bool {
	return (s.from.IsZero() || !t.Before(s.from.Add(-clocksApart))) && (s.to.IsZero() || !t.After(s.to.Add(clocksApart)))
}

// against says that a time does not lie within.
func (s span) against(what string, t time.Time) string {
	return fmt.Sprintf("it was %s %s, and the checkpoints around it say %s to %s", what, at(t), at(s.from), at(s.to))
}

// signed are the checkpoints of a page of the log.
type signed struct {
	trees map[int64][]tlog.Hash // by size
	// sizes and times of those around and within, in order.
	at []checkpointAt
}

// add takes up a checkpoint, with the time that is signed with it.
func (s *signed) add(c evidence.Checkpoint, start, end int64) {
	s.at = append(s.at, checkpointAt{Size: c.Size, Time: c.Time})
	if c.Size > start && c.Size <= end {
		s.trees[c.Size] = append(s.trees[c.Size], c.Tree)
	}
}

// around is the time between the checkpoint that does not cover leaf i and the one that does.
func (s signed) around(i int64) span {
	var covered span
	for _, c := range s.at {
		if c.Size > i {
			covered.to = c.Time
			break
		}
		covered.from = c.Time
	}
	return covered
}

// checkpoints returns the signed tree hashes of the sizes after start up to end, with the checkpoints around them.
func (v *verification) checkpoints(ctx context.Context, start, end int64) (signed, error) {
	var rows []struct {
		checkpointAt
		Note string `db:"note"`
	}
	// One before the page, and one after it.
	err := v.db.r.SelectContext(ctx, &rows, `
		SELECT size, note FROM evidence_checkpoint
		WHERE size >= COALESCE((SELECT MAX(b.size) FROM evidence_checkpoint b WHERE b.size <= ?), 0)
			AND size <= COALESCE((SELECT MIN(a.size) FROM evidence_checkpoint a WHERE a.size >= ?), ?)
		ORDER BY size`, start, end, end)
	if err != nil {
		return signed{}, err
	}
	s := signed{trees: map[int64][]tlog.Hash{}}
	for _, r := range rows {
		c, err := evidence.OpenCheckpoint(r.Note, v.keys)
		if err != nil || c.Size != r.Size {
			return s, &Break{Leaf: -1, What: fmt.Sprintf("the checkpoint of %d entries is not signed by this log", r.Size)}
		}
		s.add(c, start, end)
	}
	for _, c := range v.held {
		s.add(c, start, end)
	}
	slices.SortFunc(s.at, func(a, b checkpointAt) int { return cmp.Compare(a.Size, b.Size) })
	if len(s.at) > 0 {
		v.signed = s.at[len(s.at)-1].Time
	}
	return s, nil
}
