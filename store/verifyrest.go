package store

import (
	"context"
	"fmt"
	"time"
)

// at writes a time for people.
func at(t time.Time) string {
	if t.IsZero() {
		return "any time"
	}
	return t.UTC().Format(time.RFC3339)
}

// rest looks at the entries that are not in the log yet: those with numbers above the ones that are, without a gap.
// What is appended meanwhile is looked at here, too.
func (v *verification) rest(ctx context.Context) error {
	for _, k := range kinds {
		if err := v.strays(ctx, k); err != nil {
			return err
		}
		for shard := k.first; shard < k.first+k.shards; shard++ {
			given, err := v.given(ctx, shard)
			if err != nil {
				return err
			}
			if err := v.restOf(ctx, k, shard); err != nil {
				return err
			}
			if n := v.numbers[shard]; n < given {
				return &Break{Leaf: -1, What: fmt.Sprintf("the entry is missing: number %d of shard %d, the last of which is %d", n+1, shard, given)}
			}
			// Some more may have been given meanwhile.
			if given, err = v.given(ctx, shard); err != nil {
				return err
			}
			if n := v.numbers[shard]; n > given {
				return &Break{Leaf: -1, What: fmt.Sprintf("entry %d of shard %d has a number that nobody gave: the last is %d", n, shard, given)}
			}
		}
	}
	return nil
}

// given is the last number that was given in a shard.
func (v *verification) given(ctx context.Context, shard int) (n int64, err error) {
	err = v.db.r.GetContext(ctx, &n, `SELECT COALESCE(MAX(last), 0) FROM evidence_shard WHERE shard = ?`, shard)
	return n, err
}

// strays looks for rows where no entry can be: of a shard that there is not, or below the first number.
func (v *verification) strays(ctx context.Context, of kind) error {
	var ids []string
	for _, k := range kinds {
		if k.table != of.table {
			continue
		}
		for shard := k.first; shard < k.first+k.shards; shard++ {
			var below []string
			err := v.db.r.SelectContext(ctx, &below, `SELECT id FROM `+of.table+` WHERE shard = ? AND number < 1 LIMIT 1`, shard)
			if err != nil {
				return err
			}
			ids = append(ids, below...)
		}
	}
	var outside []string
	query := `SELECT id FROM ` + of.table + ` WHERE shard < ? OR shard >= ? LIMIT 1`
	first, end := of.first, of.first+of.shards
	if of.table == acts.table {
		first, end = acts.first, looks.first+looks.shards
	}
	if err := v.db.r.SelectContext(ctx, &outside, query, first, end); err != nil {
		return err
	}
	for _, id := range append(ids, outside...) {
		return &Break{EventID: id, Leaf: -1, What: "the entry has a number that nobody gives"}
	}
	return nil
}

func (v *verification) restOf(ctx context.Context, of kind, shard int) error {
	read := v.waitingActs
	if of == answers {
		read = v.waitingAnswers
	}
	for {
		entries, err := read(ctx, shard, v.numbers[shard])
		if err != nil {
			return err
		}
		for _, e := range entries {
			if want := v.numbers[shard] + 1; e.at().number != want {
				return &Break{Leaf: -1, What: fmt.Sprintf("the entry is missing: number %d of shard %d, which was not in the log yet", want, shard)}
			}
			v.numbers[shard]++
			if what := e.fault(v, span{from: v.signed}); what != "" {
				return &Break{EventID: e.entry(), Leaf: -1, What: what}
			}
			e.count(v)
		}
		if len(entries) < verifyPage {
			return nil
		}
	}
}
