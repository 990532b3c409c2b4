package store

import (
	"context"
	"database/sql"

	"github.com/jmoiron/sqlx"
)

// Tx is a running transaction. Its statements end with the call that it belongs to, whatever context they are
// given: that of the function's caller may go on for as long as it likes, and a server that does not answer
// would hold the call for as long.
type Tx struct {
	*sqlx.Tx
	ctx context.Context //nolint:containedctx // the transaction's own

	held []heldShard // where its entries are numbered
}

// ExecContext is [sqlx.Tx.ExecContext].
func (tx *Tx) ExecContext(_ context.Context, query string, args ...any) (sql.Result, error) {
	return tx.Tx.ExecContext(tx.ctx, query, args...)
}

// GetContext is [sqlx.Tx.GetContext].
func (tx *Tx) GetContext(_ context.Context, dest any, query string, args ...any) error {
	return tx.Tx.GetContext(tx.ctx, dest, query, args...)
}

// SelectContext is [sqlx.Tx.SelectContext].
func (tx *Tx) SelectContext(_ context.Context, dest any, query string, args ...any) error {
	return tx.Tx.SelectContext(tx.ctx, dest, query, args...)
}

// QueryContext is [sql.Tx.QueryContext].
func (tx *Tx) QueryContext(_ context.Context, query string, args ...any) (*sql.Rows, error) {
	return tx.Tx.QueryContext(tx.ctx, query, args...)
}

// QueryxContext is [sqlx.Tx.QueryxContext].
func (tx *Tx) QueryxContext(_ context.Context, query string, args ...any) (*sqlx.Rows, error) {
	return tx.Tx.QueryxContext(tx.ctx, query, args...)
}

// QueryRowxContext is [sqlx.Tx.QueryRowxContext].
func (tx *Tx) QueryRowxContext(_ context.Context, query string, args ...any) *sqlx.Row {
	return tx.Tx.QueryRowxContext(tx.ctx, query, args...)
}
