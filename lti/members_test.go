package lti

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
)

const membersURL = "https://moodle.localhost:8443/mod/lti/services.php/CourseSection/2/bindings/1/memberships"

// services is a platform whose token endpoint gives tokens "1", "2" and so on, and whose services are a function.
type services struct {
	mu     sync.Mutex
	tokens int
	calls  []*http.Request
	bodies []string
	serve  func(w *answer, r *http.Request, body string)
}

type answer struct {
	status int
	header http.Header
	body   io.Reader
}

func (a *answer) write(status int, body string) { a.status, a.body = status, strings.NewReader(body) }

func (s *services) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := &answer{status: http.StatusOK, header: http.Header{}}
	if r.URL.String() == moodle().TokenURL {
		s.tokens++
		a.write(200, fmt.Sprintf(`{"access_token":"%d","token_type":"Bearer","expires_in":3600}`, s.tokens))
	} else {
		body := ""
		if r.Body != nil {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			body = string(b)
		}
		s.calls, s.bodies = append(s.calls, r), append(s.bodies, body)
		s.serve(a, r, body)
	}
	if a.body == nil {
		a.body = strings.NewReader("")
	}
	return &http.Response{StatusCode: a.status, Header: a.header, Body: io.NopCloser(a.body), ContentLength: -1, Request: r}, nil
}

func newServices(t *testing.T, serve func(w *answer, r *http.Request, body string)) (*services, *Tool) {
	t.Helper()
	s := &services{serve: serve}
	c := &clock{now: start}
	return s, New(Config{
		BaseURL: testBase, Now: c.Now, Client: &http.Client{Transport: s},
		Keys: func(context.Context) (KeyRing, error) { return KeyRing{testKey(testKID, KeyCurrent)}, nil },
	})
}

func roster(t *testing.T, tool *Tool, address string, q MembersQuery) ([]Member, error) {
	t.Helper()
	var list []Member
	_, err := tool.Members(t.Context(), moodle(), address, q, func(m Member) error {
		list = append(list, m)
		return nil
	})
	return list, err
}

func serviceCode(err error) ServiceCode {
	if e, ok := errors.AsType[*ServiceError](err); ok {
		return e.Code
	}
	return ""
}

type recordedMembers struct {
	Request struct {
		URL, Accept string
	}
	Response struct {
		Status  int
		Headers map[string]string
		Body    json.RawMessage
	}
}

func TestMembersReadsTheRecordedRosters(t *testing.T) {
	for _, tt := range []struct {
		file                       string
		query                      MembersQuery
		members, teachers, learner int
	}{
		{"nrps/1-all.json", MembersQuery{}, 125, 1, 124},
		{"nrps/3-role-learner.json", MembersQuery{Role: contextRole + "Learner"}, 124, 0, 124},
		{"nrps/4-resource-link.json", MembersQuery{ResourceLinkID: "1"}, 125, 1, 124},
	} {
		t.Run(tt.file, func(t *testing.T) {
			rec := recorded[recordedMembers](t, tt.file)
			s, tool := newServices(t, func(w *answer, r *http.Request, _ string) {
				w.header.Set("Content-Type", rec.Response.Headers["Content-Type"])
				w.write(rec.Response.Status, string(rec.Response.Body))
			})
			list, err := roster(t, tool, membersURL, tt.query)
			if err != nil {
				t.Fatal(err)
			}
			if r := s.calls[0]; r.URL.String() != rec.Request.URL || r.Header.Get("Accept") != rec.Request.Accept || r.Header.Get("Authorization") != "Bearer 1" {
				t.Errorf("asked %s with %v, recorded %s", r.URL, r.Header, rec.Request.URL)
			}
			teachers, learners := 0, 0
			for _, m := range list {
				if m.Roles.Instructor() {
					teachers++
				}
				if m.Roles.Learner() {
					learners++
				}
			}
			if len(list) != tt.members || teachers != tt.teachers || learners != tt.learner {
				t.Errorf("%d members, %d teachers, %d learners", len(list), teachers, learners)
			}
			if i := slices.IndexFunc(list, func(m Member) bool { return m.Sub == "9" }); i < 0 || list[i].FamilyName != "001" ||
				list[i].Email != "learner1@example.test" || list[i].IDNumber != "L1" || !list[i].Active() {
				t.Errorf("member 9 is %+v", list[max(i, 0)])
			}
		})
	}
}

func member1(i int) string { return fmt.Sprintf(`{"user_id":"%d","roles":["Learner"]}`, i) }

