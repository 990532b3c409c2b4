package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// decisions are what all acts of erasing, and of sweeping what was erased before, say together.
type decisions struct {
	Erased
	n int64 // how many decisions
}

// decisions reads these acts. Whether they are whole is seen elsewhere.
func (v *verification) decisions(ctx context.Context) (decisions, error) {
	var all decisions
	ids := map[string]bool{}
	err := v.eachAct(ctx, []string{eraseAct, sweepAct}, func(r *actRow) error {
		if r.Action == sweepAct {
			var d sweepDetail
			err := json.Unmarshal([]byte(r.Detail), &d)
			all.Acts -= d.Erased
			return err
		}
		var d eraseDetail
		if err := json.Unmarshal([]byte(r.Detail), &d); err != nil {
			return err
		}
		ids[d.Decision] = true
		all.add(d.Erased)
		return nil
	})
	all.n = int64(len(ids))
	return all, err
}

// decided reads what was erased before anything else is looked at.
func (v *verification) decided(ctx context.Context) error {
	var err error
	v.before, err = v.decisions(ctx)
	return err
}

// erasures compares what is erased with what was decided. Where somebody was erased meanwhile, nothing can be compared.
func (v *verification) erasures(ctx context.Context) error {
	var people int64
	if err := v.db.r.GetContext(ctx, &people, `SELECT COUNT(id) FROM lti_user WHERE timeerased IS NOT NULL`); err != nil {
		return err
	}
	d, err := v.decisions(ctx)
	if err != nil {
		return err
	}
	v.Decisions = d.n
	if d != v.before {
		return nil
	}
	for _, c := range []struct {
		what       string
		have, want int64
	}{
		{"answers", v.Intact.Erased, d.Answers}, {"answers for others", v.acted, d.Acted}, {"names in acts", v.unnamed, d.Acts},
		{"people", people, d.People},
	} {
		if c.have != c.want {
			return &Break{Leaf: -1, What: fmt.Sprintf("%d %s were erased, and the decisions say %d", c.have, c.what, c.want)}
		}
	}
	return nil
}

// eachAct hands over the acts of some kinds, kind by kind, in the order of time.
func (v *verification) eachAct(ctx context.Context, actions []string, f func(*actRow) error) error {
	for _, action := range actions {
		for after, id := time.Unix(0, 0).UTC(), ""; ; {
			var rows []actRow
			err := v.db.r.SelectContext(ctx, &rows, `
				SELECT `+actColumns+` FROM admin_log a
				WHERE a.action = ? AND a.timecreated >= ? AND (a.timecreated > ? OR a.id > ?)
				ORDER BY a.timecreated, a.id LIMIT ?`, action, after, after, id, verifyPage)
			if err != nil {
				return err
			}
			for i := range rows {
				if err := f(&rows[i]); err != nil {
					return &Break{EventID: rows[i].ID, Leaf: -1, What: "what the act says cannot be read: " + err.Error()}
				}
				after, id = rows[i].Recorded.UTC(), rows[i].ID
			}
			if len(rows) < verifyPage {
				break
			}
		}
	}
	return nil
}
