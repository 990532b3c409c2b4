package launch

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// publicPolicies is the list of a platform's active policies, for anyone, as Moodle's viewall.php. Any site
// may frame it: it holds nothing to decide and nothing personal, and Moodle embeds such a page at sign-up.
func (s *Server) publicPolicies(w http.ResponseWriter, r *http.Request) error {
	p, err := s.store.Platform(r.Context(), r.PathValue("platform"))
	if err == nil && p.Status != lti.Active {
		err = policy.E(policy.ErrNotFound, "")
	}
	if errors.Is(err, policy.ErrNotFound) {
		return err
	}
	if err != nil {
		return fmt.Errorf("finding the platform: %w", err)
	}
	frameAnywhere(w)
	page := templates.PublicPage{Page: s.base(r, store.Session{})}
	page.Site = p.Name
	return s.list(w, r, page, p.ID)
}

// policies is the same list within a launch: for readers who look something up, and for guests and launches
// without a person, where it says that nothing is recorded.
func (s *Server) policies(w http.ResponseWriter, r *http.Request) error {
	ses := sessionOf(r.Context())
	page := templates.PublicPage{Page: s.base(r, ses)}
	switch {
	case ses.Sub == "":
		page.Notice = "public.anonymous"
	case ses.Guest:
		page.Notice = "public.guest"
	}
	return s.list(w, r, page, ses.PlatformID)
}

func (s *Server) list(w http.ResponseWriter, r *http.Request, page templates.PublicPage, platformID string) error {
	active, err := s.store.ActiveVersions(r.Context(), platformID, "")
	if err != nil {
		return fmt.Errorf("reading the active policies: %w", err)
	}
	for _, v := range active {
		page.Policies = append(page.Policies, templates.NewPublicPolicy(v, s.readable(page.Locale, v)))
	}
	s.render(w, r, http.StatusOK, func(b *bytes.Buffer) error { return s.pages.Public(b, page) })
	return nil
}

// home is where site admins land, and teachers who came without a course. Admins see all policies; they are
// reminded of what they have not answered, and never held up, as in Moodle.
func (s *Server) home(w http.ResponseWriter, r *http.Request) error {
	ses := sessionOf(r.Context())
	if !ses.Teacher && !ses.Admin {
		return policy.E(policy.ErrForbidden, "")
	}
	if ses.Admin {
		return s.asAdmin(s.adminList)(w, r)
	}
	if page := startOf(ses); page != "home" {
		return redirect(w, r, at(ses, page))
	}
	t, err := s.todo(r, ses)
	if err != nil {
		return err
	}
	p := templates.HomePage{
		Page: s.base(r, ses), Course: ses.ContextTitle, Pending: len(t.left),
		Answer: at(ses, "pending"), Agreements: at(ses, "agreements"), Public: "/" + ses.PlatformID + "/policies",
	}
	if r.URL.Query().Get("saved") != "" {
		p.Flash = "flash.saved"
	}
	s.render(w, r, http.StatusOK, func(b *bytes.Buffer) error { return s.pages.Home(b, p) })
	return nil
}
