package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// adminPages runs what an administrator's pages read and do, for the test of query plans.
func (s *site) adminPages() error {
	ctx := s.t.Context()
	a := store.Admin{InstitutionID: s.institution, Actor: "admin"}
	v := draft(policy.Agree, text("ro", "plan"))
	policyID, versionID, err := s.db.CreatePolicy(ctx, a, "plan", v, []string{s.platform.ID})
	if err != nil {
		return err
	}
	v.ID, v.Edit = versionID, 1
	if v.Edit, err = s.db.SaveDraft(ctx, a, v, []string{s.platform.ID}); err != nil {
		return err
	}
	if err := s.db.Publish(ctx, a, store.Publication{VersionID: versionID, Edit: v.Edit}); err != nil {
		return err
	}
	u := s.admit(in("2", "77", "reported", "planned"))
	there := s.loadForCourses("planned", draft(policy.Agree, text("ro", "plan")))
	s.answer(s.eventIn("2", u, there, policy.Accepted))
	if _, err := s.db.Figures(ctx, s.institution, there.PolicyID); err != nil {
		return err
	}
	if _, err := s.db.CourseNames(ctx, s.platform.ID, []string{"2"}); err != nil {
		return err
	}
	_, err = s.db.AnswerFor(ctx, a, store.Behalf{Platform: s.platform, UserIDs: []int64{u.ID}, VersionIDs: []int64{there.ID}, Answer: policy.Withdrawn, ActorID: u.ID})
	if err != nil {
		return err
	}
	for _, status := range []store.ReportStatus{store.ReportAny, store.ReportAccepted, store.ReportDeclined, store.ReportPending} {
		for _, q := range []store.ReportQuery{
			{}, {Text: "ana"}, {PolicyID: policyID}, {VersionID: versionID}, {PolicyID: there.PolicyID},
			{PlatformIDs: []string{s.platform.ID}, ContextID: "2", Role: "#Learner"}, {Role: "#Instructor"},
		} {
			q.InstitutionID, q.Status = s.institution, status
			if _, err := s.db.Report(ctx, q); err != nil {
				return err
			}
		}
	}
	if _, _, err := s.db.Counts(ctx, s.institution); err != nil {
		return err
	}
	if _, err := s.db.Figures(ctx, s.institution, policyID); err != nil {
		return err
	}
	v.PolicyID = policyID
	for _, minor := range []bool{false, true} {
		if _, err := s.db.Reach(ctx, s.institution, v, []string{s.platform.ID}, minor); err != nil {
			return err
		}
		if _, err := s.db.ReachPeople(ctx, s.institution, v, []string{s.platform.ID}, minor, store.ReportKey{}, 20); err != nil {
			return err
		}
	}
	if _, err := s.db.ClosingCourses(ctx, s.institution, v, s.platform.ID, 20); err != nil {
		return err
	}
	_, err = s.db.AnswerFor(ctx, a, store.Behalf{Platform: s.platform, UserIDs: []int64{u.ID}, VersionIDs: []int64{versionID}, Answer: policy.Accepted, ActorID: u.ID})
	if err != nil {
		return err
	}
	if err := s.db.Grant(ctx, a, s.platform.ID, u.ID, store.PowerReport); err != nil {
		return err
	}
	if _, err := s.db.PolicyVersions(ctx, s.institution, policyID); err != nil {
		return err
	}
	if _, err := s.db.Enrolments(ctx, s.platform.ID, u.ID); err != nil {
		return err
	}
	if _, err := s.db.VersionNames(ctx, s.institution); err != nil {
		return err
	}
	for _, platform := range []string{"", s.platform.ID} {
		if _, err := s.db.FindCourses(ctx, s.institution, platform, "chimie", 20); err != nil {
			return err
		}
	}
	if _, err := s.db.SomeCourses(ctx, s.institution, 100); err != nil {
		return err
	}
	if _, err := s.db.Course(ctx, s.institution, s.platform.ID, "2"); err != nil {
		return err
	}
	for _, q := range []store.LogQuery{{}, {Actor: "admin"}, {Action: "policy.create"}, {Actor: "admin", Action: "policy.create"}} {
		q.InstitutionID, q.Limit = s.institution, 1
		es, _, err := s.db.AdminLogPage(ctx, q)
		if err != nil || len(es) != 1 {
			return fmt.Errorf("log: %d entries, %w", len(es), err)
		}
		q.Before = store.LogKey{Time: es[0].Time, ID: es[0].ID}
		if _, _, err := s.db.AdminLogPage(ctx, q); err != nil {
			return err
		}
	}
	if _, _, err := s.db.AdminLogFilters(ctx, s.institution); err != nil {
		return err
	}
	return s.db.Inactivate(ctx, a, v.ID)
}

