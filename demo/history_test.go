package demo

import (
	"testing"
	"time"

	"ltipolicy/policy"
)

// The demo's course of 126 starts in the middle of a semester, and a second run on the same database adds nothing.
func TestDemoCourseHasAPast(t *testing.T) {
	ctx := t.Context()
	days := &calendar{now: time.Now}
	days.turn(time.Now().Add(-published))
	db := openDatabase(t, stageEngine(t), days.Now)
	w, err := newWorld(ctx, settings(t), db, 8080)
	if err != nil {
		t.Fatal(err)
	}
	small, large, err := pastOf(ctx, days, db, w.sites)
	if err != nil || len(small) != 1 || len(large) != 1 {
		t.Fatalf("%d and %d courses, %v", len(small), len(large), err)
	}
	h := small[0]
	if err := h.write(ctx); err != nil {
		t.Fatal(err)
	}
	days.turn(time.Time{})
	r, err := db.Roster(ctx, h.platform.ID, "3")
	if err != nil {
		t.Fatal(err)
	}
	columns, err := db.RosterColumns(ctx, h.platform.ID, "3")
	if err != nil {
		t.Fatal(err)
	}
	fold := policy.NewRoster(columns, time.Now())
	err = db.EachParticipant(ctx, r, columns, func(p policy.Participant, given []policy.Given) error {
		fold.Add(p, given)
		return nil
	})
	if sum := fold.Summary(); err != nil || sum.Complete != 87 || len(sum.Columns) != 3 || len(sum.Days) < 5 {
		t.Errorf("summary %+v, %v", sum, err)
	}
	// Its administrator finds two versions in the pictures, each with weeks of answers, and a minor change.
	active, err := db.ActiveVersions(ctx, h.platform.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	f, err := db.Figures(ctx, h.platform.InstitutionID, active[0].PolicyID)
	if err != nil || len(f.Materials) != 2 || len(f.Materials[0].Days) < 7 || len(f.Materials[1].Days) < 7 || active[0].MaterialID == active[0].ID {
		t.Errorf("figures %+v, %v", f, err)
	}
	// Whoever takes one of the first learners of the list meets the policies.
	for _, x := range h.site.People()[:withoutPast] {
		m, err := h.message(x, x.Username)
		if err != nil {
			t.Fatal(err)
		}
		u, err := db.Admit(ctx, m, h.platform)
		if err != nil {
			t.Fatal(err)
		}
		if given, err := db.Answers(ctx, u.ID); err != nil || len(given) > 0 {
			t.Errorf("%s has %d answers, %v", x.Username, len(given), err)
		}
	}
	if again, _, err := pastOf(ctx, days, db, w.sites); err != nil || len(again) != 0 {
		t.Errorf("%d courses to write again, %v", len(again), err)
	}
}
