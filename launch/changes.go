package launch

import (
	"fmt"
	"net/http"
	"slices"

	"ltipolicy/launch/web"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// accepted is the reader's own latest act that let a version of a policy stand accepted, with that version.
type accepted struct {
	event   policy.Event
	version policy.Version
}

// earlier returns, by policy, what the reader accepted before of the policies on the next page: what a new
// version is compared with.
func (l *learner) earlier(r *http.Request, ses store.Session, t todo) (map[int64]accepted, error) {
	last := map[int64]accepted{}
	if len(t.given) == 0 {
		return last, nil
	}
	events, err := l.store.Events(r.Context(), ses.UserID)
	if err != nil {
		return nil, fmt.Errorf("reading the events: %w", err)
	}
	var ids []int64
	for _, v := range t.page() {
		i := slices.IndexFunc(events, func(e policy.Event) bool {
			return e.PolicyID == v.PolicyID && e.Scope == v.ScopeIn(ses.ContextID) && e.Standing == 1
		}) // newest first
		if i >= 0 && events[i].VersionID != v.ID {
			last[v.PolicyID] = accepted{event: events[i]}
			ids = append(ids, events[i].VersionID)
		}
	}
	versions, err := l.store.Versions(r.Context(), ses.InstitutionID, ids)
	if err != nil {
		return nil, fmt.Errorf("reading what was accepted: %w", err)
	}
	for id, a := range last {
		v, ok := versions[a.event.VersionID]
		if a.version = v; !ok { // imported without its text: there is nothing to compare
			delete(last, id)
			continue
		}
		last[id] = a
	}
	return last, nil
}

// changes compares a text on a pending page with what was accepted before; nil if there is nothing.
func changes(ses store.Session, l *templates.Locale, v policy.Version, now policy.Text, before accepted) *templates.Changes {
	if before.version.ID == 0 {
		return nil
	}
	old, ok := before.version.In(now.Lang)
	if !ok {
		if old, ok = before.version.In(before.event.Lang); !ok {
			old = before.version.Primary()
		}
	}
	c := templates.NewChanges(l, templates.AnswerID(v.ID)+"-changes", old, now, 5)
	c.Revision, c.Answered, c.Note = before.event.Revision, before.event.Time, v.ChangeNote
	if before.event.Digest != "" {
		c.Exact = web.At(ses, "agreements/"+before.event.ID)
	}
	return &c
}
