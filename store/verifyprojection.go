package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"
)

// projection compares Moodle's table with the events, people by people, each time as of one moment.
func (v *verification) projection(ctx context.Context) error {
	for after := int64(math.MinInt64); after != math.MaxInt64; {
		upTo, err := nextPeople(ctx, v.db.r, after, verifyPage)
		if err != nil {
			return err
		}
		if err := v.people(ctx, after, upTo); err != nil {
			return err
		}
		after = upTo
	}
	return nil
}

func (v *verification) people(ctx context.Context, after, upTo int64) error {
	tx, err := v.db.r.BeginTxx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // it only read
	want, err := standings(ctx, tx, after, upTo)
	if err != nil {
		return err
	}
	have, err := acceptances(ctx, tx, after, upTo)
	if err != nil {
		return err
	}
	for _, row := range have {
		s, ok := want[row.key()]
		switch {
		case !ok && !row.Status.Valid: // Moodle's "no answer yet"
		case !ok:
			return &Break{Leaf: -1, What: fmt.Sprintf("user %d has an answer to version %d without an event", row.UserID, row.VersionID)}
		case s.strays(row) != "":
			return &Break{EventID: s.last.ID, Leaf: -1, What: fmt.Sprintf("the answer of user %d to version %d is not the event's (%s)",
				row.UserID, row.VersionID, s.strays(row))}
		}
		delete(want, row.key())
	}
	lost := make([]string, 0, len(want))
	for k, s := range want {
		lost = append(lost, s.last.ID+" "+k.table())
	}
	if len(lost) > 0 {
		slices.Sort(lost)
		id, missing, _ := strings.Cut(lost[0], " ")
		return &Break{EventID: id, Leaf: -1, What: "the answer that the event gave is missing from " + missing}
	}
	return nil
}
