package launch

import (
	"errors"
	"fmt"
	"net/http"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// lastAccepted returns, by policy, the reader's own latest act that let a version stand accepted: what a new
// version is compared with. Other people's answers, and what was published in between, do not matter.
func (s *Server) lastAccepted(r *http.Request, ses store.Session) (map[int64]policy.Event, error) {
	events, err := s.store.Events(r.Context(), ses.UserID)
	if err != nil {
		return nil, fmt.Errorf("reading the events: %w", err)
	}
	last := map[int64]policy.Event{}
	for _, e := range events { // newest first
		if _, ok := last[e.PolicyID]; !ok && e.Standing == 1 {
			last[e.PolicyID] = e
		}
	}
	return last, nil
}

// changes compares a text on a pending page with the one behind an earlier event of the reader; nil without
// one, or if it was this version.
func (s *Server) changes(r *http.Request, ses store.Session, l *templates.Locale, v policy.Version, now policy.Text, before policy.Event) (*templates.Changes, error) {
	if before.VersionID == 0 || before.VersionID == v.ID {
		return nil, nil
	}
	earlier, err := s.store.Version(r.Context(), ses.InstitutionID, before.VersionID)
	if errors.Is(err, policy.ErrNotFound) {
		return nil, nil // imported without its text: there is nothing to compare
	}
	if err != nil {
		return nil, fmt.Errorf("reading version %d: %w", before.VersionID, err)
	}
	old, ok := earlier.In(now.Lang)
	if !ok {
		if old, ok = earlier.In(before.Lang); !ok {
			old = earlier.Primary()
		}
	}
	c := templates.NewChanges(l, templates.AnswerID(v.ID)+"-changes", old, now, 5)
	c.Revision, c.Answered, c.Note = before.Revision, before.Time, v.ChangeNote
	if before.Digest != "" {
		c.Exact = at(ses, "agreements/"+before.ID)
	}
	return &c, nil
}
