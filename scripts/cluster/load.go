//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"

	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// site is a Moodle whose people use the tool.
type site struct {
	moodle   *ltitest.Platform
	srv      *httptest.Server
	course   int64
	activity ltitest.Activity
	versions []int64
}

// newSite makes a site that an empty database knows, with three policies.
func newSite(ctx context.Context, dsn string) (*site, error) {
	db, err := store.Open(ctx, dsn, store.Options{MaxOpen: 2})
	if err != nil {
		return nil, err
	}
	defer db.Close() //nolint:errcheck // everything was committed
	srv := httptest.NewUnstartedServer(nil)
	s := &site{srv: srv}
	if s.moodle, err = ltitest.New(ltitest.Options{Issuer: "http://" + srv.Listener.Addr().String() + "/m", Name: "Campus"}); err != nil {
		return nil, err
	}
	srv.Config.Handler = s.moodle
	srv.Start()
	s.course = s.moodle.AddCourse(ltitest.Course{ShortName: "C", FullName: "Course"}).ID
	added := s.moodle.AddTool(ltitest.ToolAt("https://" + toolHost))
	s.activity = s.moodle.AddActivity(ltitest.Activity{CourseID: s.course, Name: "Policies", Container: ltitest.NewWindow})
	p, err := s.moodle.Registration(added.TypeID)
	if err != nil {
		return nil, err
	}
	if p.ID, err = db.NewID(); err != nil {
		return nil, err
	}
	if p.InstitutionID, err = db.EnsureInstitution(ctx, "Campus"); err != nil {
		return nil, err
	}
	p.Status = lti.Active
	if err := db.AddPlatform(ctx, p); err != nil {
		return nil, err
	}
	for _, slug := range []string{"rules", "privacy", "library"} {
		_, id, err := db.LoadPolicy(ctx, p.InstitutionID, slug, policy.Version{
			Kind: policy.Agree, Texts: []policy.Text{{Lang: "en", Name: slug, Summary: "<p>Be kind.</p>", Content: "<p>Always.</p>"}},
		}, []string{p.ID})
		if err != nil {
			return nil, err
		}
		s.versions = append(s.versions, id)
	}
	return s, nil
}

// sight is an error that somebody saw.
type sight struct {
	at   time.Time
	what string
}

// load is people who come one after the other, each with a browser of their own: they launch, answer what
// they are asked, and launch again. Who sees an error comes back a second later, as people do.
type load struct {
	site *site
	road http.RoundTripper
	wg   sync.WaitGroup
	stop chan struct{} // nobody new comes

	mu        sync.Mutex
	people    int
	served    int
	confirmed map[string]bool // whose answers the tool said were saved
	saw       []sight
	slowest   time.Duration
	giveUp    time.Time
	unserved  int
}

const (
	comers   = 6                      // people at a time
	thinking = 150 * time.Millisecond // between two acts of a person
	again    = time.Second            // after an error
)

func startLoad(s *site, road http.RoundTripper) *load {
	l := &load{site: s, road: road, stop: make(chan struct{}), confirmed: map[string]bool{}, giveUp: time.Now().Add(time.Hour)}
	for range comers {
		l.wg.Go(func() {
			for {
				select {
				case <-l.stop:
					return
				default:
					l.person()
				}
			}
		})
	}
	return l
}

// end lets nobody new come, and waits until everybody was served or the patience ends.
func (l *load) end(patience time.Duration) {
	l.mu.Lock()
	l.giveUp = time.Now().Add(patience)
	l.mu.Unlock()
	close(l.stop)
	l.wg.Wait()
}

func (l *load) over() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Now().After(l.giveUp)
}

// person is one life with the tool.
func (l *load) person() {
	x := l.site.moodle.AddPerson(ltitest.Person{Username: "u", FirstName: "A", LastName: "B"})
	l.site.moodle.Enrol(l.site.course, x.ID, ltitest.Student)
	l.mu.Lock()
	l.people++
	l.mu.Unlock()
	for !l.over() {
		err := l.visit(x)
		if err == nil {
			l.mu.Lock()
			l.served++
			l.mu.Unlock()
			return
		}
		l.mu.Lock()
		l.saw = append(l.saw, sight{time.Now(), err.Error()})
		l.mu.Unlock()
		time.Sleep(again)
	}
	l.mu.Lock()
	l.unserved++
	l.mu.Unlock()
}

