package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/mod/sumdb/tlog"

	"ltipolicy/evidence"
)

const (
	logJob   = "evidence"
	logLease = time.Minute
	logBatch = 100 // entries in one transaction, about
)

// AppendLog appends the entries that are not in it yet to the evidence log, a Merkle tree as in RFC 6962 whose
// leaves are the entries' hashes, and signs a checkpoint over the result. It returns how many it appended; 0
// also while another replica does it. To be called every two seconds by one goroutine of each replica; while nothing
// waits it costs a look.
func (db *DB) AppendLog(ctx context.Context) (appended int, err error) {
	heads, err := headsOf(ctx, db.r)
	if err != nil {
		return 0, fmt.Errorf("looking for what is not in the evidence log: %w", unavailable(err))
	}
	if waiting(heads) > 0 {
		if appended, err = db.appendAll(ctx); err != nil || appended == 0 {
			return appended, err
		}
	}
	if err := db.sign(ctx); err != nil {
		return appended, fmt.Errorf("signing the evidence log: %w", err)
	}
	return appended, nil
}

// appendAll appends all that waits, unless another replica does.
func (db *DB) appendAll(ctx context.Context) (appended int, err error) {
	token, err := db.NewID()
	if err != nil {
		return 0, err
	}
	held := false
	defer func() {
		// Also after a failure, and if the program is stopping: until the lease ran out, nobody else would go on.
		if held {
			err = errors.Join(err, db.giveBack(ctx, logJob, token))
		}
	}()
	for {
		// Taken again for each batch, so that a long backlog does not outlive it.
		mine, err := db.takeLease(ctx, logJob, token, logLease)
		held = held || mine || err != nil
		if err != nil || !mine {
			return appended, err
		}
		n, more, err := db.appendBatch(ctx)
		if err != nil {
			return appended, fmt.Errorf("appending to the evidence log: %w", err)
		}
		appended += n
		if !more {
			return appended, nil
		}
	}
}

// appendBatch appends some entries, of each shard in the order of its numbers. Two replicas that do it at once meet
// at the leaf's key, and one starts again with the longer log. more: some were left.
func (db *DB) appendBatch(ctx context.Context) (n int, more bool, err error) {
	err = db.tx(ctx, func(tx *Tx) error {
		heads, err := headsOf(ctx, tx)
		if err != nil {
			return err
		}
		queued, err := queuedOf(ctx, tx, heads)
		n, more = len(queued), waiting(heads) > len(queued)
		if err != nil || n == 0 {
			return err
		}
		size, err := logSize(ctx, tx)
		if err != nil {
			return err
		}
		var leaves, nodes []any
		reader := &hashReader{ctx: ctx, q: tx, fresh: map[int64]tlog.Hash{}}
		for i, e := range queued {
			leaf, err := hex.DecodeString(e.Hash)
			if err != nil || len(leaf) != sha256.Size {
				return fmt.Errorf("entry %d of shard %d: its hash column is no SHA-256", e.Number, e.Shard)
			}
			at := size + int64(i)
			hashes, err := tlog.StoredHashes(at, leafData(e.Shard, e.Number, leaf), reader)
			if err != nil {
				return err
			}
			first := tlog.StoredHashIndex(0, at)
			for j, h := range hashes {
				reader.fresh[first+int64(j)] = h
				nodes = append(nodes, first+int64(j), h[:])
			}
			leaves = append(leaves, at, e.Shard, e.Number, leaf)
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO evidence_leaf (idx, shard, number, hash) VALUES `+tuples(len(leaves)/4, 4), leaves...)
		if duplicate(err) {
			return errAgain
		}
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO evidence_hash (idx, hash) VALUES `+tuples(len(nodes)/2, 2), nodes...)
		if duplicate(err) {
			return errAgain
		}
		return err
	})
	return n, more, err
}

// head is how far a shard's entries go, and how far its leaves.
type head struct {
	Shard   int   `db:"shard"`
	Entries int64 `db:"entries"`
	Leaves  int64 `db:"leaves"`
}

// headsQuery looks at the end of each shard, by key.
var headsQuery = func() string {
	var looks []string
	for _, k := range kinds {
		for i := range k.shards {
			looks = append(looks, fmt.Sprintf(`SELECT %d AS shard, (SELECT COALESCE(MAX(number), 0) FROM %s WHERE shard = %[1]d) AS entries,
				(SELECT COALESCE(MAX(number), 0) FROM evidence_leaf WHERE shard = %[1]d) AS leaves`, k.first+i, k.table))
		}
	}
	return strings.Join(looks, ` UNION ALL `)
}()

func headsOf(ctx context.Context, q sqlx.QueryerContext) ([]head, error) {
	var heads []head
	return heads, sqlx.SelectContext(ctx, q, &heads, headsQuery)
}

// waiting is how many entries are not in the log yet.
func waiting(heads []head) int {
	n := int64(0)
	for _, h := range heads {
		n += max(0, h.Entries-h.Leaves)
	}
	return int(n)
}

