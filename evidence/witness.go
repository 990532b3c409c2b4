package evidence

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Update is a checkpoint with the proof that it continues an older one, in the form in which C2SP tlog-witness sends
// it: a line "old N", the proof's hashes in base64, a line each, an empty line, and the checkpoint.
type Update struct {
	Old    int64          // the size that it continues; 0: it begins
	Proof  tlog.TreeProof // empty where Old is 0 or the checkpoint's own size
	Signed string         // the checkpoint as a signed note
}

// String is the update as it is sent.
func (u Update) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "old %d\n", u.Old)
	for _, h := range u.Proof {
		b.WriteString(h.String() + "\n")
	}
	b.WriteString("\n" + u.Signed)
	return b.String()
}

// Size is what the checkpoint says, signed or not; 0 if it says nothing.
func (u Update) Size() int64 {
	n, _, _ := strings.Cut(strings.TrimPrefix(u.Signed, Origin+"\n"), "\n")
	size, err := strconv.ParseInt(n, 10, 64)
	if err != nil {
		return 0
	}
	return size
}

// ParseUpdate reads what String wrote. A checkpoint alone is an update that proves nothing about an older one.
func ParseUpdate(s string) (Update, error) {
	if !strings.HasPrefix(s, "old ") {
		return Update{Signed: s}, nil
	}
	head, signed, ok := strings.Cut(s, "\n\n")
	if !ok {
		return Update{}, errors.New("reading an update: it has no checkpoint")
	}
	lines := strings.Split(head, "\n")
	old, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "old "), 10, 64)
	if err != nil || old < 0 {
		return Update{}, fmt.Errorf("reading an update: %q is no size", lines[0])
	}
	u := Update{Old: old, Signed: signed}
	for _, line := range lines[1:] {
		b, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(b) != tlog.HashSize {
			return Update{}, fmt.Errorf("reading an update: %q is no hash", line)
		}
		u.Proof = append(u.Proof, tlog.Hash(b))
	}
	return u, nil
}

// Witness keeps the newest checkpoint that it was shown and every one before it, in a folder of its own, on a machine
// that whoever runs the tool cannot write to. It needs the log's public keys and nothing else of the tool. Not for use
// by several processes at once.
type Witness struct {
	Dir  string // made where it is missing
	Keys note.Verifiers
}

const (
	newestFile  = "newest"      // a signed note
	historyFile = "checkpoints" // signed notes one after the other, each followed by an empty line
)

// Split is what a witness says when a log shows two histories: both checkpoints are signed, and one does not continue
// the other. It is the proof that whoever signs rewrote the log, and is worth more than anything else that is kept.
type Split struct {
	Kept, Shown string // the two signed notes
	Why         error
}

func (s *Split) Error() string {
	return fmt.Sprintf("the log was rewritten: the checkpoint that was shown does not continue the one that is kept (%v). Keep both:\n\n%s\n%s", s.Why, s.Kept, s.Shown)
}

// Unwrap is why.
func (s *Split) Unwrap() error { return s.Why }

// Newest returns the size of the newest checkpoint that is kept; 0 if there is none.
func (w Witness) Newest() (Checkpoint, string, error) {
	b, err := os.ReadFile(filepath.Join(w.Dir, newestFile))
	if errors.Is(err, os.ErrNotExist) {
		return Checkpoint{}, "", nil
	}
	if err != nil {
		return Checkpoint{}, "", err
	}
	c, err := OpenCheckpoint(string(b), w.Keys)
	if err != nil {
		return Checkpoint{}, "", fmt.Errorf("what is kept in %s: %w", w.Dir, err)
	}
	return c, string(b), nil
}

// Add takes an update up if its checkpoint is signed by the log and continues the one that is kept, and returns it. One
// that is kept already is taken without a word. A *[Split] says that the log was rewritten. Where the proof continues
// another checkpoint than the newest one, the error names the size that it has to continue.
func (w Witness) Add(u Update) (Checkpoint, error) {
	shown, err := OpenCheckpoint(u.Signed, w.Keys)
	if err != nil {
		return Checkpoint{}, err
	}
	kept, signed, err := w.Newest()
	if err != nil {
		return Checkpoint{}, err
	}
	split := func(why error) error { return &Split{Kept: signed, Shown: u.Signed, Why: why} }
	switch {
	case kept.Size == 0:
	case shown.Size == kept.Size:
		if shown.Tree != kept.Tree {
			return shown, split(errors.New("same size, another hash"))
		}
		return shown, nil
	case shown.Size < kept.Size:
		return shown, fmt.Errorf("the checkpoint is of size %d and older than the one of size %d that is kept: an older one proves nothing new", shown.Size, kept.Size)
	case u.Old != kept.Size:
		return shown, fmt.Errorf("the update continues size %d: ask for one that continues size %d", u.Old, kept.Size)
	default:
		if err := tlog.CheckTree(u.Proof, shown.Size, shown.Tree, kept.Size, kept.Tree); err != nil {
			return shown, split(err)
		}
	}
	return shown, w.keep(u.Signed)
}

// keep writes the history first: what is newest is always in it.
func (w Witness) keep(signed string) error {
	if err := os.MkdirAll(w.Dir, 0o700); err != nil {
		return fmt.Errorf("keeping a checkpoint: %w", err)
	}
	history, err := os.OpenFile(filepath.Join(w.Dir, historyFile), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("keeping a checkpoint: %w", err)
	}
	_, err = history.WriteString(signed + "\n")
	if err := errors.Join(err, history.Sync(), history.Close()); err != nil {
		return fmt.Errorf("keeping a checkpoint: %w", err)
	}
	fresh := filepath.Join(w.Dir, newestFile+".new")
	if err := os.WriteFile(fresh, []byte(signed), 0o600); err != nil {
		return fmt.Errorf("keeping a checkpoint: %w", err)
	}
	if err := os.Rename(fresh, filepath.Join(w.Dir, newestFile)); err != nil {
		return fmt.Errorf("keeping a checkpoint: %w", err)
	}
	return nil
}

// updateBytes is how large an update can be: a proof has at most a hash for each bit of a size, twice.
const updateBytes = 64 << 10

// Fetch asks an address of the tool for the newest checkpoint and the proof that it continues the kept one.
func (w Witness) Fetch(ctx context.Context, client *http.Client, address string) (Update, error) {
	kept, _, err := w.Newest()
	if err != nil {
		return Update{}, err
	}
	u, err := url.Parse(address)
	if err != nil {
		return Update{}, fmt.Errorf("asking for a checkpoint: %w", err)
	}
	q := u.Query()
	q.Set("old", strconv.FormatInt(kept.Size, 10))
	u.RawQuery = q.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return Update{}, fmt.Errorf("asking for a checkpoint: %w", err)
	}
	res, err := client.Do(req)
	if err != nil {
		return Update{}, fmt.Errorf("asking for a checkpoint: %w", err)
	}
	defer res.Body.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(io.LimitReader(res.Body, updateBytes))
	if err != nil {
		return Update{}, fmt.Errorf("asking %s for a checkpoint: %w", address, err)
	}
	if res.StatusCode != http.StatusOK {
		return Update{}, fmt.Errorf("asking %s for a checkpoint: it answered %s", address, res.Status)
	}
	return ParseUpdate(string(b))
}