// crowd adds people with names in three scripts on a platform.
func (s *site) crowd(p lti.Platform, names ...string) []store.User {
	s.t.Helper()
	var us []store.User
	for i, name := range names {
		m := message(s.id(), s.id())
		m.Person = lti.Person{Name: name, Email: fmt.Sprintf("p%d@example.test", i)}
		u, err := s.db.Admit(s.t.Context(), m, p)
		s.must(err)
		us = append(us, u.User)
	}
	return us
}

func names(p store.ReportPage) []string {
	var out []string
	for _, r := range p.Rows {
		out = append(out, r.User.Name)
	}
	return out
}

func (s *site) report(q store.ReportQuery) store.ReportPage {
	s.t.Helper()
	q.InstitutionID = s.institution
	p, err := s.db.Report(s.t.Context(), q)
	s.must(err)
	return p
}

func TestReportPagesHoldEverybodyOnceInOrder(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		second := s.addPlatform("https://second.example", "c2")
		var want []string
		for i := range 25 {
			name := fmt.Sprintf("Țăran %02d", i/2) // equal names, on two platforms
			want = append(want, name)
			s.crowd([]lti.Platform{s.platform, second}[i%3%2], name)
		}
		var got []string
		q := store.ReportQuery{Limit: 4}
		for pages := 0; ; pages++ {
			p := s.report(q)
			got = append(got, names(p)...)
			if !p.More {
				break
			}
			if q.After = p.Next; pages > 30 {
				t.Fatal("the report does not end")
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages hold %v", got)
		}
	})
}

func TestReportFilters(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		agree := s.load("rules", draft(policy.Agree, text("ro", "a")))
		consent := s.load("cookies", draft(policy.Consent, text("ro", "b")))
		second := s.addPlatform("https://second.example", "c2")
		us := s.crowd(s.platform, "Ana Țăran", "Žydrūnė Šimkutė", "Георги Щерев", "Mihai Popescu")
		s.crowd(second, "Ana Other")
		tester := message("tester", "n1")
		tester.Person, tester.Roles = lti.Person{Name: "Ana Test"}, testRoles()
		if _, err := s.db.Admit(t.Context(), tester, s.platform); err != nil {
			t.Fatal(err)
		}
		teacher := message(us[3].Sub, "n2")
		teacher.Person.Name = us[3].Name
		teacher.Context = lti.Context{ID: "9"}
		teacher.Roles = lti.ParseRoles([]string{"http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"})
		if _, err := s.db.Admit(t.Context(), teacher, s.platform); err != nil {
			t.Fatal(err)
		}
		s.answer(s.event(us[0], agree, policy.Accepted), s.event(us[0], consent, policy.Accepted))
		s.answer(s.event(us[1], agree, policy.Accepted), s.event(us[1], consent, policy.Declined))
		s.answer(s.event(us[2], agree, policy.Accepted))
		here := []string{s.platform.ID}
		for name, tt := range map[string]struct {
			q    store.ReportQuery
			want []string
		}{
			"everybody":       {store.ReportQuery{}, []string{"Ana Other", "Ana Țăran", "Mihai Popescu", "Žydrūnė Šimkutė", "Георги Щерев"}},
			"tests":           {store.ReportQuery{Class: "test"}, []string{"Ana Test"}},
			"text":            {store.ReportQuery{Text: "TARAN ana"}, []string{"Ana Țăran"}},
			"text in another": {store.ReportQuery{Text: "щерев"}, []string{"Георги Щерев"}},
			"text of address": {store.ReportQuery{Text: "p1@example"}, []string{"Žydrūnė Šimkutė"}},
			"nobody":          {store.ReportQuery{Text: "100% nobody_"}, nil},
			"platform":        {store.ReportQuery{PlatformIDs: []string{second.ID}}, []string{"Ana Other"}},
			"course":          {store.ReportQuery{PlatformIDs: here, ContextID: "9"}, []string{"Mihai Popescu"}},
			"role":            {store.ReportQuery{Role: "membership#Instructor"}, []string{"Mihai Popescu"}},
			"course and role": {store.ReportQuery{PlatformIDs: here, ContextID: "2", Role: "membership#Instructor"}, nil},
			"all accepted":    {store.ReportQuery{Status: store.ReportAccepted}, []string{"Ana Țăran"}},
			"any declined":    {store.ReportQuery{Status: store.ReportDeclined}, []string{"Žydrūnė Šimkutė"}},
			"any pending":     {store.ReportQuery{Status: store.ReportPending}, []string{"Mihai Popescu", "Георги Щерев"}},
			"one pending":     {store.ReportQuery{Status: store.ReportPending, PolicyID: agree.PolicyID}, []string{"Mihai Popescu"}},
		} {
			if got := names(s.report(tt.q)); !slices.Equal(got, tt.want) {
				t.Errorf("%s: %v, want %v", name, got, tt.want)
			}
		}
		counts, _, err := s.db.Counts(t.Context(), s.institution)
		s.must(err)
		if c := counts[agree.ID]; c != (store.Count{Accepted: 3, Asked: 4}) {
			t.Errorf("agree: %+v", c)
		}
		if c := counts[consent.ID]; c != (store.Count{Accepted: 1, Declined: 1, Asked: 4}) {
			t.Errorf("consent: %+v", c)
		}
		if r := s.report(store.ReportQuery{PlatformIDs: []string{second.ID}}).Rows[0].Reported(); r[0] != policy.ReportedNotAsked {
			t.Errorf("where the policy does not apply: %v", r)
		}
	})
}

