package store

import (
	"context"
	"fmt"
	"strings"
)

// update changes several rows of a table in one statement, each to values of its own, if nobody changed them
// since they were read.
type update struct {
	table string
	key   string // the column that tells the rows apart
	keys  []any
	where string // what else the rows have in common; may be empty
	args  []any

	set, expect []column
}

// column holds a value for each row.
type column struct {
	name   string
	values []any
}

func columnOf[R any](name string, rows []R, value func(R) any) column {
	c := column{name: name}
	for _, r := range rows {
		c.values = append(c.values, value(r))
	}
	return c
}

// equals is the condition, or the assignment, that the column has the row's value.
func (c column) equals(key string, keys []any) (string, []any) {
	same := true
	for _, v := range c.values {
		same = same && v == c.values[0]
	}
	if same {
		return c.name + ` = ?`, c.values[:1]
	}
	var args []any
	for i, v := range c.values {
		args = append(args, keys[i], v)
	}
	return c.name + ` = CASE ` + key + strings.Repeat(` WHEN ? THEN ?`, len(keys)) + ` END`, args
}

// do runs the statement. A row that is another by now, or gone, is errAgain.
func (u update) do(ctx context.Context, tx *Tx) error {
	n, err := u.some(ctx, tx)
	if err == nil && n < len(u.keys) {
		err = errAgain
	}
	return err
}

// some runs the statement and returns how many rows it changed: all but those that are others by now, or gone.
func (u update) some(ctx context.Context, tx *Tx) (int, error) {
	var set, where []string
	var args []any
	for _, c := range u.set {
		part, values := c.equals(u.key, u.keys)
		set, args = append(set, part), append(args, values...)
	}
	if u.where != "" {
		where, args = append(where, u.where), append(args, u.args...)
	}
	where, args = append(where, u.key+` IN (?`+strings.Repeat(`, ?`, len(u.keys)-1)+`)`), append(args, u.keys...)
	for _, c := range u.expect {
		part, values := c.equals(u.key, u.keys)
		where, args = append(where, part), append(args, values...)
	}
	res, err := tx.ExecContext(ctx, `UPDATE `+u.table+` SET `+strings.Join(set, `, `)+` WHERE `+strings.Join(where, ` AND `), args...)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	if err == nil && n > int64(len(u.keys)) {
		err = fmt.Errorf("%d rows changed, want %d", n, len(u.keys))
	}
	return int(n), err
}
