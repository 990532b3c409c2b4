package store_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// childEnv tells the test binary to be the child of [TestKilledWhileWriting].
const childEnv = "LTIPOLICY_STORE_CHILD"

func TestMain(m *testing.M) {
	if work := os.Getenv(migrateEnv); work != "" {
		if err := migrateAndDie(work); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if work := os.Getenv(childEnv); work != "" {
		if err := child(work); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

type childWork struct {
	DSN   string
	Now   time.Time
	Forms [][]policy.Event
}

// child records all forms at once and says after each commit that it is saved.
func child(file string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var w childWork
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	db, err := store.Open(context.Background(), w.DSN, store.Options{Keys: storetest.Keys(), Now: func() time.Time { return w.Now }})
	if err != nil {
		return err
	}
	for _, err := range parallel(len(w.Forms), func(i int) error {
		if _, err := db.Answer(context.Background(), w.Forms[i]); err != nil {
			return err
		}
		_, err := fmt.Println("saved", i)
		return err
	}) {
		if err != nil {
			return err
		}
	}
	return db.Close()
}

// kill -9 while 400 people answer at once: what was confirmed is there, with its evidence and whole; nothing
// is there twice; and sending everything again completes it.
func TestKilledWhileWriting(t *testing.T) {
	const people, enough = 400, 60
	eachSite(t, func(t *testing.T, s *site) {
		a := s.load("a", draft(policy.Agree, text("ro", "a")))
		b := s.load("b", draft(policy.Consent, text("ro", "b")))
		w := childWork{DSN: s.dsn, Now: s.clock.now()}
		for _, u := range s.strangers(people) {
			form := []policy.Event{s.event(u, a, policy.Accepted), s.event(u, b, policy.Accepted)}
			for k := range form {
				form[k].ID = s.id()
				form[k].Presentation = form[0].Presentation
			}
			w.Forms = append(w.Forms, form)
		}
		saved := killAfter(t, w, enough)
		if len(saved) == people {
			t.Fatal("the child was not killed in the middle")
		}
		t.Logf("killed after %d of %d forms", len(saved), people)
		for _, i := range saved {
			for _, e := range w.Forms[i] {
				if n := s.count(`SELECT COUNT(id) FROM acceptance_event WHERE id = ?`, e.ID); n != 1 {
					t.Errorf("form %d was confirmed, but its event is stored %d times", i, n)
				}
			}
		}
		for i, form := range w.Forms {
			if n := s.count(`SELECT COUNT(id) FROM acceptance_event WHERE id IN (?, ?)`, form[0].ID, form[1].ID); n == 1 {
				t.Errorf("half of form %d is stored", i)
			}
		}
		intact := func(name string) {
			t.Helper()
			if n, err := s.db.RebuildAcceptances(t.Context()); n != 0 || err != nil {
				t.Errorf("%s: the table differs from the events in %d rows, %v", name, n, err)
			}
			if _, err := s.db.VerifyEvidence(t.Context()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		intact("after the kill")
		for i, err := range parallel(people, func(i int) error {
			got, err := s.db.Answer(t.Context(), w.Forms[i])
			if err == nil && len(got) != 2 {
				err = fmt.Errorf("%d events", len(got))
			}
			return err
		}) {
			if err != nil {
				t.Errorf("sending form %d again: %v", i, err)
			}
		}
		if n := s.count(`SELECT COUNT(id) FROM acceptance_event`); n != 2*people {
			t.Errorf("%d events, want %d", n, 2*people)
		}
		intact("in the end")
	})
}

// killAfter runs the child, kills it after so many confirmations, and returns all forms that it confirmed.
func killAfter(t *testing.T, w childWork, enough int) []int {
	t.Helper()
	b, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "work.json")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+file)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var saved []int
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var i int
		if _, err := fmt.Sscanf(lines.Text(), "saved %d", &i); err != nil {
			t.Fatalf("the child said %q", lines.Text())
		}
		saved = append(saved, i)
		if len(saved) == enough {
			cmd.Process.Kill() //nolint:errcheck // if it ended by itself, the caller notices
		}
	}
	cmd.Wait() //nolint:errcheck // it was killed
	if len(saved) < enough {
		t.Fatalf("the child confirmed %d forms only: %s", len(saved), complaint.String())
	}
	return saved
}
