package store_test

import (
	"cmp"
	"slices"
	"time"

	"pgregory.net/rapid"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// courseKey is a course of a platform.
type courseKey struct{ platformID, contextID string }

// enter launches somebody from an activity that asks for policies, and returns from which course.
func (h *history) enter(p lti.Platform, sub, wants string) (store.User, string) {
	id := pick(h, "activity", []string{"l1", "l2", "l3"})
	m := graded(sub, id)
	m.Person = lti.Person{Name: "Person " + sub}
	m.Context = lti.Context{ID: activities[id], Title: activities[id]}
	switch sub {
	case "test":
		m.Roles = testRoles()
	case "guest":
		m.Roles = lti.ParseRoles([]string{guestRole})
	case "admin": // or who is one no more
		m.Roles = lti.ParseRoles([]string{pick(h, "role", []string{adminRole, adminRole, learnerRole})})
	}
	m.Custom = map[string]string{"policies": wants}
	l := link{contextID: activities[id], graded: rapid.Bool().Draw(h.T, "graded"), slugs: policy.CourseSlugs(wants)}
	if !l.graded {
		m.AGS = lti.AGS{}
	}
	end := h.saysEnd(m, p)
	a, err := h.db.Admit(h.ctx, m, p)
	h.must(err)
	h.same("when the course ends", end, a.CourseEnd)
	h.people[a.User.ID] = a.User
	h.links[linkKey{p.ID, id}] = l
	h.Logf("%s launches as person %d from %s on %s, which asks for %v until %v", sub, a.User.ID, id, p.Name, l.slugs, a.CourseEnd)
	return a.User, l.contextID
}

// saysEnd lets a launch say something of when its course ends, or nothing, and returns when it ends then.
func (h *history) saysEnd(m *lti.Message, p lti.Platform) time.Time {
	at := courseKey{p.ID, m.Context.ID}
	switch says := pick(h, "the course's end", []string{"nothing", "nothing", "nothing", "nonsense", "none", "past", "soon", "later"}); says {
	case "nothing":
	case "nonsense":
		m.Custom["ltipolicy_end"] = "$CourseSection.timeFrame.end"
	case "none":
		m.Custom["ltipolicy_end"] = ""
		delete(h.ends, at)
	default:
		in := map[string]time.Duration{"past": -time.Hour, "soon": time.Second, "later": 26 * time.Hour}[says]
		h.ends[at] = h.clock.now().Add(in).Truncate(time.Microsecond)
		m.Custom["ltipolicy_end"] = h.ends[at].Format(time.RFC3339Nano)
	}
	return h.ends[at]
}

// end is when a course ends; zero: it does not.
func (h *history) end(platformID, course string) time.Time {
	return h.ends[courseKey{platformID, course}]
}

// ended says whether the course has ended.
func (h *history) ended(f facts, platformID, course string) bool {
	end := h.end(platformID, course)
	return !end.IsZero() && !f.now.Before(end)
}

// over says whether an answer of a person was given in a course that has ended.
func (h *history) over(f facts, u personFacts, g *policy.Given) bool {
	return g != nil && g.Scope != "" && h.ended(f, u.PlatformID, g.Scope)
}

// asksNow says whether the course asks for the policy and goes on.
func (h *history) asksNow(f facts, platformID, course, slug string) bool {
	return h.asksIn(platformID, course, slug) && !h.ended(f, platformID, course)
}

// attend has somebody come to a course that asks for a policy, and answer it there.
func (h *history) attend() {
	p, slug := h.platform(), pick(h, "slug", slugs)
	ps, err := h.db.Policies(h.ctx, h.institution)
	h.must(err)
	applies, err := h.db.PolicyPlatforms(h.ctx, h.institution)
	h.must(err)
	v := policy.Version{}
	if i := slices.IndexFunc(ps, func(o policy.Policy) bool { return o.Slug == slug && slices.Contains(applies[o.ID], p.ID) }); i >= 0 && ps[i].CurrentVersionID != 0 {
		v, err = h.db.Version(h.ctx, h.institution, ps[i].CurrentVersionID)
		h.must(err)
	}
	if !v.Courses {
		v = h.version(slug)
		v.Kind, v.Courses = pick(h, "kind", []policy.Kind{policy.Agree, policy.Consent}), true
		_, id, err := h.db.LoadPolicy(h.ctx, h.institution, slug, v, []string{p.ID})
		if h.refused(err) {
			return
		}
		v, err = h.db.Version(h.ctx, h.institution, id)
		h.must(err)
		h.Logf("load %s as version %d for courses: %s for %d, from %v", slug, id, v.Kind, v.Audience, v.EffectiveFrom)
	}
	u, course := h.enter(p, pick(h, "person", []string{"a", "b", "c"}), slug)
	given, err := h.db.Answers(h.ctx, u.ID)
	h.must(err)
	w := u.Person().At(h.clock.now()).In(h.ends[courseKey{p.ID, course}])
	e, err := policy.Decide(v, policy.Choice{VersionID: v.ID, Answer: pick(h, "answer", []policy.Answer{policy.Accepted, policy.Accepted, policy.Declined})}, w,
		policy.Latest(policy.InScope(given, course), v.ID, v.MaterialID))
	if h.refused(err) {
		return
	}
	e.InstitutionID, e.PlatformID, e.Issuer, e.Time = h.institution, p.ID, p.Issuer, h.clock.now()
	e.UserID, e.Sub, e.ActorID, e.ActorSub, e.Scope = u.ID, u.Sub, u.ID, u.Sub, course
	if _, err = h.db.Answer(h.ctx, []policy.Event{e}); !h.refused(err) {
		h.Logf("person %d answers version %d in %q: %s", u.ID, v.ID, course, e.Answer)
	}
}

// endCourse ends a course in which somebody answered, and which goes on asking otherwise.
func (h *history) endCourse() {
	answered := map[courseKey]bool{}
	for id, u := range h.people {
		given, err := h.db.Answers(h.ctx, id)
		h.must(err)
		for _, g := range given {
			answered[courseKey{u.PlatformID, g.Scope}] = true
		}
	}
	var from []linkKey
	for k, l := range h.links {
		if len(l.slugs) > 0 && answered[courseKey{k.platformID, l.contextID}] {
			from = append(from, k)
		}
	}
	if len(from) == 0 {
		h.Skip("nobody answered in a course yet")
	}
	slices.SortFunc(from, func(a, b linkKey) int {
		return cmp.Or(cmp.Compare(a.platformID, b.platformID), cmp.Compare(a.linkID, b.linkID))
	})
	k := pick(h, "activity", from)
	l, at := h.links[k], courseKey{k.platformID, h.links[k].contextID}
	p := h.platforms[slices.IndexFunc(h.platforms, func(p lti.Platform) bool { return p.ID == k.platformID })]
	m := graded("teacher", k.linkID)
	m.Context, m.Roles = lti.Context{ID: l.contextID, Title: l.contextID}, lti.ParseRoles([]string{"Instructor"})
	h.ends[at] = h.clock.now().Add(pick(h, "ended", []time.Duration{0, 0, time.Second})).Truncate(time.Microsecond)
	m.Custom = map[string]string{"policies": policy.CourseParameter(l.slugs), "ltipolicy_end": h.ends[at].Format(time.RFC3339Nano)}
	if !l.graded {
		m.AGS = lti.AGS{}
	}
	a, err := h.db.Admit(h.ctx, m, p)
	h.must(err)
	h.people[a.User.ID] = a.User
	h.Logf("%s of %s ends at %v", l.contextID, p.Name, a.CourseEnd)
}
