package evidence

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Key is a key that signs the log and its receipts, or did.
type Key struct {
	Public string    // as note.NewVerifier reads it
	From   time.Time // since when it signs, in UTC, whole seconds; zero: not known
	Until  time.Time // when another took its place; zero: it signs now
	Size   int64     // how long the log was then: what it signs over a longer one counts nothing
	// Revoked says that since Until the key is taken for known to others: what it signed proves nothing by itself.
	Revoked bool
}

// Keys are all keys that ever signed a log, the newest first. The tool lists them at /evidence/key.
type Keys []Key

// String is the key's line of the list.
func (k Key) String() string {
	s := k.Public
	if !k.From.IsZero() {
		s += " from " + k.From.UTC().Format(time.RFC3339)
	}
	if !k.Until.IsZero() {
		s += " until " + k.Until.UTC().Format(time.RFC3339) + " size " + strconv.FormatInt(k.Size, 10)
	}
	if k.Revoked {
		s += " revoked"
	}
	return s
}

// String is the list, a line each.
func (ks Keys) String() string {
	var b strings.Builder
	for _, k := range ks {
		b.WriteString(k.String() + "\n")
	}
	return b.String()
}

// keyLine is a line of the list: the key, since when, until when and how far, and whether it is revoked.
var keyLine = regexp.MustCompile(`^(\S+)(?: from (\S+))?(?: until (\S+) size ([0-9]+)( revoked)?)?$`)

// ParseKeys reads what String wrote. A key alone is one that signs.
func ParseKeys(list string) (Keys, error) {
	var ks Keys
	for line := range strings.Lines(list) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		k, err := parseKey(line)
		if err != nil {
			return nil, fmt.Errorf("reading the log's key %q: %w", line, err)
		}
		ks = append(ks, k)
	}
	if len(ks) == 0 {
		return nil, errors.New("no key of the log is given")
	}
	return ks, nil
}

func parseKey(line string) (k Key, err error) {
	m := keyLine.FindStringSubmatch(line)
	if m == nil {
		return k, errors.New("it is no line of such a list")
	}
	k = Key{Public: m[1], Revoked: m[5] != ""}
	v, err := note.NewVerifier(k.Public)
	if err != nil {
		return k, err
	}
	if v.Name() != Origin {
		return k, fmt.Errorf("it is of %q, not of %q", v.Name(), Origin)
	}
	for _, at := range []struct {
		from string
		to   *time.Time
	}{{m[2], &k.From}, {m[3], &k.Until}} {
		if at.from == "" {
			continue
		}
		if *at.to, err = time.Parse(time.RFC3339, at.from); err != nil {
			return k, err
		}
	}
	if m[4] != "" {
		k.Size, err = strconv.ParseInt(m[4], 10, 64)
	}
	return k, err
}

// Verifiers verify checkpoints: each key those that it signed while it was the log's.
func (ks Keys) Verifiers() note.Verifiers {
	var list []note.Verifier
	for _, k := range ks {
		if v, err := note.NewVerifier(k.Public); err == nil { // as ParseKeys saw to
			list = append(list, bounded{v, k})
		}
	}
	return note.VerifierList(list...)
}

// of is the key of the list that is this one.
func (ks Keys) of(public string) (Key, bool) {
	for _, k := range ks {
		if k.Public == public {
			return k, true
		}
	}
	return Key{}, false
}

// bounded verifies with a key what it may have signed.
type bounded struct {
	note.Verifier
	key Key
}

// Verify reports whether the key signed the checkpoint while it was the log's.
func (v bounded) Verify(text, signature []byte) bool {
	if !v.Verifier.Verify(text, signature) {
		return false
	}
	if v.key.Until.IsZero() {
		return true
	}
	c, err := parse(string(text))
	return err == nil && c.Size <= v.key.Size && !c.Time.After(v.key.Until.Add(clocks))
}
