package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"math"
	"slices"

	"github.com/jmoiron/sqlx"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"ltipolicy/policy"
)

const verifyPage = 500

// Break is the first place where the evidence does not hold.
type Break struct {
	EventID string // empty if no single event is concerned
	Leaf    int64  // position in the log; -1 if there is none
	What    string
}

func (b *Break) Error() string {
	s := "evidence broken"
	if b.EventID != "" {
		s += ": event " + b.EventID
	}
	if b.Leaf >= 0 {
		s += fmt.Sprintf(" (leaf %d)", b.Leaf)
	}
	return s + ": " + b.What
}

// VerifyEvidence computes everything anew and returns the number of events, or the first *[Break]: each
// policy text against its digest, with its images; each event against its hash and its leaf, and the text it names; the tree
// against the stored hashes and every signed checkpoint; that no event is missing from the log or the log's
// queue; and tool_policy_acceptances against the events. held are checkpoints that were kept outside the
// database, see [DB.Checkpoint]: only they can show that the end of the log, checkpoints and all, was cut off.
//
// It reads in pages and may run while answers come in.
func (db *DB) VerifyEvidence(ctx context.Context, held ...string) (int64, error) {
	v := &verification{db: db, held: map[int64]tlog.Hash{}}
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return v.readHeld(ctx, held) },
		v.texts, v.log, v.rest, v.projection,
	} {
		if err := step(ctx); err != nil {
			return v.events, fmt.Errorf("verifying the evidence: %w", unavailable(err))
		}
	}
	return v.events, nil
}

type verification struct {
	db       *DB
	verifier note.Verifier
	held     map[int64]tlog.Hash // checkpoints from outside, by size
	digests  map[string]string   // of texts, by version and language
	images   map[string]bool     // that were found to be whole
	events   int64
}

func (v *verification) readHeld(ctx context.Context, held []string) error {
	var err error
	if _, v.verifier, err = v.db.logKeys(ctx); err != nil {
		return err
	}
	for _, signed := range held {
		size, tree, err := openCheckpoint(signed, v.verifier)
		if err != nil {
			return &Break{Leaf: -1, What: "a checkpoint kept outside is not signed by this log: " + err.Error()}
		}
		v.held[size] = tree
	}
	return nil
}

func textKey(versionID int64, lang string) string { return fmt.Sprint(versionID, " ", lang) }

// texts checks that every stored text is the one that its digest was made of.
func (v *verification) texts(ctx context.Context) error {
	v.digests, v.images = map[string]string{}, map[string]bool{}
	for after := int64(0); ; {
		vs, err := versions(ctx, v.db.r, `
			SELECT `+versionColumns+`
			FROM tool_policy_versions v
			JOIN tool_policy p ON p.id = v.policyid
			JOIN policy_detail pd ON pd.policyid = p.id
			JOIN policy_version_detail d ON d.versionid = v.id
			WHERE v.id > ? ORDER BY v.id LIMIT 50`, after)
		if err != nil {
			return err
		}
		if len(vs) == 0 {
			return nil
		}
		for _, ver := range vs {
			after = ver.ID
			if err := v.version(ctx, ver); err != nil {
				return err
			}
		}
	}
}

func (v *verification) version(ctx context.Context, ver policy.Version) error {
	var rows []struct {
		Lang   string `db:"lang"`
		Digest string `db:"digest"`
	}
	err := v.db.r.SelectContext(ctx, &rows, `
		SELECT lang, digest FROM policy_version_detail WHERE versionid = ?
		UNION ALL
		SELECT lang, digest FROM policy_version_text WHERE versionid = ?`, ver.ID, ver.ID)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if t, ok := ver.In(r.Lang); !ok || t.Digest() != r.Digest {
			return &Break{Leaf: -1, What: fmt.Sprintf("the text of version %d in %q is not the one that was published", ver.ID, r.Lang)}
		}
		v.digests[textKey(ver.ID, r.Lang)] = r.Digest
	}
	for _, digest := range policy.ImagesIn(ver.Texts...) {
		if err := v.image(ctx, ver.ID, digest); err != nil {
			return err
		}
	}
	return nil
}

// log walks the leaves in order, building the tree again beside the stored one.
func (v *verification) log(ctx context.Context) error {
	size, err := logSize(ctx, v.db.r)
	if err != nil {
		return err
	}
	tree := &frontier{}
	for tree.size < size {
		if err := v.logPage(ctx, tree, min(tree.size+verifyPage, size)); err != nil {
			return err
		}
	}
	v.events += size
	var beyond []int64
	err = v.db.r.SelectContext(ctx, &beyond, `SELECT size FROM evidence_checkpoint WHERE size > ? ORDER BY size LIMIT 1`, size)
	if err != nil {
		return err
	}
	if len(beyond) > 0 {
		// A checkpoint may be of a log that grew since the size was read.
		if size, err = logSize(ctx, v.db.r); err != nil {
			return err
		}
		if beyond[0] > size {
			return &Break{Leaf: size, What: fmt.Sprintf("the log is cut off: a checkpoint covers %d events", beyond[0])}
		}
	}
	for s := range v.held {
		if s > size {
			return &Break{Leaf: size, What: fmt.Sprintf("the log is cut off: a checkpoint kept outside covers %d events", s)}
		}
	}
	return nil
}

