package launch_test

import (
	"errors"
	"strconv"

	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/policy/source"
	"ltipolicy/testdata"
)

func number(id int64) string { return strconv.FormatInt(id, 10) }

// english makes a text whose summary and content tell it from others.
func english(name, content string) policy.Text { return text("en", name, content) }

func text(lang, name, content string) policy.Text {
	return policy.Text{
		Lang: lang, Name: name, Summary: policy.SafeHTML("<p>Summary of " + name + "</p>"),
		Content: policy.SafeHTML("<p>" + content + "</p>"),
	}
}

// draft is a version that the store has not seen yet.
func draft(kind policy.Kind, ts ...policy.Text) policy.Version {
	return policy.Version{Type: policy.TypeSite, Kind: kind, Revision: "1", SortOrder: 10, Texts: ts}
}

// load makes v the active version of a policy on the platforms and returns it as stored.
func (s *site) load(slug string, v policy.Version, on ...lti.Platform) policy.Version {
	s.t.Helper()
	if len(on) == 0 {
		on = []lti.Platform{s.platform}
	}
	var ids []string
	for _, p := range on {
		ids = append(ids, p.ID)
	}
	_, id, err := s.db.LoadPolicy(s.t.Context(), on[0].InstitutionID, slug, v, ids)
	s.must(err)
	got, err := s.db.Version(s.t.Context(), on[0].InstitutionID, id)
	s.must(err)
	return got
}

// retire makes a policy apply nowhere.
func (s *site) retire(slug string, v policy.Version) {
	s.t.Helper()
	_, _, err := s.db.LoadPolicy(s.t.Context(), s.institution, slug, v, nil)
	s.must(err)
}

// userOf returns the id under which the tool knows a person of Moodle; 0 if it does not.
func (s *site) userOf(platform lti.Platform, sub int64) int64 {
	s.t.Helper()
	var id int64
	rows, err := s.raw.QueryContext(s.t.Context(), `SELECT id FROM lti_user WHERE platformid = ? AND sub = ?`,
		platform.ID, number(sub))
	s.must(err)
	defer rows.Close() //nolint:errcheck // at most one row
	for rows.Next() {
		s.must(rows.Scan(&id))
	}
	s.must(rows.Err())
	return id
}

// events returns what was recorded about a person of the site's Moodle, newest first.
func (s *site) events(sub int64) []policy.Event {
	s.t.Helper()
	es, err := s.db.Events(s.t.Context(), s.userOf(s.platform, sub))
	s.must(err)
	return es
}

// intact checks the whole evidence.
func (s *site) intact(want int) {
	s.t.Helper()
	_, err := s.db.AppendLog(s.t.Context())
	s.must(err)
	n, err := s.db.VerifyEvidence(s.t.Context())
	s.must(err)
	if n.Events != int64(want) {
		s.must(errors.New("the evidence has " + number(n.Events) + " events, want " + strconv.Itoa(want)))
	}
}

type (
	browser = *ltitest.Browser
	person  = ltitest.Person
)

func setTarget(address string) ltitest.Edit { return ltitest.Set(ltitest.ClaimTarget, address) }

func setPresentation(claims map[string]any) ltitest.Edit {
	return ltitest.Set(ltitest.ClaimPresentation, claims)
}

// source makes an institution's source policies apply on the platform, and returns their names in order.
func (s *site) source(institution string, on ...lti.Platform) []string {
	s.t.Helper()
	var names []string
	for _, src := range s.sourceFiles(institution) {
		v, _, err := src.Version(s.t.Context())
		s.must(err)
		names = append(names, s.load(src.Slug, v, on...).Primary().Name)
	}
	return names
}

func (s *site) sourceFiles(institution string) []source.Policy {
	s.t.Helper()
	for _, i := range testdata.Institutions() {
		if i.Name == institution {
			dir, err := i.Policies()
			s.must(err)
			all, err := source.Read(dir)
			s.must(err)
			return all
		}
	}
	s.t.Fatalf("no institution %q", institution)
	return nil
}
