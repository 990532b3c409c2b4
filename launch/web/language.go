package web

import (
	"maps"
	"net/http"
	"net/url"
	"strings"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// langField is the query parameter of the language switch.
const langField = "lang"

// chosen is the language that the reader asked for with the language switch, "" if none.
func (f *Frame) chosen(r *http.Request) string {
	tag := r.URL.Query().Get(langField)
	for _, l := range f.Pages.Languages(f.Pages.Locale("", "", ""), func(string) string { return "" }) {
		if l.Tag == tag {
			return tag
		}
	}
	return ""
}

// Bare is the request with nothing in its query but q and the language that was chosen: what a page that is kept for others
// may depend on.
func (f *Frame) Bare(r *http.Request, q url.Values) *http.Request {
	bare, address, query := *r, *r.URL, url.Values{}
	maps.Copy(query, q)
	if tag := f.chosen(r); tag != "" {
		query.Set(langField, tag)
	}
	address.RawQuery, bare.URL = query.Encode(), &address
	return &bare
}

// languages makes the language switch of a page: links to the same page, so that it works without scripts. A
// page that answers a form has the address of the page with that form; without one there is no switch.
func (f *Frame) languages(r *http.Request, current *templates.Locale) []templates.Language {
	path, q := here(r), r.URL.Query()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		if !strings.HasPrefix(path, "/l/") {
			return nil
		}
		q = url.Values{}
	}
	return f.languagesAt(path, q, current)
}

// here is the path of a request as a link from its own page. What is written there stays escaped: a browser takes a path
// that begins with two slashes, or with a slash and a backslash, for the name of another host.
func here(r *http.Request) string {
	return "/" + strings.TrimLeft(r.URL.EscapedPath(), `/\`)
}

func (f *Frame) languagesAt(path string, q url.Values, current *templates.Locale) []templates.Language {
	return f.Pages.Languages(current, func(tag string) string {
		q.Set(langField, tag)
		return path + "?" + q.Encode()
	})
}

// errorLanguages is the switch on the page of a refused launch. What a platform posted cannot be asked for
// again, so the links name the refusal and, for the way back, the state.
func (f *Frame) errorLanguages(r *http.Request, p templates.ErrorPage) []templates.Language {
	if !strings.HasPrefix(r.URL.Path, "/lti/launch") && !strings.HasPrefix(r.URL.Path, "/lti/login") {
		return p.Languages
	}
	q := url.Values{"error": {p.Code}}
	if state := r.Form.Get("state"); state != "" {
		if _, ours := f.PlaceOf(state); ours {
			q.Set("state", state)
		}
	}
	return f.languagesAt("/lti/launch", q, p.Locale)
}

// keepLanguage stores the reader's choice for the rest of the launch.
func (f *Frame) keepLanguage(r *http.Request, ses store.Session) (store.Session, error) {
	tag := f.chosen(r)
	if tag == "" || tag == ses.UILang {
		return ses, nil
	}
	ses.UILang = tag
	return ses, f.store.SetSessionLanguage(r.Context(), ses.ID, tag)
}

// Readable is the version's text in the reader's language, or else in its own.
func Readable(l *templates.Locale, v policy.Version) policy.Text {
	return l.Readable(v)
}
