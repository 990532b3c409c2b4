package launch

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"ltipolicy/launch/web"
	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// The fields of the form of "Select content".
const (
	policyField = "policy"
	addAct      = "add"
	cancelAct   = "cancel"
)

// selection is where a teacher puts an activity of the tool into a course (LTI deep linking).
type selection struct {
	*web.Frame
	store *store.DB
	tool  *lti.Tool
}

// selectContent shows a teacher what an activity in the course can ask for.
func (s *selection) selectContent(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	if _, err := s.store.DeepLink(r.Context(), ses.ID); err != nil {
		return used(err)
	}
	base := s.Base(r, ses)
	base.Nav = nil // this page is one step of the platform's own form
	p := templates.SelectPage{Page: base, Course: ses.ContextTitle}
	token, err := s.Present(ses.ID, base.Tag(), nil)
	if err != nil {
		return err
	}
	p.Form = templates.Form{Action: web.At(ses, "select"), Hidden: []templates.Field{token}}
	always, err := s.store.ActiveVersions(r.Context(), ses.PlatformID, "")
	if err != nil {
		return fmt.Errorf("reading the site's policies: %w", err)
	}
	for _, v := range always {
		p.Always = append(p.Always, s.selectItem(base.Locale, store.CoursePolicy{Version: v}))
	}
	offered, err := s.store.CoursePolicies(r.Context(), ses.PlatformID, ses.ContextID)
	if err != nil {
		return fmt.Errorf("reading the policies for courses: %w", err)
	}
	for _, o := range offered {
		p.Offered = append(p.Offered, s.selectItem(base.Locale, o))
	}
	s.Render(w, r, http.StatusOK, p)
	return nil
}

func (s *selection) selectItem(loc *templates.Locale, o store.CoursePolicy) templates.SelectItem {
	text := web.Readable(loc, o.Version)
	return templates.SelectItem{
		Slug: o.Slug, Name: text.Name, Lang: text.Lang, Summary: text.Summary,
		Type: o.Version.Type, Kind: o.Version.Kind, Asked: o.Asked,
	}
}

// returnContent answers the platform with what the teacher chose, or with nothing. The answer is a page and no
// redirect, because only a form can carry it on; the request that it answers works once.
func (s *selection) returnContent(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	if err := web.ParseForm(r); err != nil {
		return err
	}
	if _, err := s.Presented(r, ses.ID); err != nil {
		return err
	}
	asked, err := s.store.DeepLink(r.Context(), ses.ID)
	if err != nil {
		return used(err)
	}
	var items []lti.ContentItem
	switch r.PostForm.Get("act") {
	case addAct:
		if !asked.AcceptsLinks() {
			return policy.E(policy.ErrInvalid, "")
		}
		item, err := s.contentItem(r, ses)
		if err != nil {
			return err
		}
		items = append(items, item)
	case cancelAct:
	default:
		return policy.E(policy.ErrInvalid, "")
	}
	platform, err := s.store.Platform(r.Context(), ses.PlatformID)
	if err != nil {
		return fmt.Errorf("finding the platform: %w", err)
	}
	if asked, err = s.store.UseDeepLink(r.Context(), ses.ID); err != nil {
		return used(err)
	}
	jwt, err := s.tool.DeepLinkResponse(r.Context(), platform, ses.DeploymentID, asked, items)
	if err != nil {
		return fmt.Errorf("signing the answer: %w", err)
	}
	p := templates.HandoverPage{Page: s.Base(r, ses)}
	p.Nav, p.Return = nil, ""
	p.Form = templates.Form{Action: asked.ReturnURL, Hidden: []templates.Field{{Name: "JWT", Value: jwt}}}
	s.Render(w, r, http.StatusOK, p)
	return nil
}

// contentItem is the activity that the teacher put together: with a grade item of one point for the gate, and
// the chosen policies as a parameter, which the platform copies when it copies the course.
func (s *selection) contentItem(r *http.Request, ses store.Session) (lti.ContentItem, error) {
	offered, err := s.store.CoursePolicies(r.Context(), ses.PlatformID, ses.ContextID)
	if err != nil {
		return lti.ContentItem{}, fmt.Errorf("reading the policies for courses: %w", err)
	}
	loc := s.Pages.Locale("", ses.Locale, "") // the course's language, whatever the teacher reads in
	var slugs, names []string
	for _, slug := range r.PostForm[policyField] {
		i := slices.IndexFunc(offered, func(o store.CoursePolicy) bool { return o.Slug == slug })
		if i < 0 || offered[i].Asked || slices.Contains(slugs, slug) {
			return lti.ContentItem{}, policy.E(policy.ErrInvalid, "")
		}
		slugs = append(slugs, slug)
		names = append(names, web.Readable(loc, offered[i].Version).Name)
	}
	item := lti.ContentItem{
		Title: loc.T("select.title"), Text: loc.T("select.text"), URL: s.BaseURL + "/lti/launch",
		LineItem: &lti.LineItem{ScoreMaximum: 1, Label: loc.T("select.title"), ResourceID: "policies"},
	}
	if len(slugs) > 0 {
		item.Title = clipped(item.Title+": "+strings.Join(names, ", "), 200)
		item.LineItem.Label = item.Title
		item.Custom = map[string]string{policy.CoursePoliciesParameter: policy.CourseParameter(slugs)}
		err := s.store.LogAct(r.Context(), store.AdminEntry{
			InstitutionID: ses.InstitutionID, ActorID: ses.UserID, Actor: web.Actor(ses), Action: "course.policies",
			Object: ses.Site + ": " + ses.ContextTitle, Detail: strings.Join(slugs, ", "),
		})
		if err != nil {
			return lti.ContentItem{}, fmt.Errorf("logging the choice: %w", err)
		}
	}
	return item, nil
}

// used is the error of a launch whose request was answered already, or never made: the teacher starts again in
// the platform.
func used(err error) error {
	if errors.Is(err, policy.ErrNotFound) {
		return policy.E(policy.ErrConflict, "").Because(err)
	}
	return fmt.Errorf("reading the platform's request: %w", err)
}

// clipped cuts a text to at most n characters.
func clipped(s string, n int) string {
	if rs := []rune(s); len(rs) > n {
		return string(rs[:n-1]) + "…"
	}
	return s
}