type leafRow struct {
	Idx     int64  `db:"idx"`
	EventID string `db:"eventid"`
	Hash    []byte `db:"hash"`
}

func (v *verification) logPage(ctx context.Context, tree *frontier, end int64) error {
	start := tree.size
	var leaves []leafRow
	err := v.db.r.SelectContext(ctx, &leaves,
		`SELECT idx, eventid, hash FROM evidence_leaf WHERE idx >= ? AND idx < ? ORDER BY idx`, start, end)
	if err != nil {
		return err
	}
	events, err := v.eventsOf(ctx, leaves)
	if err != nil {
		return err
	}
	var stored [][]byte
	err = v.db.r.SelectContext(ctx, &stored, `SELECT hash FROM evidence_hash WHERE idx >= ? AND idx < ? ORDER BY idx`,
		tlog.StoredHashCount(start), tlog.StoredHashCount(end))
	if err != nil {
		return err
	}
	checkpoints, err := v.checkpoints(ctx, start, end)
	if err != nil {
		return err
	}
	for i := start; i < end; i++ {
		if len(leaves) == 0 || leaves[0].Idx != i {
			return &Break{Leaf: i, What: "the leaf is missing"}
		}
		leaf := leaves[0]
		leaves = leaves[1:]
		if err := v.event(events, leaf); err != nil {
			return err
		}
		for _, h := range tree.add(tlog.RecordHash(leaf.Hash)) {
			if len(stored) == 0 || hashOf(stored[0]) != h {
				return &Break{EventID: leaf.EventID, Leaf: i, What: "the tree's stored hash does not match the leaf"}
			}
			stored = stored[1:]
		}
		for _, want := range checkpoints[tree.size] {
			if want != tree.hash() {
				return &Break{Leaf: i, What: fmt.Sprintf("the first %d events are not those of the signed checkpoint", tree.size)}
			}
		}
	}
	return nil
}

func (v *verification) eventsOf(ctx context.Context, leaves []leafRow) (map[string]policy.Event, error) {
	ids := make([]string, 0, len(leaves))
	for _, l := range leaves {
		ids = append(ids, l.EventID)
	}
	events := make(map[string]policy.Event, len(ids))
	for _, part := range parts(ids, 500) {
		query, args, err := sqlx.In(`SELECT `+eventColumns+` FROM acceptance_event e WHERE e.id IN (?)`, part)
		if err != nil {
			return nil, err
		}
		var rows []eventRow
		if err := v.db.r.SelectContext(ctx, &rows, query, args...); err != nil {
			return nil, err
		}
		for _, r := range rows {
			events[r.ID] = r.event()
		}
	}
	return events, nil
}

func (v *verification) event(events map[string]policy.Event, leaf leafRow) error {
	e, ok := events[leaf.EventID]
	if !ok {
		return &Break{EventID: leaf.EventID, Leaf: leaf.Idx, What: "the event is missing"}
	}
	if what := v.fault(e); what != "" {
		return &Break{EventID: e.ID, Leaf: leaf.Idx, What: what}
	}
	if hex.EncodeToString(leaf.Hash) != e.Hash {
		return &Break{EventID: e.ID, Leaf: leaf.Idx, What: "the leaf is not the event's hash"}
	}
	return nil
}

// fault says what is wrong with an event taken alone.
func (v *verification) fault(e policy.Event) string {
	if e.Sum() != e.Hash {
		return "the event was changed: it does not match its hash"
	}
	if d, ok := v.digests[textKey(e.VersionID, e.Lang)]; ok && e.Digest != "" && d != e.Digest {
		return fmt.Sprintf("the text of version %d in %q is not the one that was shown", e.VersionID, e.Lang)
	}
	return ""
}

// checkpoints returns the signed tree hashes of the sizes after start up to end.
func (v *verification) checkpoints(ctx context.Context, start, end int64) (map[int64][]tlog.Hash, error) {
	var rows []struct {
		Size int64  `db:"size"`
		Note string `db:"note"`
	}
	err := v.db.r.SelectContext(ctx, &rows,
		`SELECT size, note FROM evidence_checkpoint WHERE size > ? AND size <= ? ORDER BY size`, start, end)
	if err != nil {
		return nil, err
	}
	m := make(map[int64][]tlog.Hash, len(rows))
	for _, r := range rows {
		size, tree, err := openCheckpoint(r.Note, v.verifier)
		if err != nil || size != r.Size {
			return nil, &Break{Leaf: -1, What: fmt.Sprintf("the checkpoint of %d events is not signed by this log", r.Size)}
		}
		m[size] = append(m[size], tree)
	}
	for size, tree := range v.held {
		if size > start && size <= end {
			m[size] = append(m[size], tree)
		}
	}
	return m, nil
}