// visit launches, answers if something is asked, and launches again. Its error is what the person sees.
func (l *load) visit(x ltitest.Person) error {
	sub := strconv.FormatInt(x.ID, 10)
	form, b, err := l.launch(x)
	if err != nil {
		return err
	}
	if form != nil {
		l.mu.Lock()
		asked := l.confirmed[sub]
		l.mu.Unlock()
		if asked {
			return errors.New("asked again for what was answered")
		}
		time.Sleep(thinking)
		for _, id := range l.site.versions {
			form.Values.Set(templates.AnswerField(id), string(policy.Accepted))
		}
		page, err := l.timed(func() (*ltitest.Page, error) { return b.Submit(*form) })
		if err := fault(page, err); err != nil {
			return fmt.Errorf("answering: %w", err)
		}
		if page.Status != http.StatusSeeOther {
			return fmt.Errorf("answering: status %d", page.Status)
		}
		l.mu.Lock()
		l.confirmed[sub] = true
		l.mu.Unlock()
		page, err = l.settle(b, page)
		if err := fault(page, err); err != nil {
			return fmt.Errorf("after the answer: %w", err)
		}
		time.Sleep(thinking)
	}
	if form, _, err = l.launch(x); err != nil {
		return err
	}
	if form != nil {
		return errors.New("asked again for what was answered")
	}
	time.Sleep(thinking)
	return nil
}

// launch opens the activity, and returns the form if answers are asked for.
func (l *load) launch(x ltitest.Person) (*ltitest.Form, *ltitest.Browser, error) {
	b := ltitest.NewBrowser(from(l.road, x.ID))
	if err := b.Login(l.site.moodle, x.ID); err != nil {
		return nil, nil, err
	}
	var opened *ltitest.Form
	page, err := l.timed(func() (*ltitest.Page, error) {
		f, page, err := b.Authenticate(l.site.moodle, x.ID, l.site.activity.CMID)
		if err == nil && f.Action != "" {
			opened = &f
		}
		return page, err
	})
	if err == nil && opened != nil {
		page, err = l.timed(func() (*ltitest.Page, error) { return b.Submit(*opened) })
	}
	if err == nil {
		page, err = l.settle(b, page)
	}
	if err := fault(page, err); err != nil {
		return nil, nil, fmt.Errorf("launching: %w", err)
	}
	for _, f := range page.Forms() {
		if strings.HasSuffix(f.Action, "/pending") {
			return &f, b, nil
		}
	}
	return nil, b, nil
}

// settle follows redirects, each measured by itself.
func (l *load) settle(b *ltitest.Browser, page *ltitest.Page) (*ltitest.Page, error) {
	var err error
	for range 10 {
		if err != nil || page.Location() == "" {
			return page, err
		}
		page, err = l.timed(func() (*ltitest.Page, error) { return b.FollowRedirect(page) })
	}
	return page, err
}

func (l *load) timed(f func() (*ltitest.Page, error)) (*ltitest.Page, error) {
	start := time.Now()
	page, err := f()
	l.mu.Lock()
	l.slowest = max(l.slowest, time.Since(start))
	l.mu.Unlock()
	return page, err
}

// fault is what somebody sees instead of the page they came for, nil if it is the page.
func fault(page *ltitest.Page, err error) error {
	switch {
	case errors.Is(err, errNoReplica):
		return errNoReplica
	case err != nil:
		return fmt.Errorf("no answer: %w", err)
	case page.ErrorCode() == "no_session":
		return errors.New("your visit has ended")
	case page.ErrorCode() != "":
		return fmt.Errorf("%d %s", page.Status, page.ErrorCode())
	case page.Status >= 400:
		return fmt.Errorf("status %d", page.Status)
	}
	return nil
}

// from gives each person an address of their own, because the tool limits what one address may do.
func from(road http.RoundTripper, person int64) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", person>>16&255, person>>8&255, person&255))
		return road.RoundTrip(r)
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
