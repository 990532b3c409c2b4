package admin

import (
	"context"
	"slices"

	"ltipolicy/store"
	"ltipolicy/templates"
)

// moves says where publishing the draft begins or ends to ask, site by site, and whom that concerns. Where nothing
// is active nobody is asked yet: then nothing moves.
func (o *Office) moves(ctx context.Context, a administrator, v addressed) ([]templates.Move, error) {
	old, ok := v.active()
	if !ok || v.then.Courses == v.now.Courses && slices.Equal(store.Placed(v.then.Platforms), store.Placed(v.now.Platforms)) {
		return nil, nil
	}
	before, err := o.store.Reach(ctx, a.ses.InstitutionID, old, v.now.Platforms, true)
	if err != nil {
		return nil, err
	}
	after, err := o.store.Reach(ctx, a.ses.InstitutionID, v.Version, v.then.Platforms, false)
	if err != nil {
		return nil, err
	}
	platforms, err := o.store.PlatformsOf(ctx, a.ses.InstitutionID)
	if err != nil {
		return nil, err
	}
	people := func(reach []store.ReachPlatform, id string) int {
		i := slices.IndexFunc(reach, func(r store.ReachPlatform) bool { return r.PlatformID == id })
		if i < 0 {
			return 0
		}
		return reach[i].People
	}
	names := siteNames(platforms)
	var out []templates.Move
	for _, p := range platforms {
		m := templates.Move{Site: names[p.ID], Was: people(before, p.ID), People: people(after, p.ID)}
		was, will := slices.Contains(v.now.Platforms, p.ID), slices.Contains(v.then.Platforms, p.ID)
		switch {
		case !was && !will, was && will && v.then.Courses == v.now.Courses:
			continue
		case !was:
			m.Key = "admin.publish.moves.added"
		case !will:
			m.Key = "admin.publish.moves.taken"
		case v.then.Courses:
			m.Key = "admin.publish.moves.courses"
		default:
			m.Key = "admin.publish.moves.whole"
		}
		out = append(out, m)
	}
	return out, nil
}
