//go:build linux

package main

import (
	"context"
	"fmt"
	"strings"
)

// books compares what people were told with what a server holds.
type books struct {
	lost, doubled int
	evidence      string
}

// audit reads the events at a node: an answer is lost if its person was told that it was saved and it is not there,
// and doubled if it is there twice.
func audit(ctx context.Context, n *node, database string, l *load) (books, error) {
	var b books
	rows, err := n.db.QueryContext(ctx, "SELECT sub, versionid, COUNT(*) FROM `"+database+"`.acceptance_event GROUP BY sub, versionid")
	if err != nil {
		return b, fmt.Errorf("reading the events: %w", err)
	}
	defer rows.Close() //nolint:errcheck // only read
	there := map[string]bool{}
	for rows.Next() {
		var sub string
		var version int64
		var count int
		if err := rows.Scan(&sub, &version, &count); err != nil {
			return b, err
		}
		there[fmt.Sprint(sub, "/", version)] = true
		if count > 1 {
			b.doubled++
		}
	}
	for sub := range l.confirmed {
		for _, version := range l.site.versions {
			if !there[fmt.Sprint(sub, "/", version)] {
				b.lost++
			}
		}
	}
	return b, rows.Err()
}

// verify has the tool compute the evidence log anew.
func verify(ctx context.Context, p *program, dsn string) string {
	out, err := p.run(ctx, "evidence", "verify", "-database", dsn)
	if err != nil {
		return err.Error()
	}
	_, how, _ := strings.Cut(strings.TrimSpace(out), ", ")
	return how
}