// The filters that the database applies say what the domain's rule says, whatever was answered to which
// version of a material and in which order.
func TestReportFiltersAgreeWithTheRule(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		var us []store.User
		for i := range 24 {
			us = append(us, s.crowd(s.platform, fmt.Sprintf("P%02d", i))...)
		}
		v := draft(policy.Consent, text("ro", "a"))
		v1 := s.load("c", v)
		act := func(v policy.Version, round int) {
			for i, u := range us {
				switch (i >> round) % 3 {
				case 0:
					s.answer(s.event(u, v, policy.Accepted))
				case 1:
					s.answer(s.event(u, v, policy.Declined))
				}
			}
			s.clock.add(time.Minute)
		}
		act(v1, 0)
		v.Revision = "2"
		v2 := s.load("c", v)
		act(v2, 2)
		if v2.MaterialID != v1.MaterialID {
			t.Fatal("the change was not minor")
		}
		counts, _, err := s.db.Counts(t.Context(), s.institution)
		s.must(err)
		for status, fits := range map[store.ReportStatus]func(policy.Reported) bool{
			store.ReportAccepted: policy.Reported.Accepted, store.ReportDeclined: policy.Reported.Declined,
			store.ReportPending: func(r policy.Reported) bool { return r == policy.ReportedPending },
		} {
			var want []string
			for _, r := range s.report(store.ReportQuery{}).Rows {
				asked, err := s.db.Asked(t.Context(), s.platform.ID, "", r.User.ID)
				s.must(err)
				if policy.Report(asked[0].Latest, false, true, r.User.ID) != r.Reported()[0] {
					t.Errorf("%s: the report says %v, the launch %v", r.User.Name, r.Reported()[0], asked[0].Latest)
				}
				if fits(r.Reported()[0]) {
					want = append(want, r.User.Name)
				}
			}
			if got := names(s.report(store.ReportQuery{Status: status})); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", status, got, want)
			}
			c := counts[v2.ID]
			if n := map[store.ReportStatus]int{store.ReportAccepted: c.Accepted, store.ReportDeclined: c.Declined, store.ReportPending: c.Asked - c.Accepted - c.Declined}[status]; n != len(want) {
				t.Errorf("%s: counted %d, want %d", status, n, len(want))
			}
		}
	})
}