func TestMembersFollowsEveryPageAndPutsTheRoleBack(t *testing.T) {
	const last = 9
	s, tool := newServices(t, func(w *answer, r *http.Request, _ string) {
		v := r.URL.Query()
		if v.Get("role") != "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner" || v.Get("limit") != "2" {
			t.Errorf("asked for %s", r.URL)
		}
		from := 0
		fmt.Sscan(v.Get("from"), &from) //nolint:errcheck // absent on the first page
		if from < last {
			// Moodle's: without the role. Letters keep their case, other relations are passed over.
			w.header.Set("Link", fmt.Sprintf(`<%s?limit=2&from=0>; rel="first", <%s?limit=2&from=%d&Case=AbC>; rel="next"`, membersURL, membersURL, from+2))
		}
		if from == 4 { // an empty page says nothing
			w.write(200, `{"members":[]}`)
			return
		}
		w.write(200, fmt.Sprintf(`{"id":"x","context":{"id":"2","more":[1,{"a":"]"}]},"members":[%s,%s]}`, member1(from), member1(from+1)))
	})
	list, err := roster(t, tool, membersURL, MembersQuery{Role: "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner", Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	var subs []string
	for _, m := range list {
		subs = append(subs, m.Sub)
	}
	if got := strings.Join(subs, " "); got != "0 1 2 3 6 7 8 9 10 11" {
		t.Errorf("members %s", got)
	}
	if q := s.calls[1].URL.RawQuery; !strings.Contains(q, "Case=AbC") || !strings.HasPrefix(q, "limit=2&from=2") {
		t.Errorf("second page was asked as %s", q)
	}
}

func TestMembersTakesSparseMembers(t *testing.T) {
	_, tool := newServices(t, func(w *answer, _ *http.Request, _ string) {
		w.write(200, `{"members":[{"user_id":"1"},{"user_id":"2","name":null,"email":null,"roles":null,"status":"Inactive"},
			{"user_id":"3","roles":["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor","Odd"],"status":"active"},
			{"name":"nobody"},{"user_id":"ä"}],"more":{"members":[{"user_id":"4"}]}}`)
	})
	list, err := roster(t, tool, membersURL, MembersQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 3 || list[0].Name != "" || !list[0].Active() || list[1].Active() || !list[2].Roles.Instructor() || !list[2].Active() {
		t.Errorf("members %+v", list)
	}
}

func TestMembersFailures(t *testing.T) {
	page := func(next string) string { return `<` + next + `>; rel=next` }
	for name, tt := range map[string]struct {
		address string
		serve   func(w *answer, r *http.Request, n int)
		want    ServiceCode
		calls   int
	}{
		"another host at the start": {address: "https://evil.example/memberships", want: ServiceElsewhere},
		"another host on the next page": {want: ServiceElsewhere, calls: 1, serve: func(w *answer, _ *http.Request, _ int) {
			w.header.Set("Link", page("https://evil.example/x"))
			w.write(200, `{"members":[]}`)
		}},
		"http on the next page": {want: ServiceElsewhere, calls: 1, serve: func(w *answer, _ *http.Request, _ int) {
			w.header.Set("Link", page(strings.Replace(membersURL, "https", "http", 1)))
			w.write(200, `{"members":[]}`)
		}},
		"another Moodle of the same host at the start": {address: "https://moodle.localhost:8443/other/mod/lti/services.php/CourseSection/2/bindings/1/memberships", want: ServiceElsewhere},
		"another Moodle of the same host on the next page": {want: ServiceElsewhere, calls: 1, serve: func(w *answer, _ *http.Request, _ int) {
			w.header.Set("Link", page("https://moodle.localhost:8443/other/mod/lti/services.php/2"))
			w.write(200, `{"members":[]}`)
		}},
		"out of the Moodle by dots": {want: ServiceElsewhere, calls: 1, serve: func(w *answer, _ *http.Request, _ int) {
			w.header.Set("Link", page("/mod/lti/%2e%2e/%2e%2e/other/mod/lti/services.php"))
			w.write(200, `{"members":[]}`)
		}},
		"a redirect to another path": {want: ServiceUnreachable, calls: 1, serve: func(w *answer, _ *http.Request, _ int) {
			w.header.Set("Location", "/other/mod/lti/services.php")
			w.write(302, "")
		}},
		"a page that leads to itself": {want: ServiceTooLarge, calls: 2, serve: func(w *answer, _ *http.Request, _ int) {
			w.header.Set("Link", page(membersURL+"?from=1"))
			w.write(200, `{"members":[]}`)
		}},
		"fails at page 7": {want: ServiceUnreachable, calls: 7, serve: func(w *answer, _ *http.Request, n int) {
			w.header.Set("Link", page(fmt.Sprintf("%s?from=%d", membersURL, n)))
			w.write(200, `{"members":[`+member1(n)+`]}`)
			if n == 7 {
				w.write(500, "Error")
			}
		}},
		"401 with every token": {want: ServiceUnauthorized, calls: 2, serve: func(w *answer, _ *http.Request, _ int) { w.write(401, "") }},
		"a page for people":    {want: ServiceNonsense, calls: 1, serve: func(w *answer, _ *http.Request, _ int) { w.write(200, "<html>login</html>") }},
		"no members":           {want: ServiceNonsense, calls: 1, serve: func(w *answer, _ *http.Request, _ int) { w.write(200, `{"id":"x"}`) }},
		"members that are none": {want: ServiceNonsense, calls: 1, serve: func(w *answer, _ *http.Request, _ int) {
			w.write(200, `{"members":[{"user_id":7}]}`)
		}},
		"cut off": {want: ServiceNonsense, calls: 1, serve: func(w *answer, _ *http.Request, _ int) {
			w.write(200, `{"members":[`+member1(1)+`,`)
		}},
		"course gone":  {want: ServiceGone, calls: 1, serve: func(w *answer, _ *http.Request, _ int) { w.write(404, "") }},
		"forbidden":    {want: ServiceRefused, calls: 1, serve: func(w *answer, _ *http.Request, _ int) { w.write(403, "") }},
		"bad request":  {want: ServiceRefused, calls: 1, serve: func(w *answer, _ *http.Request, _ int) { w.write(400, "") }},
		"a redirect":   {want: ServiceUnreachable, calls: 1, serve: func(w *answer, _ *http.Request, _ int) { w.write(303, "") }},
		"not a number": {address: "https://moodle.localhost:8443/%zz", want: ServiceElsewhere},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			s, tool := newServices(t, func(w *answer, r *http.Request, _ string) {
				n++
				tt.serve(w, r, n)
			})
			address := tt.address
			if address == "" {
				address = membersURL
			}
			_, err := roster(t, tool, address, MembersQuery{})
			if serviceCode(err) != tt.want || len(s.calls) != tt.calls {
				t.Errorf("%v after %d calls, want %s after %d", err, len(s.calls), tt.want, tt.calls)
			}
		})
	}
}

func TestALostTokenIsReplacedOnce(t *testing.T) {
	s, tool := newServices(t, func(w *answer, r *http.Request, _ string) {
		w.write(200, `{"members":[`+member1(1)+`]}`)
		if r.Header.Get("Authorization") == "Bearer 1" {
			w.write(401, "")
		}
	})
	if list, err := roster(t, tool, membersURL, MembersQuery{}); err != nil || len(list) != 1 {
		t.Errorf("%d members, %v", len(list), err)
	}
	if list, err := roster(t, tool, membersURL, MembersQuery{}); err != nil || len(list) != 1 || s.tokens != 2 || len(s.calls) != 3 {
		t.Errorf("%d members, %v; %d tokens, %d calls", len(list), err, s.tokens, len(s.calls))
	}
}

// long is a roster in one page, made while it is read.
type long struct {
	n, next, made int
	rest          []byte
}

func (l *long) Read(b []byte) (int, error) {
	if len(l.rest) == 0 {
		switch {
		case l.next > l.n:
			return 0, io.EOF
		case l.next == 0:
			l.rest = []byte(`{"members":[` + member1(0))
		case l.next == l.n:
			l.rest = []byte(`]}`)
		default:
			l.rest = []byte("," + member1(l.next))
		}
		l.next++
	}
	n := copy(b, l.rest)
	l.rest = l.rest[n:]
	l.made += n
	return n, nil
}

// Members that are not read yet never pile up: what was made and what was taken are never far apart.
func TestMembersOfAHugeCourseAreReadOneByOne(t *testing.T) {
	const n = 200_000
	body := &long{n: n}
	_, tool := newServices(t, func(w *answer, _ *http.Request, _ string) { w.body = body })
	taken, count, ahead := 0, 0, 0
	_, err := tool.Members(t.Context(), moodle(), membersURL, MembersQuery{}, func(m Member) error {
		taken += len(member1(count)) + 1
		count++
		ahead = max(ahead, body.made-taken)
		return nil
	})
	if err != nil || count != n {
		t.Fatalf("%d members, %v", count, err)
	}
	if ahead > 64<<10 {
		t.Errorf("%d bytes were held at once", ahead)
	}
}

func TestAnErrorOfTheReaderEndsTheRoster(t *testing.T) {
	_, tool := newServices(t, func(w *answer, _ *http.Request, _ string) { w.body = &long{n: 1000} })
	stop := errors.New("stop")
	n := 0
	_, err := tool.Members(t.Context(), moodle(), membersURL, MembersQuery{}, func(Member) error {
		if n++; n == 3 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || n != 3 {
		t.Errorf("%v after %d", err, n)
	}
}

func TestNextPage(t *testing.T) {
	page, err := url.Parse(membersURL)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ header, want string }{
		{"", ""}, {"<https://a/b>; rel=last", ""}, {"https://a/b; rel=next", ""}, {"<https://a/b; rel=next", ""},
		{`<https://a/B?c=D>; rel="next"`, "https://a/B?c=D"}, {"<https://a/b>; rel=“next”", "https://a/b"},
		{`<https://a/b>; rel="last next"`, "https://a/b"}, {`<https://a/1>; rel="first", <https://a/2>;title="x" ; Rel = next`, "https://a/2"},
		{"<?from=2>; rel=next", membersURL + "?from=2"}, {`<https://a/1>; title="rel=next"`, ""},
	} {
		got, err := nextPage(page, []string{"<https://a/0>; rel=prev", tt.header})
		text := ""
		if got != nil {
			text = got.String()
		}
		if err != nil || text != tt.want {
			t.Errorf("%s: %q, %v, want %q", tt.header, text, err, tt.want)
		}
	}
	if _, err := nextPage(page, []string{"<%zz>; rel=next"}); serviceCode(err) != ServiceNonsense {
		t.Errorf("malformed: %v", err)
	}
}

// A member that nobody could launch as costs the others nothing, and is counted.
func TestAnOddMemberDoesNotSpoilTheRoster(t *testing.T) {
	const one, two = `{"user_id":"1","roles":["Learner"],"name":"A"}`, `{"user_id":"2","roles":["Learner"],"name":"B"}`
	for _, odd := range []string{
		`{"user_id":1656398468,"roles":["Learner"],"name":"B"}`, `{"roles":["Learner"],"name":"B"}`, `{"user_id":null}`, `{"user_id":{"id":"1"}}`,
		`{"user_id":"","roles":[]}`, `{"user_id":"` + strings.Repeat("x", 300) + `"}`, `{"roles":"Learner","user_id":3}`, `"nobody"`, `17`, `[]`, `{}`, `null`,
	} {
		for what, page := range map[string]string{"first": odd + "," + one + "," + two, "between": one + "," + odd + "," + two, "last": one + "," + two + "," + odd} {
			_, tool := newServices(t, func(w *answer, _ *http.Request, _ string) {
				w.write(200, `{"members":[`+page+`]}`)
			})
			var subs []string
			passed, err := tool.Members(t.Context(), moodle(), membersURL, MembersQuery{}, func(m Member) error {
				subs = append(subs, m.Sub)
				return nil
			})
			if err != nil || passed != 1 || !slices.Equal(subs, []string{"1", "2"}) {
				t.Errorf("%s %s: %v, %d passed over, %v", odd, what, subs, passed, err)
			}
		}
	}
}

// A member with an id is one, whatever else of it cannot be read.
func TestAMemberWithAnIDIsTakenAsFarAsItCanBeRead(t *testing.T) {
	for odd, want := range map[string]Member{
		`{"user_id":"3","roles":"Learner","name":"B"}`:                     {Sub: "3", Name: "B"},
		`{"user_id":"3","name":["B"],"email":"b@x.example"}`:               {Sub: "3", Email: "b@x.example"},
		`{"name":{"given":"B"},"user_id":"3","status":7,"given_name":"B"}`: {Sub: "3", GivenName: "B"},
	} {
		_, tool := newServices(t, func(w *answer, _ *http.Request, _ string) { w.write(200, `{"members":[`+odd+`]}`) })
		list, err := roster(t, tool, membersURL, MembersQuery{})
		if err != nil || !reflect.DeepEqual(list, []Member{want}) {
			t.Errorf("%s: %v, %+v", odd, err, list)
		}
	}
}

// A list of nobody whom a launch could name is no list: the last one stays. An empty one is one.
func TestARosterOfNobodyIsNoRoster(t *testing.T) {
	for members, want := range map[string]ServiceCode{
		`{}`: ServiceNonsense, `null`: ServiceNonsense, `{"user_id":""},{"user_id":null}`: ServiceNonsense, `7`: ServiceNonsense,
		`{"user_id":"` + strings.Repeat("x", 300) + `"}`: ServiceNonsense, ``: "",
	} {
		_, tool := newServices(t, func(w *answer, _ *http.Request, _ string) { w.write(200, `{"members":[`+members+`]}`) })
		if list, err := roster(t, tool, membersURL, MembersQuery{}); serviceCode(err) != want || len(list) != 0 {
			t.Errorf("%s: %d members, %v", members, len(list), err)
		}
	}
}
