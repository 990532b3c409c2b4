package courier_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ltipolicy/courier"
	"ltipolicy/courier/post"
	"ltipolicy/courier/post/posttest"
	"ltipolicy/evidence"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
)

// outside is whoever keeps what it is sent, unless it is away.
type outside struct {
	got  []evidence.Update
	away bool
}

func (o *outside) receive(t *testing.T) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil || o.away {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		u, err := evidence.ParseUpdate(string(b))
		if err != nil {
			t.Error(err)
		}
		o.got = append(o.got, u)
	}
}

// A witness gets a checkpoint that continues the one before an hour later if the log grew, and a day later anyway; one
// that was away gets it when it is back. It sees that the log only grows.
func TestCheckpointsGoOutByThemselves(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		o := &outside{}
		srv := httptest.NewServer(o.receive(t))
		defer srv.Close()
		receiver, err := courier.NewReceiver(srv.URL+"/keep?token=secret", srv.Client(), post.Server{})
		if err != nil {
			t.Fatal(err)
		}
		w := courier.New(courier.Config{Store: s.db, Now: s.clock.now, Receivers: []courier.Receiver{receiver}})
		key, err := s.db.LogKey(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		keys, err := evidence.ParseKeys(key)
		if err != nil {
			t.Fatal(err)
		}
		witness := evidence.Witness{Dir: filepath.Join(t.TempDir(), "kept"), Keys: keys.Verifiers()}
		people := s.enrol(3, ltitest.Student)
		grow := func() {
			s.answer(s.launch1(people[0]), policy.Accepted)
			people = people[1:]
		}
		for _, step := range []struct {
			what   string
			before func()
			wait   time.Duration
			want   int // updates that have arrived
			failed bool
		}{
			{"at once", grow, 0, 1, false},
			{"nothing new, an hour later", func() {}, 2 * time.Hour, 1, false},
			{"something new", grow, time.Minute, 2, false},
			{"something new within the hour", grow, time.Minute, 2, false},
			{"after the hour, but it is away", func() { o.away = true }, time.Hour, 2, true},
			{"too early to try again", func() { o.away = false }, time.Minute, 2, false},
			{"it is back", func() {}, 5 * time.Minute, 3, false},
			{"a day later, as a sign of life", func() {}, 25 * time.Hour, 4, false},
		} {
			step.before()
			s.clock.add(step.wait)
			err := errors.Join(w.Do(t.Context(), courier.Evidence), w.Do(t.Context(), courier.Witnessing))
			if (err != nil) != step.failed {
				t.Errorf("%s: %v", step.what, err)
			}
			if len(o.got) != step.want {
				t.Fatalf("%s: %d updates, want %d", step.what, len(o.got), step.want)
			}
		}
		for i, u := range o.got {
			if _, err := witness.Add(u); err != nil {
				t.Errorf("update %d: %v", i, err)
			}
		}
		all, err := s.db.Witnesses(t.Context())
		if err != nil || len(all) != 1 || all[0].Size != o.got[3].Size() || all[0].Failure != "" || strings.Contains(all[0].Name, "secret") {
			t.Errorf("known of witnesses: %+v, %v", all, err)
		}
	})
}

func TestCheckpointsGoToAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kept")
	r, err := courier.NewReceiver("file:"+path, nil, post.Server{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"one\n1\n\n— x\n", "two\n2\n\n— y\n"}
	for _, signed := range want {
		if err := r.Send(t.Context(), evidence.Update{Signed: signed}); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil || !slices.Equal(evidence.Notes(string(b)), want) {
		t.Errorf("kept %q, %v", b, err)
	}
}

func TestCheckpointsGoByMail(t *testing.T) {
	server := posttest.New(t, nil)
	r, err := courier.NewReceiver("mailto:dpo@upt.example", nil, post.Server{Address: server.Address(), From: "tool@upt.example"})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Send(t.Context(), evidence.Update{Signed: "ltipolicy-evidence\n7\nHASH\n\n— x\n"}); err != nil {
		t.Fatal(err)
	}
	all := server.Took()
	if len(all) != 1 || all[0].From != "tool@upt.example" || all[0].To != "dpo@upt.example" {
		t.Fatalf("%+v", all)
	}
	for _, want := range []string{"Auto-Submitted: auto-generated", "ltipolicy-evidence\r\n7\r\nHASH\r\n"} {
		if !strings.Contains(all[0].Raw, want) {
			t.Errorf("the mail lacks %q:\n%s", want, all[0].Raw)
		}
	}
}

func TestReceiversThatAreNone(t *testing.T) {
	office := post.Server{Address: "smtp://mail.example", From: "tool@upt.example"}
	for _, c := range []struct {
		name string
		mail post.Server
	}{
		{"file:kept", office}, {"https:", office}, {"ftp://x", office}, {"/var/kept", office}, {"", office}, {"mailto:nobody", office},
		{"mailto:dpo@upt.example", post.Server{}}, {"mailto:dpo@upt.example", post.Server{Address: "smtp://mail.example"}},
	} {
		if _, err := courier.NewReceiver(c.name, nil, c.mail); err == nil || !strings.Contains(err.Error(), "witness") {
			t.Errorf("%q: %v", c.name, err)
		}
	}
}

// Where a witness keeps what it is sent may be secret: what is logged of one that is away names the place alone.
func TestWitnessesAddressStaysSecret(t *testing.T) {
	away := httptest.NewServer(http.NotFoundHandler())
	away.Close()
	receiver, err := courier.NewReceiver(away.URL+"/keep?token=secret", http.DefaultClient, post.Server{})
	if err != nil {
		t.Fatal(err)
	}
	err = receiver.Send(t.Context(), evidence.Update{})
	if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), away.URL+"/keep") {
		t.Errorf("said %v", err)
	}
	if _, err := courier.NewReceiver("https:///keep?token=secret", http.DefaultClient, post.Server{}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("said %v", err)
	}
}
