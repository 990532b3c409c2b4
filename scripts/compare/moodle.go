//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
)

// moodle is the stand-in that both tools know, with the browsers of its people.
type moodle struct {
	*ltitest.Platform
	srv    *httptest.Server
	course int64
	people []int64
	road   http.Transport
}

func newMoodle(people int) (*moodle, error) {
	m := &moodle{srv: httptest.NewUnstartedServer(nil)}
	m.road.MaxIdleConnsPerHost = 100
	var err error
	m.Platform, err = ltitest.New(ltitest.Options{Issuer: "http://" + m.srv.Listener.Addr().String() + "/m", Name: "Campus"})
	if err != nil {
		return nil, err
	}
	m.srv.Config.Handler = m.Platform
	m.srv.Start()
	m.course = m.AddCourse(ltitest.Course{ShortName: "C", FullName: "Course"}).ID
	for i := range people {
		x := m.AddPerson(ltitest.Person{Username: fmt.Sprint("u", i), FirstName: "Ana", LastName: fmt.Sprint("Pop ", i), Email: fmt.Sprintf("u%d@campus.example", i)})
		m.Enrol(m.course, x.ID, ltitest.Student)
		m.people = append(m.people, x.ID)
	}
	return m, nil
}

// opens makes an activity of the course that opens a tool, and returns both as the site has them.
func (m *moodle) opens(t ltitest.Tool) (ltitest.Tool, ltitest.Activity) {
	t = m.AddTool(t)
	return t, m.AddActivity(ltitest.Activity{CourseID: m.course, Name: t.Name, TypeID: t.TypeID, Grades: true, Container: ltitest.NewWindow})
}

// What launches are for.
const (
	warming  = false // what is asked is accepted
	measured = true  // nothing may be asked any more
)

// launches opens the activity so many times, each with a browser that holds nothing.
func (m *moodle) launches(ctx context.Context, s *subject, n, atOnce int, measured bool) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	failed := make([]error, atOnce)
	for i := range atOnce {
		wg.Go(func() {
			for failed[i] == nil && ctx.Err() == nil {
				k := next.Add(1) - 1
				if k >= int64(n) {
					return
				}
				failed[i] = m.launch(s, m.people[k%int64(len(m.people))], measured)
			}
		})
	}
	wg.Wait()
	return errors.Join(append(failed, ctx.Err())...)
}

// launch is one visit, until the browser is back at the site.
func (m *moodle) launch(s *subject, person int64, measured bool) error {
	b := browser{road: &m.road, cookies: map[string]string{}}
	page, err := b.do(http.MethodPost, s.tool.LoginURL, url.Values{
		"iss": {m.Issuer()}, "target_link_uri": {s.tool.TargetLinkURI}, "login_hint": {strconv.FormatInt(person, 10)},
		"lti_message_hint": {fmt.Sprintf(`{"cmid":%d,"launchid":"ltilaunch%d_%d"}`, s.activity.CMID, s.activity.ID, person)},
		"client_id":        {s.tool.ClientID}, "lti_deployment_id": {s.tool.DeploymentID()},
	})
	if err != nil {
		return fmt.Errorf("login: %w", err)
	}
	to, err := url.Parse(page.Location())
	if err != nil || !strings.HasPrefix(page.Location(), m.Endpoint("auth.php")) {
		return fmt.Errorf("login: status %d to %q: %.300s", page.Status, page.Location(), page.Body)
	}
	asked := to.Query()
	token, err := m.IDToken(ltitest.Launch{PersonID: person, CMID: s.activity.CMID, Nonce: asked.Get("nonce")})
	if err != nil {
		return err
	}
	page, err = b.do(http.MethodPost, asked.Get("redirect_uri"), url.Values{"id_token": {token}, "state": {asked.Get("state")}})
	for range 10 {
		if err != nil {
			return fmt.Errorf("launch: %w", err)
		}
		if strings.HasPrefix(page.Location(), m.Issuer()) || s.short && page.Location() != "" {
			return nil
		}
		if page.Location() != "" {
			page, err = b.do(http.MethodGet, page.Location(), nil)
			continue
		}
		forms := page.Forms()
		if page.Status != http.StatusOK || len(forms) == 0 {
			return fmt.Errorf("launch: status %d at %s: %.300s", page.Status, page.URL, page.Body)
		}
		if measured {
			return fmt.Errorf("launch: a form at %s, which was to be answered before", page.URL)
		}
		f := forms[0]
		for _, field := range s.answers {
			f.Values.Set(field, string(policy.Accepted))
		}
		page, err = b.do(f.Method, f.Action, f.Values)
	}
	return errors.New("launch: it goes round in circles")
}

// browser sends every cookie that it got to whoever asks, also those that need https: nobody listens here.
type browser struct {
	road    *http.Transport
	cookies map[string]string
}

func (b *browser) do(method, address string, form url.Values) (*ltitest.Page, error) {
	r, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range map[string]string{
		"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
		"Accept":     "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "Accept-Language": "en,lt;q=0.7",
		"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "cross-site", "Upgrade-Insecure-Requests": "1",
	} {
		r.Header.Set(name, value)
	}
	if form.Has("token") { // our own form
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, value := range b.cookies {
		r.Header.Set("Cookie", strings.TrimPrefix(r.Header.Get("Cookie")+"; "+name+"="+value, "; "))
	}
	res, err := b.road.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close() //nolint:errcheck // read to the end
	for _, c := range res.Cookies() {
		b.cookies[c.Name] = c.Value
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	page := &ltitest.Page{Status: res.StatusCode, Header: res.Header, URL: r.URL}
	page.Body, err = io.ReadAll(res.Body)
	return page, err
}