// rest looks at the events that are not in the log: they must wait in its queue.
func (v *verification) rest(ctx context.Context) error {
	for after := ""; ; {
		var rows []struct {
			eventRow
			Queued sql.NullString `db:"queued"`
		}
		err := v.db.r.SelectContext(ctx, &rows, `
			SELECT `+eventColumns+`, q.eventid AS queued
			FROM acceptance_event e
			LEFT JOIN evidence_leaf l ON l.eventid = e.id
			LEFT JOIN evidence_queue q ON q.eventid = e.id
			WHERE e.id > ? AND l.eventid IS NULL
			ORDER BY e.id LIMIT ?`, after, verifyPage)
		if err != nil {
			return err
		}
		for _, r := range rows {
			after = r.ID
			if !r.Queued.Valid {
				return &Break{EventID: r.ID, Leaf: -1, What: "the event is not in the log"}
			}
			if what := v.fault(r.event()); what != "" {
				return &Break{EventID: r.ID, Leaf: -1, What: what}
			}
			v.events++
		}
		if len(rows) < verifyPage {
			break
		}
	}
	var lost []string
	err := v.db.r.SelectContext(ctx, &lost, `
		SELECT q.eventid FROM evidence_queue q LEFT JOIN acceptance_event e ON e.id = q.eventid
		WHERE e.id IS NULL ORDER BY q.eventid LIMIT 1`)
	if err != nil {
		return err
	}
	if len(lost) > 0 {
		return &Break{EventID: lost[0], Leaf: -1, What: "the event is missing"}
	}
	return nil
}

// projection compares Moodle's table with the events, people by people, each time as of one moment.
func (v *verification) projection(ctx context.Context) error {
	for after := int64(0); after != math.MaxInt64; {
		upTo, err := nextPeople(ctx, v.db.r, after, verifyPage)
		if err != nil {
			return err
		}
		if err := v.people(ctx, after, upTo); err != nil {
			return err
		}
		after = upTo
	}
	return nil
}

func (v *verification) people(ctx context.Context, after, upTo int64) error {
	tx, err := v.db.r.BeginTxx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // it only read
	want, err := standings(ctx, tx, after, upTo)
	if err != nil {
		return err
	}
	have, err := acceptances(ctx, tx, after, upTo)
	if err != nil {
		return err
	}
	for _, row := range have {
		s, ok := want[row.key()]
		switch {
		case !ok && !row.Status.Valid: // Moodle's "no answer yet"
		case !ok:
			return &Break{Leaf: -1, What: fmt.Sprintf("user %d has an answer to version %d without an event", row.UserID, row.VersionID)}
		case s.strays(row) != "":
			return &Break{EventID: s.last.ID, Leaf: -1, What: fmt.Sprintf("the answer of user %d to version %d is not the event's (%s)",
				row.UserID, row.VersionID, s.strays(row))}
		}
		delete(want, row.key())
	}
	lost := make([]string, 0, len(want))
	for _, s := range want {
		lost = append(lost, s.last.ID)
	}
	if len(lost) > 0 {
		slices.Sort(lost)
		return &Break{EventID: lost[0], Leaf: -1, What: "the answer that the event gave is missing from tool_policy_acceptances"}
	}
	return nil
}

// frontier is the right edge of a growing tree: the roots of its complete subtrees, the largest first. It
// holds a few hashes however long the log is.
type frontier struct {
	size  int64
	roots []tlog.Hash
}

// add appends a leaf and returns the hashes that it completed, in the order in which tlog stores them.
func (f *frontier) add(leaf tlog.Hash) []tlog.Hash {
	done := []tlog.Hash{leaf}
	for n := f.size; n&1 == 1; n >>= 1 {
		leaf = tlog.NodeHash(f.roots[len(f.roots)-1], leaf)
		f.roots = f.roots[:len(f.roots)-1]
		done = append(done, leaf)
	}
	f.roots = append(f.roots, leaf)
	f.size++
	return done
}

// hash is the tree's hash, as tlog.TreeHash.
func (f *frontier) hash() tlog.Hash {
	h := f.roots[len(f.roots)-1]
	for i := len(f.roots) - 2; i >= 0; i-- {
		h = tlog.NodeHash(f.roots[i], h)
	}
	return h
}
