package store_test

import (
	"time"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// courierActs are what is done between requests.
var courierActs = []act{
	{method: "AppendLog", prepare: func(o *office) func() (any, error) {
		v := o.active("site")
		o.answer(o.event(o.people[1], v, policy.Accepted))
		return func() (any, error) { return o.db.AppendLog(o.t.Context()) }
	}},
	{method: "Checkpoint", prepare: func(o *office) func() (any, error) {
		for _, slug := range []string{"site", "another"} { // the first of an hour is kept anyway
			o.active(slug)
			_, err := o.db.AppendLog(o.t.Context())
			o.must(err)
		}
		return func() (any, error) {
			signed, key, err := o.db.Checkpoint(o.t.Context())
			return []string{signed, key}, err
		}
	}},
	{method: "SaveDoorState", prepare: func(o *office) func() (any, error) {
		d := o.door()
		return func() (any, error) {
			return o.db.SaveDoorState(o.t.Context(), d, policy.Demand{1, 2})
		}
	}},
	{method: "NoticeDelivered", prepare: func(o *office) func() (any, error) {
		d := o.door()
		return only(func() error { return o.db.NoticeDelivered(o.t.Context(), o.platform.ID, d.State.Serial) })
	}},
	{method: "NoticePostponed", prepare: func(o *office) func() (any, error) {
		d := o.door()
		return only(func() error { return o.db.NoticePostponed(o.t.Context(), d, o.clock.now().Add(time.Hour)) })
	}},
	{method: "Saw", prepare: func(o *office) func() (any, error) {
		seen := store.Sighting{PlatformID: o.platform.ID, What: store.FrameLost, Seen: 2, Last: o.clock.now()}
		o.must(o.db.Saw(o.t.Context(), seen))
		return only(func() error {
			return o.db.Saw(o.t.Context(), seen, store.Sighting{PlatformID: o.platform.ID, What: store.DoorHeard, Seen: 1, Detail: "1", Last: o.clock.now()})
		})
	}},
	{method: "MarkAccounts", prepare: func(o *office) func() (any, error) {
		return func() (any, error) {
			return o.db.MarkAccounts(o.t.Context(), o.platform.ID, []lti.Account{
				{Sub: o.people[0].Sub, Is: lti.AccountDeleted}, {Sub: "unheard-of", Is: lti.AccountSuspended},
			})
		}
	}},
	{method: "CheckGates", prepare: func(o *office) func() (any, error) {
		o.scored()
		o.clock.add(time.Hour)
		o.checkGates()
		o.active("another") // whoever had everything owes one more
		return func() (any, error) { return o.db.CheckGates(o.t.Context(), 100) }
	}},
	{method: "TakeScores", prepare: func(o *office) func() (any, error) {
		o.scored()
		return func() (any, error) { return o.db.TakeScores(o.t.Context(), 10, 10) }
	}},
	{method: "LeaveBacklog", prepare: func(o *office) func() (any, error) {
		o.scored()
		o.exec(`UPDATE outbox SET sent = wanted, due = NULL, owedsince = NULL`) // they arrived
		o.clock.add(time.Hour)
		o.active("another")
		o.checkGates()
		_, err := o.db.TakeScores(o.t.Context(), 10, 10)
		o.must(err)
		return only(func() error { return o.db.LeaveBacklog(o.t.Context()) })
	}},
	{method: "ScoresSent", prepare: func(o *office) func() (any, error) {
		sc := o.scored().take()[0]
		return only(func() error { return o.db.ScoresSent(o.t.Context(), sc) })
	}},
	{method: "ScoreLate", prepare: func(o *office) func() (any, error) {
		sc := o.scored().take()[0]
		return only(func() error { return o.db.ScoreLate(o.t.Context(), sc, "away", time.Hour) })
	}},
	{method: "ScoreDead", prepare: func(o *office) func() (any, error) {
		sc := o.scored().take()[0]
		return only(func() error { return o.db.ScoreDead(o.t.Context(), sc, "refused") })
	}},
	{method: "RetryDeadScores", prepare: func(o *office) func() (any, error) {
		for _, sc := range o.scored().take() {
			o.must(o.db.ScoreDead(o.t.Context(), sc, "refused"))
		}
		return func() (any, error) { return o.db.RetryDeadScores(o.t.Context(), o.institution) }
	}},
	{method: "FillRoster", prepare: func(o *office) func() (any, error) {
		o.scored()
		o.must(o.fill(learners(3), 0).Done(o.t.Context()))
		o.clock.add(time.Hour)
		o.must(o.fill(learners(4), 0).Done(o.t.Context()))
		o.clock.add(time.Hour) // what is stale now is deleted
		return func() (any, error) {
			f, err := o.db.FillRoster(o.t.Context(), o.platform.ID, "2", 0)
			return f != nil, err
		}
	}},
	{method: "RosterFill.Add", prepare: func(o *office) func() (any, error) {
		o.scored()
		f := o.fill(learners(3), 0)
		return only(func() error {
			fill := *f
			if err := fill.Add(o.t.Context(), learners(260)); err != nil { // two transactions
				return err
			}
			return fill.Done(o.t.Context()) // which tells how many there are
		})
	}},
	{method: "RosterFill.Done", prepare: func(o *office) func() (any, error) {
		o.scored()
		f := o.fill(learners(3), 0)
		return only(func() error { return f.Done(o.t.Context()) })
	}},
	{method: "RosterFill.Failed", prepare: func(o *office) func() (any, error) {
		o.scored()
		f := o.fill(learners(3), 0)
		return only(func() error { return f.Failed(o.t.Context(), "unreachable") })
	}},
	{method: "OrderNotices", prepare: func(o *office) func() (any, error) {
		list := o.listed(3)
		r := o.roster()
		return func() (any, error) {
			by := reminding
			by.InstitutionID = o.institution
			return o.db.OrderNotices(o.t.Context(), by, o.batch(), r, []string{list[0].Sub, list[1].Sub})
		}
	}},
	{method: "HandNoticeOver", prepare: func(o *office) func() (any, error) {
		ns := o.ordered(2)
		return func() (any, error) {
			h, err := o.db.HandNoticeOver(o.t.Context(), ns[0], nil)
			if err == nil {
				h, err = o.db.HandNoticeOver(o.t.Context(), ns[1], h)
			}
			return h != nil, err
		}
	}},
	{method: "NoticeSent", prepare: func(o *office) func() (any, error) {
		h := o.handed(o.ordered(1)[0], nil)
		return only(func() error { return o.db.NoticeSent(o.t.Context(), h) })
	}},
	{method: "NoticeLate", prepare: func(o *office) func() (any, error) {
		n := o.ordered(1)[0]
		h := o.handed(n, nil)
		return only(func() error { return o.db.NoticeLate(o.t.Context(), n, h, "450 4.2.1") })
	}},
	{method: "NoticeFailed", prepare: func(o *office) func() (any, error) {
		n := o.ordered(1)[0]
		return only(func() error { return o.db.NoticeFailed(o.t.Context(), n, nil, "550 5.1.1") })
	}},
	{method: "PointlessNotices", prepare: func(o *office) func() (any, error) {
		ns := o.ordered(2)
		return only(func() error { return o.db.PointlessNotices(o.t.Context(), "answered", ns...) })
	}},
	{method: "UndeliverableNotices", prepare: func(o *office) func() (any, error) {
		ns := o.ordered(2)
		return only(func() error { return o.db.UndeliverableNotices(o.t.Context(), "no_address", ns...) })
	}},
	{method: "GiveUpNotices", prepare: func(o *office) func() (any, error) {
		o.handed(o.ordered(1)[0], nil)
		o.clock.add(time.Hour)
		return only(func() error { return o.db.GiveUpNotices(o.t.Context(), o.platform.ID) })
	}},
}

// ordered are notices to some people of the course.
func (o *office) ordered(people int) []store.Notice {
	o.t.Helper()
	var subs []string
	for _, x := range o.listed(people) {
		subs = append(subs, x.Sub)
	}
	o.order(subs...)
	return o.dueNotices(people)
}
