package store

import (
	"context"
	"fmt"
)

// resealBatch is how many rows are sealed anew in one transaction.
const resealBatch = 100

// sealedTables are the tables that hold something sealed, each with its key, which is the row's name in the envelope.
var sealedTables = []struct{ table, key, column string }{
	{"tool_key", "kid", "sealed"},
	{"secret", "name", "value"},
	{"person_secret", "userid", "secret"},
}

// Reseal seals everything under the first key of [Options.Keys] that another one of them sealed, so that the others are
// not needed any more. It returns how much that was. It may be broken off and done again, and others may go on
// meanwhile as long as they have all of the keys.
func (db *DB) Reseal(ctx context.Context) (resealed int, err error) {
	if err := db.CheckKeys(ctx); err != nil {
		return 0, err
	}
	for _, t := range sealedTables {
		for last := ""; ; {
			n, next, err := db.resealSome(ctx, t.table, t.key, t.column, last)
			resealed += n
			if err != nil {
				return resealed, fmt.Errorf("sealing %s anew: %w", t.table, err)
			}
			if next == "" {
				break
			}
			last = next
		}
	}
	if resealed == 0 {
		return 0, nil
	}
	return resealed, db.LogAct(ctx, AdminEntry{Action: "key.reseal", Object: db.keys.ID()})
}

// resealSome goes on after a row and says where it came to; "": to the end.
func (db *DB) resealSome(ctx context.Context, table, key, column, last string) (n int, next string, err error) {
	err = db.tx(ctx, func(tx *Tx) error {
		n, next = 0, ""
		var rows []struct {
			Name   string `db:"name"`
			Sealed []byte `db:"sealed"`
		}
		query, args := `SELECT `+key+` AS name, `+column+` AS sealed FROM `+table, []any{}
		if last != "" {
			query, args = query+` WHERE `+key+` > ?`, append(args, last)
		}
		if err := tx.SelectContext(ctx, &rows, query+` ORDER BY `+key+` LIMIT ?`, append(args, resealBatch)...); err != nil {
			return err
		}
		for _, r := range rows {
			if db.keys.First(r.Sealed) {
				continue
			}
			plain, err := db.unseal(table, r.Name, r.Sealed)
			if err != nil {
				return err
			}
			fresh, err := db.seal(table, r.Name, plain)
			if err != nil {
				return err
			}
			// Not if somebody changed it meanwhile: then it is sealed under the first key already, or met again.
			ok, err := one(tx.ExecContext(ctx, `UPDATE `+table+` SET `+column+` = ? WHERE `+key+` = ? AND `+column+` = ?`, fresh, r.Name, r.Sealed))
			if err == nil && !ok {
				return errAgain
			}
			if err != nil {
				return err
			}
			n++
		}
		if len(rows) == resealBatch {
			next = rows[len(rows)-1].Name
		}
		return nil
	})
	return n, next, err
}
