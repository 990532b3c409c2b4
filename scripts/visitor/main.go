// Command visitor plays a Moodle and its people for walks through the life of an installed tool, such as
// scripts/package-test and scripts/image-test: who connects it, opens an activity and answers what is asked.
//
//	visitor -listen 127.0.0.1:9000 -tool http://127.0.0.1:8080 -base-url https://policies.example.edu
//
// It stands where a proxy would: what is meant for the base URL goes to the tool in clear. While it runs, its addresses do
// something and say in a line what came of it, with status 500 if nothing did:
//
//	/walk/connect?invitation=ADDRESS   the administrator pastes an invitation, presses Connect and activates the tool
//	/walk/visit?person=NAME            somebody opens the activity and accepts whatever is asked
package main

import (
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"

	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/templates"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:9000", "`address` of the Moodle")
	tool := flag.String("tool", "http://127.0.0.1:8080", "`address` at which the tool listens")
	base := flag.String("base-url", "https://policies.example.edu", "the tool's public `address`")
	flag.Parse()
	if err := run(*listen, *tool, *base); err != nil {
		fmt.Fprintln(os.Stderr, "visitor:", err)
		os.Exit(1)
	}
}

func run(listen, tool, base string) error {
	public, err := url.Parse(base)
	if err != nil {
		return err
	}
	to, err := url.Parse(tool)
	if err != nil {
		return err
	}
	road := proxy{public: public.Host, tool: to}
	moodle, err := ltitest.New(ltitest.Options{Issuer: "http://" + listen + "/moodle", Name: "Campus", Client: &http.Client{Transport: road}})
	if err != nil {
		return err
	}
	s := &site{moodle: moodle, road: road, people: map[string]ltitest.Person{}}
	mux := http.NewServeMux()
	mux.Handle("/", moodle)
	mux.Handle("/walk/connect", does(func(r *http.Request) (string, error) { return s.connect(r.FormValue("invitation")) }))
	mux.Handle("/walk/visit", does(func(r *http.Request) (string, error) { return s.visit(r.FormValue("person")) }))
	return http.ListenAndServe(listen, mux) //nolint:gosec // it plays on this machine, for minutes
}

func does(f func(*http.Request) (string, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		said, err := f(r)
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			said = err.Error()
		}
		fmt.Fprintln(w, said)
	}
}

// proxy leads what is for the tool's public name to where it listens.
type proxy struct {
	public string
	tool   *url.URL
}

func (p proxy) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == p.public {
		r = r.Clone(r.Context())
		r.Host, r.URL.Scheme, r.URL.Host = p.public, p.tool.Scheme, p.tool.Host
	}
	return http.DefaultTransport.RoundTrip(r)
}

type site struct {
	moodle *ltitest.Platform
	road   http.RoundTripper

	mu       sync.Mutex // one thing at a time
	people   map[string]ltitest.Person
	course   ltitest.Course
	activity ltitest.Activity
}

func (s *site) connect(invitation string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := ltitest.NewBrowser(s.road)
	page, err := b.Settle(b.Get(s.moodle.RegistrationURL(invitation)))
	if err != nil {
		return "", err
	}
	forms := page.Forms()
	if len(forms) != 1 {
		return "", fmt.Errorf("the invitation leads to %s, status %d", page.URL, page.Status)
	}
	if page, err = b.Settle(b.Submit(forms[0])); err != nil {
		return "", err
	}
	tools := s.moodle.Tools()
	if page.Status != http.StatusOK || len(tools) != 1 {
		return "", fmt.Errorf("connecting: status %d, %d tools", page.Status, len(tools))
	}
	if err := s.moodle.ActivateTool(tools[0].TypeID); err != nil {
		return "", err
	}
	s.course = s.moodle.AddCourse(ltitest.Course{ShortName: "C", FullName: "Course"})
	s.activity = s.moodle.AddActivity(ltitest.Activity{CourseID: s.course.ID, Name: "Policies", TypeID: tools[0].TypeID, Container: ltitest.NewWindow})
	return "connected", nil
}

// mostVersions is more than any walk loads.
const mostVersions = 50

func (s *site) visit(name string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, known := s.people[name]
	if !known {
		x = s.moodle.AddPerson(ltitest.Person{Username: name, FirstName: name, LastName: "Visitor"})
		s.moodle.Enrol(s.course.ID, x.ID, ltitest.Student)
		s.people[name] = x
	}
	b := ltitest.NewBrowser(s.road)
	if err := b.Login(s.moodle, x.ID); err != nil {
		return "", err
	}
	page, err := b.Settle(b.Launch(s.moodle, x.ID, s.activity.CMID))
	if err != nil {
		return "", err
	}
	if page.Status != http.StatusOK {
		return "", fmt.Errorf("%s: status %d, %s", page.URL, page.Status, page.ErrorCode())
	}
	for _, f := range page.Forms() {
		if !strings.HasSuffix(f.Action, "/pending") {
			continue
		}
		asked := 0
		for id := int64(1); id <= mostVersions; id++ {
			if field := templates.AnswerField(id); strings.Contains(string(page.Body), `name="`+field+`"`) {
				f.Values.Set(field, string(policy.Accepted))
				asked++
			}
		}
		page, err := b.Settle(b.Submit(f))
		if err != nil {
			return "", err
		}
		if page.Status != http.StatusOK || asked == 0 {
			return "", errors.New("the answer was not taken")
		}
		return fmt.Sprintf("%s accepted %d", name, asked), nil
	}
	return name + " is not asked", nil
}
