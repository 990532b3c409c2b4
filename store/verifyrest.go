package store

import (
	"context"
	"fmt"
	"time"
)

// at writes a time for people; empty for none.
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
		for shard := k.first; shard < k.first+k.shards; shard++ {
			if err := v.restOf(ctx, shard); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *verification) restOf(ctx context.Context, shard int) error {
	for {
		var rows []answerRow
		err := v.db.r.SelectContext(ctx, &rows, `
			SELECT `+answerColumns+` FROM acceptance_event e`+answerPeople+`
			WHERE e.shard = ? AND e.number > ? ORDER BY e.number LIMIT ?`, shard, v.numbers[shard], verifyPage)
		if err != nil {
			return err
		}
		for i := range rows {
			r := &rows[i]
			if want := v.numbers[shard] + 1; r.Number != want {
				return &Break{Leaf: -1, What: fmt.Sprintf("the entry is missing: number %d of shard %d, which was not in the log yet", want, shard)}
			}
			v.numbers[shard] = r.Number
			if what := r.fault(v, span{}); what != "" {
				return &Break{EventID: r.ID, Leaf: -1, What: what}
			}
			r.count(v)
		}
		if len(rows) < verifyPage {
			return nil
		}
	}
}
