package store

import (
	"context"
	"errors"
	"slices"

	"github.com/jmoiron/sqlx"

	"ltipolicy/policy"
)

// Somebody may be erased while they are at something, or somebody is for them: it was read before, and is written
// after. So whoever writes something of a person finds the person there in the same transaction, in a statement that it
// makes anyway, and the row stays until its end: [DB.Erase] waits for it, and erases what was written with the rest. Who
// comes later waits for the erasure and finds nobody. On SQLite one alone writes.

// held ends a query whose rows stay as they are until the transaction's end.
func (db *DB) held() string {
	if db.mysql {
		return ` LOCK IN SHARE MODE`
	}
	return ``
}

// taken ends a query whose rows nobody else reads for writing, or changes, until the transaction's end.
func (db *DB) taken() string {
	if db.mysql {
		return ` FOR UPDATE`
	}
	return ``
}

// present is an expression that counts who of the people is there. ids has each once.
func (db *DB) present(ids []int64) (string, []any) {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	if len(ids) == 0 {
		return `0`, nil
	}
	return `(SELECT COUNT(u.id) FROM lti_user u WHERE u.id IN (` + marks(len(ids)) + `)` + db.held() + `)`, args
}

// from ends an INSERT of a SELECT with values so that it finds the person there, and otherwise inserts nothing. Nobody
// has the id 0, and of nobody nobody has to be there.
func (db *DB) from(userID int64) (string, []any) {
	if userID == 0 {
		return ``, nil
	}
	return ` FROM lti_user u WHERE u.id = ?` + db.held(), []any{userID}
}

// gone is why the transaction cannot go on where fewer people are there than have to be. Who acts is told what somebody
// is told whose visit ended: policy.ErrSession. Somebody else, whom an act is about, is policy.ErrNotFound.
func (db *DB) gone(ctx context.Context, tx *Tx, ids []int64, acting ...int64) error {
	query, args, err := sqlx.In(`SELECT u.id FROM lti_user u WHERE u.id IN (?)`+db.held(), ids)
	if err != nil {
		return err
	}
	var there []int64
	if err := tx.SelectContext(ctx, &there, query, args...); err != nil {
		return err
	}
	for _, id := range acting {
		if id > 0 && !slices.Contains(there, id) {
			return errErased
		}
	}
	return policy.E(policy.ErrNotFound, "").Because(errors.New("a person who was erased"))
}

// errErased refuses what somebody does who was erased meanwhile.
var errErased = policy.E(policy.ErrSession, "").Because(errors.New("the person was erased meanwhile"))
