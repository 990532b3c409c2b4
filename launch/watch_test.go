package launch_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// figures are the lines of the metrics.
func (s *site) figures() []string {
	s.t.Helper()
	page := s.get(ltitest.NewBrowser(s.listen(s.server.Metrics())), "/metrics")
	if page.Status != http.StatusOK {
		s.t.Fatalf("status %d: %s", page.Status, page.Body)
	}
	return strings.Split(string(page.Body), "\n")
}

func TestFiguresOfTheDatabaseAndItsQueues(t *testing.T) {
	s := asking(t)
	_, err := s.db.AppendLog(t.Context()) // what set the site up
	s.must(err)
	b := s.browser()
	s.settle(b, s.enter(b, s.learner, s.window).acceptAll())
	before := s.figures()
	for _, want := range []string{
		"ltipolicy_database_up 1", `ltipolicy_key_set_fetches_total{result="ok"} 1`, `ltipolicy_key_set_fetches_total{result="failed"} 0`,
		`ltipolicy_schedules{state="waiting"} 0`, `ltipolicy_schedules{state="failed"} 0`, `ltipolicy_job_runs_total{job="calendar"} 0`,
		"ltipolicy_evidence_queue_events 1", `ltipolicy_outbox_scores{state="dead"} 0`, "ltipolicy_outbox_oldest_seconds 0",
		`ltipolicy_database_connections{pool="write",state="max"} 1`,
	} {
		if !slices.Contains(before, want) {
			t.Errorf("the figures lack %s", want)
		}
	}
	if !slices.ContainsFunc(before, func(l string) bool { return strings.HasPrefix(l, "go_build_info{") }) {
		t.Error("the figures do not say which build this is")
	}
	s.must(s.db.Close())
	after := s.figures()
	if !slices.Contains(after, "ltipolicy_database_up 0") || slices.ContainsFunc(after, func(l string) bool { return strings.HasPrefix(l, "ltipolicy_outbox") }) {
		t.Error("without a database the figures tell of one")
	}
}

// TestReadyTellsTheTruth: ready is whoever can serve a launch, alive is whoever answers.
func TestReadyTellsTheTruth(t *testing.T) {
	for name, c := range map[string]struct {
		harm func(s *site)
		why  string
	}{
		"no signing key": {func(s *site) { s.exec(`DELETE FROM tool_key`) }, "no current signing key"},
		"only an old key": {func(s *site) {
			s.exec(`UPDATE tool_key SET keyuse = 'previous'`)
		}, "no current signing key"},
		"a migration to come": {func(s *site) {
			s.exec(`DELETE FROM schema_version WHERE id = (SELECT newest FROM (SELECT MAX(id) AS newest FROM schema_version) m)`)
		}, "lacks what this program needs"},
		"a newer program's schema": {func(s *site) {
			s.exec(`INSERT INTO schema_version (id, oldest, applied, timecreated) VALUES (99999, 99998, 1, '2026-09-01 08:00:00')`)
		}, "use a newer program"},
		"the database away": {func(s *site) { s.must(s.db.Close()) }, "closed"},
	} {
		t.Run(name, func(t *testing.T) {
			s := asking(t)
			b := s.browser()
			if got := s.get(b, "/readyz"); got.Status != http.StatusOK {
				t.Fatalf("status %d before", got.Status)
			}
			s.log.forget()
			c.harm(s)
			got := s.get(b, "/readyz")
			if got.Status != http.StatusServiceUnavailable || strings.TrimSpace(string(got.Body)) != "not ready" {
				t.Errorf("status %d: %s", got.Status, got.Body)
			}
			line := s.log.lines(t, "request")[0]
			if reason, _ := line["error"].(string); line["code"] != "unavailable" || !strings.Contains(reason, c.why) {
				t.Errorf("the log says %v", line)
			}
			if got := s.get(b, "/healthz"); got.Status != http.StatusOK {
				t.Errorf("alive: status %d", got.Status)
			}
		})
	}
}

// TestStoppingIsNoError: a replica that was told to stop says that it is not ready and serves on, and its log has no
// error about what was meant.
func TestStoppingIsNoError(t *testing.T) {
	s := asking(t)
	b := s.browser()
	s.server.Leave()
	if got := s.get(b, "/readyz"); got.Status != http.StatusServiceUnavailable || strings.TrimSpace(string(got.Body)) != "not ready" || got.Header.Get("Retry-After") == "" {
		t.Errorf("status %d: %s", got.Status, got.Body)
	}
	if line := s.log.lines(t, "request")[0]; line["level"] != "INFO" || line["code"] != "stopping" {
		t.Errorf("the log says %v", line)
	}
	s.enter(b, s.learner, s.window).is(http.StatusOK, "")
}

func (s *site) exec(query string) {
	s.t.Helper()
	_, err := s.raw.ExecContext(s.t.Context(), query)
	s.must(err)
}

// TestReadyBeforeTheFirstMigration: a replica that starts beside an empty database waits for it.
func TestReadyBeforeTheFirstMigration(t *testing.T) {
	db, err := store.Open(t.Context(), storetest.SQLite(t), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // the test is over
	if err := db.Ready(t.Context()); !errors.Is(err, policy.ErrUnavailable) {
		t.Errorf("an empty database is %v", err)
	}
}
