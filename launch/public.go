package launch

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"time"

	"ltipolicy/launch/web"
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
	web.FrameAnywhere(w)
	page := templates.PublicPage{Page: s.Base(r, store.Session{})}
	page.Site = p.Name
	return s.list(w, r, page, p.ID)
}

// policies is the same list within a launch: for readers who look something up, and for guests and launches
// without a person, where it says that nothing is recorded.
func (s *Server) policies(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	page := templates.PublicPage{Page: s.Base(r, ses)}
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
	s.Render(w, r, http.StatusOK, func(b *bytes.Buffer) error { return s.Pages.Public(b, page) })
	return nil
}

// home is where site admins land, and teachers who came without a course. Admins see all policies; they are
// reminded of what they have not answered, and never held up, as in Moodle.
func (s *Server) home(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	if !ses.Teacher && !ses.Admin {
		return policy.E(policy.ErrForbidden, "")
	}
	if ses.Admin {
		return s.office.Home(w, r, ses)
	}
	if page := web.StartOf(ses); page != "home" {
		return web.Redirect(w, r, web.At(ses, page))
	}
	left, err := s.Left(r.Context(), ses)
	if err != nil {
		return err
	}
	p := templates.HomePage{
		Page: s.Base(r, ses), Course: ses.ContextTitle, Pending: left,
		Answer: web.At(ses, "pending"), Agreements: web.At(ses, "agreements"), Public: "/" + ses.PlatformID + "/policies",
	}
	if r.URL.Query().Get("saved") != "" {
		p.Flash = "flash.saved"
	}
	s.Render(w, r, http.StatusOK, func(b *bytes.Buffer) error { return s.Pages.Home(b, p) })
	return nil
}

// image serves an image of a policy text to anybody, without a session: texts in force are public, frames
// without cookies show them, too, and the address of a draft's image can be guessed no better than a key. What
// an address leads to never changes.
func (s *Server) image(w http.ResponseWriter, r *http.Request) error {
	digest := r.PathValue("digest")
	if !policy.IsImageDigest(digest) {
		return policy.E(policy.ErrNotFound, "")
	}
	i, err := s.store.Image(r.Context(), digest)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", i.Type)
	h.Set("ETag", `"`+i.Digest+`"`)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	// Whoever opens it by itself gets a picture and nothing that could run, whatever its bytes may also be.
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(i.Data))
	return nil
}
