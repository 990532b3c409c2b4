package launch

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"
	_ "time/tzdata" // the zones, wherever the tool runs

	"ltipolicy/policy"
	"ltipolicy/templates"
)

// zones are those of the interface's languages; a date is meant in one of them.
var zones = []struct{ tag, name string }{
	{"ro", "Europe/Bucharest"}, {"lt", "Europe/Vilnius"}, {"bg", "Europe/Sofia"}, {"sr-Cyrl", "Europe/Belgrade"},
	{"pt", "Europe/Lisbon"}, {"en", "UTC"},
}

// localTime is how browsers send a date with time.
const localTime = "2006-01-02T15:04"

// publishChoice is what the dialog's form says.
type publishChoice struct {
	minor, later bool
	at, zone     string
}

// publishDialog says in sentences what publishing the draft of the address means.
func (s *Server) publishDialog(w http.ResponseWriter, r *http.Request, a admin) error {
	v, sites, err := s.editable(r, a)
	if err != nil {
		return err
	}
	return s.publishPage(w, r, a, v, sites, publishChoice{}, http.StatusOK, "")
}

func (s *Server) publishPage(w http.ResponseWriter, r *http.Request, a admin, v addressed, sites []string, c publishChoice, status int, problem string) error {
	text := v.Primary()
	here := "admin/versions/" + decimal(v.ID)
	p := templates.PublishPage{
		Page: a.base, Name: text.Name, Lang: text.Lang, Label: v.label, Problem: problem, ChooseMinor: c.minor, Later: c.later, At: c.at,
		Form: *a.form(here+"/publish", templates.Field{Name: editField, Value: decimal(v.Edit)}),
		Back: a.home(), Edit: a.at(here + "/edit"),
	}
	for _, t := range v.Texts {
		if policy.Words(t.Content) == 0 {
			p.Empty = append(p.Empty, t.Lang)
		}
	}
	var err error
	if p.Material, err = s.reach(r.Context(), a, v.Version, sites, false); err != nil {
		return err
	}
	if old, ok := v.active(); ok {
		labels := policy.RevisionLabels(v.others, a.base.Date)
		p.Old, p.MayMinor = labels[old.ID], old.Kind == v.Kind
		if !p.MayMinor {
			p.NotMinor = "admin.publish.kind"
		} else if p.Minor, err = s.reach(r.Context(), a, v.Version, sites, true); err != nil {
			return err
		}
		before, ok := old.In(text.Lang)
		if !ok {
			before = old.Primary()
		}
		changes := templates.NewChanges(a.base.Locale, "publish-changes", before, text)
		p.Changes = &changes
	}
	for _, z := range zones {
		selected := z.name == c.zone || c.zone == "" && z.tag == a.base.Tag()
		p.Zones = append(p.Zones, templates.Option{Value: z.name, Label: z.name, Selected: selected})
	}
	s.render(w, r, status, func(b *bytes.Buffer) error { return s.pages.Publish(b, p) })
	return nil
}

// reach says whom publishing concerns, by site.
func (s *Server) reach(ctx context.Context, a admin, v policy.Version, sites []string, minor bool) ([]templates.Reach, error) {
	list, err := s.store.Reach(ctx, a.ses.InstitutionID, v, sites, minor)
	if err != nil {
		return nil, err
	}
	platforms, err := s.store.PlatformsOf(ctx, a.ses.InstitutionID)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, p := range platforms {
		names[p.ID] = p.Name
	}
	var out []templates.Reach
	for _, x := range list {
		out = append(out, templates.Reach{Site: names[x.PlatformID], People: x.People, Asked: x.Asked, Courses: x.Courses})
	}
	return out, nil
}

// publish makes the draft active, now or on its day.
func (s *Server) publish(w http.ResponseWriter, r *http.Request, a admin) error {
	v, sites, err := s.editable(r, a)
	if err != nil {
		return err
	}
	c := publishChoice{
		minor: r.PostForm.Get("change") == "minor", later: r.PostForm.Get("when") == "later",
		at: r.PostForm.Get("at"), zone: r.PostForm.Get("zone"),
	}
	edit, err := strconv.ParseInt(r.PostForm.Get(editField), 10, 64)
	if err != nil {
		return policy.E(policy.ErrInvalid, "").Because(err)
	}
	again := func(status int, key string) error { return s.publishPage(w, r, a, v, sites, c, status, key) }
	if slices.ContainsFunc(v.Texts, func(t policy.Text) bool { return policy.Words(t.Content) == 0 }) {
		return again(http.StatusUnprocessableEntity, "admin.problem.empty")
	}
	done := "published"
	if c.later {
		at, ok := momentOf(c)
		if !ok || !at.After(s.now()) {
			return again(http.StatusUnprocessableEntity, "admin.problem.when")
		}
		done, err = "scheduled", s.store.Schedule(r.Context(), a.who(), v.ID, edit, c.minor, at)
	} else {
		err = s.store.Publish(r.Context(), a.who(), v.ID, edit, c.minor)
	}
	switch {
	case err == nil:
		return a.done(w, r, a.home(), done)
	case errors.Is(err, policy.ErrInvalid):
		return again(http.StatusUnprocessableEntity, "admin.problem.minor")
	case errors.Is(err, policy.ErrConflict):
		outcome(r.Context(), "conflict")
		return again(http.StatusConflict, "admin.problem.changed")
	}
	return err
}

// momentOf reads a local time. One that the clocks skip in spring counts as the next one that exists.
func momentOf(c publishChoice) (time.Time, bool) {
	if !slices.ContainsFunc(zones, func(z struct{ tag, name string }) bool { return z.name == c.zone }) {
		return time.Time{}, false
	}
	zone, err := time.LoadLocation(c.zone)
	if err != nil {
		return time.Time{}, false
	}
	at, err := time.ParseInLocation(localTime, c.at, zone)
	return at.UTC(), err == nil
}
