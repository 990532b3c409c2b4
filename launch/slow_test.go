package launch_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ltipolicy/launch/web"
)

// TestDownloadsOutliveTheServersBoundForAnAnswer: the bound here is over before the first byte, as it is in the
// middle of a long list on a slow line.
func TestDownloadsOutliveTheServersBoundForAnAnswer(t *testing.T) {
	s := classroom(t, setup{base: "https://tool.example"})
	rules := s.load("rules", research(t)) // the kind of which there are most files
	recording := s.named("recording", "Recordings", "We record.")
	s.enter(s.browser(), s.teacher, s.asksFor("recording", s.course))
	s.accepts(s.teacher)
	s.accepts(s.learner)
	teacher, admin, learner := s.browser(), s.browser(), s.browser()
	list := s.enter(teacher, s.teacher, s.window).URL.Path
	l := "/l/" + s.launch(admin, s.admin, s.window).leads("home")
	own := "/l/" + s.launchID(learner, s.learner)
	hasty := httptest.NewUnstartedServer(s.server.Handler())
	hasty.Config.WriteTimeout = time.Nanosecond
	hasty.Start()
	t.Cleanup(hasty.Close)
	get := func(b browser, path string) ([]byte, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, hasty.URL+path, nil)
		s.must(err)
		for _, c := range b.Cookies(s.setup.base + "/") {
			r.AddCookie(c)
		}
		resp, err := hasty.Client().Do(r)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close() //nolint:errcheck // read to the end
		if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Disposition") == "" {
			t.Errorf("%s: status %d, %s", path, resp.StatusCode, resp.Header.Get("Content-Disposition"))
		}
		return io.ReadAll(resp.Body)
	}
	if _, err := get(teacher, list); err == nil {
		t.Fatal("a page came although its time was over: the test shows nothing")
	}
	for _, of := range []struct {
		b    browser
		who  web.Who
		id   string
		name string
	}{
		{teacher, web.Course, strings.Split(list, "/")[2], "teacher"},
		{admin, web.Administrator, strings.TrimPrefix(l, "/l/"), "administrator"},
		{learner, web.Launched, strings.TrimPrefix(own, "/l/"), "learner"},
	} {
		all := s.files(of.who, of.id, rules)
		for _, path := range s.files(of.who, of.id, recording) {
			if strings.Contains(path, "/choices/") {
				all = append(all, path)
			}
		}
		for _, path := range all {
			if strings.Contains(path, fmt.Sprintf("/choices/%d/", rules.PolicyID)) {
				continue // it names nobody
			}
			if got, err := get(of.b, path); err != nil || len(got) == 0 {
				t.Errorf("%s, %s: %d bytes, %v", of.name, path, len(got), err)
			}
		}
	}
}
