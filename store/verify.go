package store

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"

	"ltipolicy/evidence"
)

const (
	verifyPage = 500
	// clocksApart is how far the clocks of those who write may be from each other.
	clocksApart = 5 * time.Minute
)

// Break is the first place where the evidence does not hold.
type Break struct {
	EventID string // empty if no single entry is concerned
	Leaf    int64  // position in the log; -1 if there is none
	What    string
}

func (b *Break) Error() string {
	s := "evidence broken"
	if b.EventID != "" {
		s += ": entry " + b.EventID
	}
	if b.Leaf >= 0 {
		s += fmt.Sprintf(" (leaf %d)", b.Leaf)
	}
	return s + ": " + b.What
}

// Intact is what was found to be whole.
type Intact struct {
	Events int64 // answers
	Acts   int64 // of administration, and looks that were not swept
	// Erased is how many of the answers belong to people who were erased, and Decisions under how many decisions.
	Erased, Decisions int64
}

// VerifyEvidence computes everything anew and returns what it found, or the first *[Break]: each policy text against
// its digest, with its images; each entry against its hash, its number, its leaf and its time, the text it names and
// the person it is of; the tree against the stored hashes and every signed checkpoint; that no entry is missing from
// the log or was not written yet; and tool_policy_acceptances against the events. held are checkpoints that were kept
// outside the database, see [DB.Checkpoint]: only they can show that the end of the log, checkpoints and all, was cut
// off.
//
// It reads in pages and may run while answers come in.
func (db *DB) VerifyEvidence(ctx context.Context, held ...string) (Intact, error) {
	v := &verification{db: db, held: map[int64]evidence.Checkpoint{}, numbers: map[int]int64{}}
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return v.readHeld(ctx, held) },
		v.decided, v.texts, v.acts, v.log, v.rest, v.publication, v.projection, v.erasures,
	} {
		if err := step(ctx); err != nil {
			return v.Intact, fmt.Errorf("verifying the evidence: %w", unavailable(err))
		}
	}
	return v.Intact, nil
}

type verification struct {
	Intact
	db       *DB
	keys     note.Verifiers
	held     map[int64]evidence.Checkpoint // checkpoints from outside, by size
	digests  map[string]string             // of texts, by version and language
	images   map[string]bool               // that were found to be whole
	numbers  map[int]int64                 // the last number of each shard that was looked at
	current  []int64                       // the versions that are active
	coming   map[int64]bool                // those that are announced
	versions map[int64]seenVersion
	signed   time.Time // of the last checkpoint that was looked at

	// What the acts say, see acts.
	beginnings, endings  map[int64][]time.Time // when versions became active, and were not any more
	announced, retracted map[int64][]time.Time // when versions could be answered before that, and that was taken back
	published            map[string]string     // digests of texts, by version and language
	told                 map[int64]logged      // versions as they were published
	names                map[string]string     // of institutions, by id
	still                map[int64]bool        // versions that were active or announced when the acts had been read
	sweeps               map[int]swept
	before               decisions
	acted, unnamed       int64 // answers for others, and places in acts, whose actors and people were erased
}

// seenVersion is a version as it stands in its tables, but for its texts.
type seenVersion struct {
	policy int64
	is     logged
	begun  bool // it says when it became active
}

func (v *verification) readHeld(ctx context.Context, held []string) error {
	keys, err := v.db.logKeys(ctx)
	if err != nil {
		return err
	}
	v.keys = keys.all.Verifiers()
	for _, signed := range held {
		c, err := evidence.OpenCheckpoint(signed, v.keys)
		if err != nil {
			return &Break{Leaf: -1, What: "a checkpoint kept outside is not signed by this log: " + err.Error()}
		}
		if twin, ok := v.held[c.Size]; ok && twin.Tree != c.Tree {
			return &Break{Leaf: -1, What: fmt.Sprintf("two checkpoints kept outside say two things about the first %d entries", c.Size)}
		}
		v.held[c.Size] = c
	}
	return nil
}
