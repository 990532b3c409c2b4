package ltitest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// accessToken is what token.php gave out.
type accessToken struct {
	typeID  int64
	scopes  []string
	expires time.Time
}

// service is one resource of services.php.
type service struct {
	path    *regexp.Regexp
	methods []string
	formats []string
	run     func(p *Platform, q *serviceCall) error
}

// serviceCall is a call on its way through a resource.
type serviceCall struct {
	r     *http.Request
	parts []string // what the path's groups matched
	token accessToken

	status int
	kind   string
	header http.Header
	body   any
}

// refusal is an error answer of services.php.
type refusal struct {
	status int
	reason string
}

func (e refusal) Error() string { return fmt.Sprintf("%d %s", e.status, e.reason) }

const (
	kindMembers   = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
	kindItems     = "application/vnd.ims.lis.v2.lineitemcontainer+json"
	kindItem      = "application/vnd.ims.lis.v2.lineitem+json"
	kindScore     = "application/vnd.ims.lis.v1.score+json"
	kindScores    = "application/vnd.ims.lis.v1.scorecontainer+json"
	kindResults   = "application/vnd.ims.lis.v2.resultcontainer+json"
	kindPlainJSON = "application/json"
)

func resources() []service {
	return []service{
		{regexp.MustCompile(`^/(CourseSection|Group)/([^/]+)/bindings/([^/]+)/memberships$`), []string{"GET"}, []string{kindMembers}, (*Platform).members},
		{regexp.MustCompile(`^/([^/]+)/lineitems/([^/]+)/lineitem/scores$`), []string{"POST"}, []string{kindScores, kindScore}, (*Platform).score},
		{regexp.MustCompile(`^/([^/]+)/lineitems/([^/]+)/lineitem/results$`), []string{"GET"}, []string{kindResults}, (*Platform).results},
		{regexp.MustCompile(`^/([^/]+)/lineitems/([^/]+)/lineitem$`), []string{"GET", "PUT", "DELETE"}, []string{kindItem}, (*Platform).lineItem},
		{regexp.MustCompile(`^/([^/]+)/lineitems$`), []string{"GET", "POST"}, []string{kindItems, kindItem}, (*Platform).lineItems},
	}
}

// services dispatches by path and media type, both of which must fit, as Moodle's controller does.
func (p *Platform) services(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/mod/lti/services.php")
	accept, content := r.Header.Get("Accept"), r.Header.Get("Content-Type")
	for _, s := range resources() {
		m := s.path.FindStringSubmatch(path)
		switch {
		case m == nil:
			continue
		case r.Method == http.MethodGet && accept != "" && !strings.Contains(accept, "*/*") && !slices.Contains(s.formats, accept):
			continue
		case r.Method != http.MethodGet && r.Method != http.MethodDelete && !slices.Contains(s.formats, content):
			continue
		case !slices.Contains(s.methods, r.Method):
			p.refuse(w, r, refusal{http.StatusMethodNotAllowed, ""})
			return
		}
		q := &serviceCall{r: r, parts: m[1:], status: http.StatusOK, kind: kindPlainJSON, header: w.Header()}
		if err := s.run(p, q); err != nil {
			e, ok := err.(refusal)
			if !ok {
				e = refusal{http.StatusInternalServerError, err.Error()}
			}
			p.refuse(w, r, e)
			return
		}
		w.Header().Set("Content-Type", q.kind+"; charset=utf-8")
		w.WriteHeader(q.status)
		if q.body != nil {
			w.Write(asciiJSON(q.body))
		}
		return
	}
	p.refuse(w, r, refusal{http.StatusBadRequest, "No handler found for " + path + " " + accept + content})
}

// refuse writes the JSON body of an error of services.php.
func (p *Platform) refuse(w http.ResponseWriter, r *http.Request, e refusal) {
	if e.reason == "" {
		e.reason = http.StatusText(e.status)
	}
	type request struct {
		Method      string `json:"method"`
		URL         string `json:"url"`
		Accept      string `json:"accept,omitempty"`
		ContentType string `json:"contentType"`
	}
	content, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	body, _ := json.MarshalIndent(struct {
		Status  int     `json:"status"`
		Reason  string  `json:"reason"`
		Request request `json:"request"`
	}{e.status, e.reason, request{r.Method, p.prefix + r.URL.RequestURI(), r.Header.Get("Accept"), content}}, "", "    ")
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(e.status)
	w.Write(body)
}

// permit checks the bearer token: known, not expired, of this tool, with one of the scopes. Callers hold mu.
func (p *Platform) permit(q *serviceCall, typeID string, scopes ...string) (Tool, error) {
	bearer, ok := strings.CutPrefix(q.r.Header.Get("Authorization"), "Bearer ")
	t, known := p.access[bearer]
	if !ok || !known || !p.o.Now().Before(t.expires) ||
		!slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(t.scopes, s) }) ||
		typeID != "" && typeID != strconv.FormatInt(t.typeID, 10) {
		return Tool{}, refusal{http.StatusUnauthorized, ""}
	}
	q.token = t
	tool, ok := p.tools[t.typeID]
	if !ok {
		return Tool{}, refusal{http.StatusUnauthorized, ""}
	}
	return tool, nil
}

// RevokeTokens forgets every access token given out, as a purge of Moodle's tokens does.
func (p *Platform) RevokeTokens() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.access)
}

func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
