package store

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/jmoiron/sqlx"

	"ltipolicy/policy"
)

// secretSize is the length of a person's secret in bytes.
const secretSize = 32

// roll is what is known before answers are entered: their shard with the last number that was given in it, and the secrets of people as
// they are stored. Of people who are not in it nothing is known yet; nil is a person who has none.
type roll struct {
	shard   int
	top     int64
	secrets map[int64][]byte
}

// rollOf reads the roll of a transaction that has not read it with something else, for events that are to be entered.
func (db *DB) rollOf(ctx context.Context, tx *Tx, events []policy.Event) (roll, error) {
	r := roll{shard: tx.shard(db.numbering[answers]), secrets: map[int64][]byte{}}
	var err error
	r.top, err = db.lastNumber(ctx, tx, r.shard, peopleOf(events))
	return r, err
}

// enter gives complete events their place in the log, their commitments and their hash, and writes them.
func (db *DB) enter(ctx context.Context, tx *Tx, events []policy.Event, r roll) error {
	if len(events) == 0 {
		return nil
	}
	secrets, err := db.secrets(ctx, tx, peopleOf(events), r.secrets)
	if err != nil {
		return err
	}
	now := utc(db.now())
	for i := range events {
		e := &events[i]
		e.Shard, e.Number, e.Recorded = r.shard, r.top+int64(i)+1, now
		subject := policy.KeyOf(secrets[e.UserID], e.ID)
		actor := subject
		if e.ActorID != e.UserID {
			actor = policy.KeyOf(secrets[e.ActorID], e.ID)
		}
		e.Commit(subject, actor)
		e.Hash = e.Sum()
	}
	if err := give(ctx, tx, r.shard, r.top, r.top+int64(len(events))); err != nil {
		return err
	}
	return insertEvents(ctx, tx, events)
}

// peopleOf are whose answers they are, and who gave them, each once.
func peopleOf(events []policy.Event) []int64 {
	var people []int64
	for _, e := range events {
		people = append(people, e.UserID, e.ActorID)
	}
	return distinct(people)
}

// secretRow is a row of person_secret.
type secretRow struct {
	UserID int64  `db:"userid"`
	Secret []byte `db:"secret"`
}

// secrets returns the secret of each of the people, of whom some rows are known. Those who have none get one.
func (db *DB) secrets(ctx context.Context, tx *Tx, people []int64, known map[int64][]byte) (map[int64][]byte, error) {
	rows := map[int64][]byte{}
	var unread []int64
	for _, id := range people {
		row, ok := known[id]
		if !ok {
			unread = append(unread, id)
		}
		rows[id] = row
	}
	for _, part := range parts(unread, 500) {
		query, args, err := sqlx.In(`SELECT userid, secret FROM person_secret WHERE userid IN (?)`, part)
		if err != nil {
			return nil, err
		}
		var some []secretRow
		if err := tx.SelectContext(ctx, &some, query, args...); err != nil {
			return nil, fmt.Errorf("reading the secrets of people: %w", err)
		}
		for _, r := range some {
			rows[r.UserID] = r.Secret
		}
	}
	secrets := make(map[int64][]byte, len(people))
	var fresh []any
	for _, id := range people {
		var err error
		if sealed := rows[id]; sealed != nil {
			secrets[id], err = db.openSecret(id, sealed)
		} else {
			secrets[id], sealed, err = db.newSecret(id)
			fresh = append(fresh, id, sealed, utc(db.now()))
		}
		if err != nil {
			return nil, err
		}
	}
	for part := range slices.Chunk(fresh, 3*100) {
		_, err := tx.ExecContext(ctx, `INSERT INTO person_secret (userid, secret, timecreated) VALUES `+tuples(len(part)/3, 3), part...)
		if err = saved("secrets of people", err); err != nil {
			return nil, err
		}
	}
	return secrets, nil
}

func (db *DB) newSecret(userID int64) (secret, sealed []byte, err error) {
	secret = make([]byte, secretSize)
	if _, err := io.ReadFull(db.rand, secret); err != nil {
		return nil, nil, fmt.Errorf("making a person's secret: %w", err)
	}
	sealed, err = db.sealSecret(userID, secret)
	return secret, sealed, err
}

// sealSecret is a person's secret as the database holds it.
func (db *DB) sealSecret(userID int64, secret []byte) ([]byte, error) {
	return db.seal("person_secret", strconv.FormatInt(userID, 10), secret)
}

// openSecret is the other way round.
func (db *DB) openSecret(userID int64, sealed []byte) ([]byte, error) {
	return db.unseal("person_secret", strconv.FormatInt(userID, 10), sealed)
}
