package evidence_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"ltipolicy/evidence"
	"ltipolicy/policy"
)

func (l *log) witness(t *testing.T) evidence.Witness {
	t.Helper()
	keys, err := evidence.ParseKeys(l.key)
	if err != nil {
		t.Fatal(err)
	}
	return evidence.Witness{Dir: filepath.Join(t.TempDir(), "kept"), Keys: keys.Verifiers()}
}

// update is the checkpoint over the first n answers, with the proof that it continues the one over the first old.
func (l *log) update(t *testing.T, old, n int) evidence.Update {
	t.Helper()
	u := evidence.Update{Old: int64(old), Signed: l.at(t, n)}
	if old > 0 && old < n {
		var err error
		if u.Proof, err = tlog.ProveTree(int64(n), int64(old), l); err != nil {
			t.Fatal(err)
		}
	}
	sent, err := evidence.ParseUpdate(u.String())
	if err != nil {
		t.Fatal(err)
	}
	return sent
}

func TestWitnessFollowsALogThatGrows(t *testing.T) {
	l := newLog(t)
	for range 40 {
		l.answer(t)
	}
	w := l.witness(t)
	last := 0
	for _, n := range []int{1, 2, 7, 7, 8, 31, 40} {
		c, err := w.Add(l.update(t, last, n))
		if err != nil || c.Size != int64(n) {
			t.Fatalf("from %d to %d: %d, %v", last, n, c.Size, err)
		}
		last = n
	}
	c, signed, err := w.Newest()
	if err != nil || c.Size != 40 || signed != l.at(t, 40) {
		t.Errorf("kept %d, %v", c.Size, err)
	}
	all, err := os.ReadFile(filepath.Join(w.Dir, "checkpoints"))
	if err != nil || strings.Count(string(all), evidence.Origin+"\n") != 6 {
		t.Errorf("the history holds %q, %v", all, err)
	}
}

// A history that was written anew is a split, and what is kept stays.
func TestWitnessSeesALogThatWasRewritten(t *testing.T) {
	l := newLog(t)
	for range 9 {
		l.answer(t)
	}
	w := l.witness(t)
	if _, err := w.Add(l.update(t, 0, 5)); err != nil {
		t.Fatal(err)
	}
	rewritten := newLog(t)
	rewritten.signer, rewritten.key = l.signer, l.key
	for i := range 9 {
		rewritten.answer(t, func(e *policy.Event) {
			if i == 3 {
				e.Answer = policy.Declined
			}
		})
	}
	for name, u := range map[string]evidence.Update{
		"longer":           rewritten.update(t, 5, 9),
		"of the same size": {Old: 5, Signed: rewritten.at(t, 5)},
	} {
		_, err := w.Add(u)
		var split *evidence.Split
		if !errors.As(err, &split) || split.Kept != l.at(t, 5) || split.Shown != u.Signed {
			t.Errorf("%s: %v", name, err)
		}
	}
	if c, _, err := w.Newest(); err != nil || c.Size != 5 {
		t.Errorf("kept %d, %v", c.Size, err)
	}
}

func TestWitnessRefuses(t *testing.T) {
	l, other := newLog(t), newLog(t)
	for range 9 {
		l.answer(t)
		other.answer(t)
	}
	w := l.witness(t)
	if _, err := w.Add(l.update(t, 0, 5)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		update evidence.Update
		want   string
	}{
		"another key":               {other.update(t, 5, 9), "opening a checkpoint"},
		"an older checkpoint":       {l.update(t, 0, 3), "older"},
		"a proof from another size": {l.update(t, 4, 9), "ask for one that continues size 5"},
		"no proof":                  {evidence.Update{Signed: l.at(t, 9)}, "continues size 0"},
		"nothing":                   {evidence.Update{}, "opening a checkpoint"},
	} {
		if _, err := w.Add(c.update); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	for _, s := range []string{"old \n\nx", "old -1\n\nx", "old 5\nAAAA\n\nx", "old 5\n"} {
		if _, err := evidence.ParseUpdate(s); err == nil {
			t.Errorf("%q is read", s)
		}
	}
}

// A witness asks for what continues the checkpoint that it keeps.
func TestWitnessFetches(t *testing.T) {
	l := newLog(t)
	for range 9 {
		l.answer(t)
	}
	size := 4
	tool := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		old, err := strconv.Atoi(r.URL.Query().Get("old"))
		if err != nil || size == 0 {
			http.Error(w, "no", http.StatusBadRequest)
			return
		}
		io.WriteString(w, l.update(t, old, size).String()) //nolint:errcheck // the witness would miss it
	}))
	defer tool.Close()
	w := l.witness(t)
	for _, size = range []int{4, 4, 9} {
		u, err := w.Fetch(t.Context(), tool.Client(), tool.URL+"/evidence/checkpoint")
		if err != nil {
			t.Fatal(err)
		}
		if c, err := w.Add(u); err != nil || c.Size != int64(size) {
			t.Errorf("kept %d, %v; want %d", c.Size, err, size)
		}
	}
	size = 0
	if _, err := w.Fetch(t.Context(), tool.Client(), tool.URL); err == nil || !strings.Contains(err.Error(), "400") {
		t.Errorf("a tool that refuses: %v", err)
	}
}

// A checkpoint is read in the one way in which it is written.
func TestCheckpointHasOneForm(t *testing.T) {
	l := newLog(t)
	l.answer(t)
	keys, err := evidence.ParseKeys(l.key)
	if err != nil {
		t.Fatal(err)
	}
	signed := l.checkpoint(t)
	if c, err := evidence.OpenCheckpoint(signed, keys.Verifiers()); err != nil || c.Size != 1 || c.Time.Unix() != noon.Unix()+1 {
		t.Errorf("got %+v, %v", c, err)
	}
	for i := range signed {
		b := []byte(signed)
		b[i] ^= 1
		if _, err := evidence.OpenCheckpoint(string(b), keys.Verifiers()); err == nil {
			t.Errorf("byte %d changed: believed", i)
		}
	}
}