// queued is an entry that is not in the log yet.
type queued struct {
	Shard  int    `db:"shard"`
	Number int64  `db:"number"`
	Hash   string `db:"hash"`
}

// queuedOf reads some of them, about [logBatch], in the order of shards and numbers.
func queuedOf(ctx context.Context, tx *Tx, heads []head) ([]queued, error) {
	heads = slices.DeleteFunc(slices.Clone(heads), func(h head) bool { return h.Entries <= h.Leaves })
	if len(heads) == 0 {
		return nil, nil
	}
	var looks []string
	var args []any
	for _, h := range heads {
		looks = append(looks, `SELECT * FROM (SELECT shard, number, hash FROM `+kindOf(h.Shard).table+`
			WHERE shard = ? AND number > ? ORDER BY number LIMIT ?) w`+strconv.Itoa(h.Shard))
		args = append(args, h.Shard, h.Leaves, (logBatch+len(heads)-1)/len(heads))
	}
	var rows []queued
	err := tx.SelectContext(ctx, &rows, strings.Join(looks, ` UNION ALL `), args...)
	slices.SortFunc(rows, func(a, b queued) int { return cmp.Or(cmp.Compare(a.Shard, b.Shard), cmp.Compare(a.Number, b.Number)) })
	return rows, err
}

// tuples is the placeholders of n rows of k columns.
func tuples(n, k int) string {
	row := "(?" + strings.Repeat(", ?", k-1) + ")"
	return row + strings.Repeat(", "+row, n-1)
}

func logSize(ctx context.Context, q sqlx.QueryerContext) (int64, error) {
	var last []int64
	if err := sqlx.SelectContext(ctx, q, &last, `SELECT idx FROM evidence_leaf ORDER BY idx DESC LIMIT 1`); err != nil {
		return 0, fmt.Errorf("reading the log's size: %w", err)
	}
	if len(last) == 0 {
		return 0, nil
	}
	return last[0] + 1, nil
}

// hashReader reads stored hashes, those of the running transaction first.
type hashReader struct {
	ctx   context.Context //nolint:containedctx // tlog's interface has no place for it
	q     sqlx.QueryerContext
	fresh map[int64]tlog.Hash
}

func (r *hashReader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var want []int64
	for _, i := range indexes {
		if _, ok := r.fresh[i]; !ok {
			want = append(want, i)
		}
	}
	if len(want) > 0 {
		query, args, err := sqlx.In(`SELECT idx, hash FROM evidence_hash WHERE idx IN (?)`, want)
		if err != nil {
			return nil, err
		}
		var rows []struct {
			Idx  int64  `db:"idx"`
			Hash []byte `db:"hash"`
		}
		if err := sqlx.SelectContext(r.ctx, r.q, &rows, query, args...); err != nil {
			return nil, err
		}
		for _, row := range rows {
			r.fresh[row.Idx] = hashOf(row.Hash)
		}
	}
	out := make([]tlog.Hash, len(indexes))
	for i, idx := range indexes {
		h, ok := r.fresh[idx]
		if !ok {
			return nil, fmt.Errorf("hash %d of the log is missing", idx)
		}
		out[i] = h
	}
	return out, nil
}

// hashOf is the zero hash, which matches nothing, for a value of another length.
func hashOf(b []byte) tlog.Hash {
	var h tlog.Hash
	if len(b) == len(h) {
		copy(h[:], b)
	}
	return h
}

// sign stores a checkpoint over the log as it is, unless there is one already.
func (db *DB) sign(ctx context.Context) error {
	size, err := logSize(ctx, db.r)
	if err != nil || size == 0 {
		return unavailable(err)
	}
	var have int
	if err := db.r.GetContext(ctx, &have, `SELECT COUNT(size) FROM evidence_checkpoint WHERE size = ?`, size); err != nil {
		return fmt.Errorf("reading the checkpoints: %w", unavailable(err))
	}
	if have > 0 {
		return nil
	}
	tree, err := tlog.TreeHash(size, &hashReader{ctx: ctx, q: db.r, fresh: map[int64]tlog.Hash{}})
	if err != nil {
		return fmt.Errorf("computing the tree's hash: %w", unavailable(err))
	}
	keys, err := db.logKeys(ctx)
	if err != nil {
		return err
	}
	now := utc(db.now())
	signed, err := evidence.Checkpoint{Size: size, Tree: tree, Time: now}.Sign(keys.signer)
	if err != nil {
		return err
	}
	hour, err := db.keepsHour(ctx, now)
	if err != nil {
		return fmt.Errorf("reading the checkpoints: %w", unavailable(err))
	}
	err = db.redo(ctx, func(tx *Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO evidence_checkpoint (size, note, timecreated, kept) VALUES (?, ?, ?, ?)`,
			size, signed, now, !hour)
		if duplicate(err) { // another replica's, over the same log
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("storing the checkpoint: %w", err)
	}
	// The log file is a second place that remembers: who changes the database must change it too.
	db.log.Info("evidence checkpoint", "size", size, "tree", tree.String())
	return nil
}
