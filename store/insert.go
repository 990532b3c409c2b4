package store

import (
	"context"
	"fmt"
	"reflect"
	"strings"
)

// insertRows writes rows of a table, a hundred in a statement. Each field of a row is the column of its tag. A row that is
// there already, by any unique key, is errAgain. sqlx's named parameters would do the same, but read the whole statement
// anew for each answer.
func insertRows[T any](ctx context.Context, tx *Tx, table string, rows []T) error {
	t := reflect.TypeFor[T]()
	columns := make([]string, t.NumField())
	for i := range columns {
		columns[i] = t.Field(i).Tag.Get("db")
	}
	head := "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES "
	for _, part := range parts(rows, 100) {
		values := make([]any, 0, len(part)*len(columns))
		for i := range part {
			row := reflect.ValueOf(&part[i]).Elem()
			for k := range columns {
				values = append(values, row.Field(k).Interface())
			}
		}
		_, err := tx.ExecContext(ctx, head+tuples(len(part), len(columns)), values...)
		if duplicate(err) {
			return errAgain
		}
		if err != nil {
			return fmt.Errorf("writing rows of %s: %w", table, err)
		}
	}
	return nil
}
