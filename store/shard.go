package store

import (
	"context"
	"fmt"
	"io"
)

// The entries of the evidence log are numbered in shards, so that those who write at once hardly meet: each is
// numbered one above the last of its shard, which evidence_shard keeps; of two who take the same number one goes
// through, and the other begins again. No number is ever left out.
const (
	firstAnswerShard = 0
	answerShards     = 32
	firstActShard    = 32
	actShards        = 4
	// Looks have shards of their own, because their rows end: always the first ones of a shard.
	firstLookShard = 36
	lookShards     = 4
)

// kind is a kind of entries: the table that holds them, and its shards.
type kind struct {
	table         string
	first, shards int
}

var (
	answers = kind{"acceptance_event", firstAnswerShard, answerShards}
	acts    = kind{"admin_log", firstActShard, actShards}
	looks   = kind{"admin_log", firstLookShard, lookShards}

	kinds = []kind{answers, acts, looks}
)

// lastNumber is the last number that was given in a shard; 0: none was. The entry that is to be the next names people,
// who must be there, see [DB.gone].
func (db *DB) lastNumber(ctx context.Context, tx *Tx, shard int, people []int64, acting ...int64) (int64, error) {
	var row struct {
		Last    int64 `db:"last"`
		Present int   `db:"present"`
	}
	present, args := db.present(people)
	err := tx.GetContext(ctx, &row, `SELECT COALESCE(MAX(s.last), 0) AS last, `+present+` AS present FROM evidence_shard s WHERE s.shard = ?`, append(args, shard)...)
	if err != nil {
		return 0, fmt.Errorf("reading the last number of shard %d: %w", shard, err)
	}
	if row.Present < len(people) {
		return 0, db.gone(ctx, tx, people, acting...)
	}
	return row.Last, nil
}

// give gives the numbers after last, up to one, to entries of the transaction.
func give(ctx context.Context, tx *Tx, shard int, last, to int64) error {
	if last == 0 {
		_, err := tx.ExecContext(ctx, `INSERT INTO evidence_shard (shard, last) VALUES (?, ?)`, shard, to)
		return saved("first number of a shard", err)
	}
	ok, err := one(tx.ExecContext(ctx, `UPDATE evidence_shard SET last = ? WHERE shard = ? AND last = ?`, to, shard, last))
	if err != nil {
		return fmt.Errorf("numbering in shard %d: %w", shard, err)
	}
	if !ok {
		return errAgain
	}
	return nil
}

// kindOf is the kind of a shard's entries; the zero kind if no shard has this number.
func kindOf(shard int) kind {
	for _, k := range kinds {
		if shard >= k.first && shard < k.first+k.shards {
			return k
		}
	}
	return kind{}
}

// leafData are the data of an entry's leaf: its hash. Those of a look have its place in front, so that no other entry's
// leaf can be made one of a look that was swept, of which nothing else is left.
func leafData(shard int, number int64, hash []byte) []byte {
	if kindOf(shard) != looks {
		return hash
	}
	return append(fmt.Appendf(nil, "ltipolicy look\n%d\n%d\n", shard, number), hash...)
}

// shards are those of one kind of entries that no transaction of this process is numbering in. Others may be.
type shards struct {
	free chan int
	of   kind
}

// newShards puts them in an order of which processes know nothing of each other's.
func newShards(rand io.Reader, of kind) (shards, error) {
	var b [1]byte
	if _, err := io.ReadFull(rand, b[:]); err != nil {
		return shards{}, fmt.Errorf("reading randomness: %w", err)
	}
	s := shards{free: make(chan int, of.shards), of: of}
	for i := range of.shards {
		s.free <- of.first + (int(b[0])+i)%of.shards
	}
	return s, nil
}

type heldShard struct {
	of    shards
	shard int
}

// shard is where the transaction numbers its entries of a kind: a shard that is free, and no more than this one
// until its end. With more transactions than shards some share one.
func (tx *Tx) shard(of shards) int {
	for _, h := range tx.held {
		if h.of == of {
			return h.shard
		}
	}
	select {
	case n := <-of.free:
		tx.held = append(tx.held, heldShard{of, n})
		return n
	default:
		return of.of.first
	}
}

// leaveShards gives back what the transaction held. It has ended.
func (tx *Tx) leaveShards() {
	for _, h := range tx.held {
		h.of.free <- h.shard
	}
	tx.held = nil
}
