package deploy

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"ltipolicy/lti/ltitest"
	"ltipolicy/store/storetest"
)

// TestIdenticalLaunchesOnTwoProcesses sends one launch fifty times at once, to two processes that share a
// database: it is let in once (Security Framework 1.0, 5.1.3: a nonce counts once).
func TestIdenticalLaunchesOnTwoProcesses(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		c := newCampus(t, dsn, 1)
		_, one := c.start()
		_, two := c.start()
		b := ltitest.NewBrowser(one)
		c.must(b.Login(c.moodle, c.learners[0].ID))
		form, _, err := b.Authenticate(c.moodle, c.learners[0].ID, c.activity.CMID)
		c.must(err)
		cookies := b.Cookies("https://" + toolHost + "/")
		var wg sync.WaitGroup
		locations := make([]string, 50)
		for i := range locations {
			road := []http.RoundTripper{one, two}[i%2]
			wg.Go(func() {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, form.Action, strings.NewReader(form.Values.Encode()))
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				for _, cookie := range cookies {
					r.AddCookie(cookie)
				}
				resp, err := road.RoundTrip(r)
				if err != nil {
					t.Error(err)
					return
				}
				resp.Body.Close() //nolint:errcheck // only the head counts
				if resp.StatusCode != http.StatusSeeOther && resp.StatusCode != http.StatusUnauthorized {
					t.Errorf("status %d", resp.StatusCode)
				}
				locations[i] = resp.Header.Get("Location")
			})
		}
		wg.Wait()
		in := 0
		for _, l := range locations {
			if strings.Contains(l, "/l/") {
				in++
			}
		}
		if in != 1 {
			t.Errorf("%d of 50 identical launches were let in", in)
		}
	})
}

// TestKillInTheMiddleOfAnswers kills the tool (kill -9) while two hundred learners answer at once: every answer
// that the tool said was saved is there with its event, and none is there twice.
func TestKillInTheMiddleOfAnswers(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		const learners, enough = 200, 60
		c := newCampus(t, dsn, learners)
		process, road := c.start()
		ready, start := make(chan int), make(chan struct{})
		saved := make(chan string, learners)
		for _, x := range c.learners {
			go func() {
				form, b := c.pending(road, x)
				ready <- 1
				<-start
				if form != nil {
					if page, err := b.Submit(*form); err == nil && page.Status == http.StatusSeeOther {
						saved <- b.sub
						return
					}
				}
				saved <- ""
			}()
		}
		for range learners {
			<-ready
		}
		close(start)
		said := map[string]bool{}
		for done := range learners {
			if sub := <-saved; sub != "" {
				said[sub] = true
			}
			if done == enough {
				c.must(process.Kill())
			}
		}
		if len(said) < enough/2 {
			t.Fatalf("only %d answers were saved before the kill: the test shows nothing", len(said))
		}
		if _, err := c.db.VerifyEvidence(t.Context()); err != nil {
			t.Errorf("evidence after the kill: %v", err)
		}
		answered := 0
		// Ids have gaps: an insert that has to be tried again uses one up.
		for id := int64(1); id <= 10*learners; id++ {
			events, err := c.db.Events(t.Context(), id)
			c.must(err)
			if len(events) == 0 {
				continue
			}
			answered++
			if len(events) != len(c.versionIDs) {
				t.Errorf("person %d has %d events, want one for each of %d policies", id, len(events), len(c.versionIDs))
			}
			delete(said, events[0].Sub)
		}
		if len(said) > 0 {
			t.Errorf("%d answers were said to be saved and are not there", len(said))
		}
		t.Logf("%d people have answers after the kill", answered)
	})
}
