package store

import (
	"context"
	"database/sql"
	"reflect"

	"github.com/jmoiron/sqlx"
)

// reads is the pool for what is read outside transactions. A query waits for a database that is away, as a
// transaction does.
type reads struct {
	*sqlx.DB
	db *DB
}

// SelectContext is [sqlx.DB.SelectContext], again if need be.
func (r reads) SelectContext(ctx context.Context, dest any, query string, args ...any) error {
	return r.db.retry(ctx, func(ctx context.Context) error {
		reflect.ValueOf(dest).Elem().SetZero() // rows of a query that broke off
		return r.DB.SelectContext(ctx, dest, query, args...)
	})
}

// GetContext is [sqlx.DB.GetContext], again if need be.
func (r reads) GetContext(ctx context.Context, dest any, query string, args ...any) error {
	return r.db.retry(ctx, func(ctx context.Context) error { return r.DB.GetContext(ctx, dest, query, args...) })
}

// QueryContext begins a query, again if need be. Rows that break off later are the caller's to notice.
func (r reads) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	var rows *sql.Rows
	err := r.db.retry(ctx, func(ctx context.Context) (err error) {
		rows, err = r.DB.QueryContext(ctx, query, args...) //nolint:sqlclosecheck // the caller's
		return err
	})
	return rows, err
}

// QueryxContext is QueryContext for [sqlx.SelectContext].
func (r reads) QueryxContext(ctx context.Context, query string, args ...any) (*sqlx.Rows, error) {
	var rows *sqlx.Rows
	err := r.db.retry(ctx, func(ctx context.Context) (err error) {
		rows, err = r.DB.QueryxContext(ctx, query, args...)
		return err
	})
	return rows, err
}
