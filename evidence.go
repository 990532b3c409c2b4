package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"ltipolicy/evidence"
	"ltipolicy/store"
)

// keptBytes is how large a file of checkpoints may be: some hundred thousand of them.
const keptBytes = 64 << 20

func evidenceVerify(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "evidence verify", "")
	database := f.database()
	var files, held []string
	f.Func("checkpoint", "`file` with checkpoints that were kept outside the database; may be given again", func(name string) error {
		files = append(files, name)
		return nil
	})
	if err := f.parse(args); err != nil {
		return err
	}
	for _, name := range files {
		b, err := readAtMost(name, keptBytes)
		if err != nil {
			return err
		}
		notes := evidence.Notes(string(b))
		if len(notes) == 0 {
			return fmt.Errorf("%s holds no checkpoint", name)
		}
		held = append(held, notes...)
	}
	db, err := open(ctx, w, *database)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // nothing is written any more
	intact, err := db.VerifyEvidence(ctx, held...)
	if err != nil {
		return err
	}
	if intact.Erased > 0 {
		fmt.Fprintf(w.stdout, "%d events, %d erased under %d decisions, intact\n", intact.Events, intact.Erased, intact.Decisions)
		return nil
	}
	fmt.Fprintf(w.stdout, "%d events, intact\n", intact.Events)
	return nil
}

func evidenceRebuild(ctx context.Context, w world, args []string) error {
	return withDatabase(ctx, w, "evidence rebuild", args, func(db *store.DB) error {
		n, err := db.RebuildAcceptances(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(w.stdout, "changed %d rows\n", n)
		return nil
	})
}

func evidenceCheckpoint(ctx context.Context, w world, args []string) error {
	return withDatabase(ctx, w, "evidence checkpoint", args, func(db *store.DB) error {
		if _, err := db.AppendLog(ctx); err != nil {
			return err
		}
		signed, key, err := db.Checkpoint(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintln(w.stderr, "the key that verifies it:", key)
		_, err = io.WriteString(w.stdout, signed)
		return err
	})
}

// withDatabase does what a command does that takes no flags but the database's.
func withDatabase(ctx context.Context, w world, name string, args []string, do func(db *store.DB) error) error {
	f := newFlags(w, name, "")
	database := f.database()
	if err := f.parse(args); err != nil {
		return err
	}
	db, err := open(ctx, w, *database)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // everything is committed
	return do(db)
}

func receiptVerify(_ context.Context, w world, args []string) error {
	f := newFlags(w, "receipt verify", "FILE")
	key := f.String("key", "", "the log's public `key` as you have it from elsewhere, or a file with the list that the tool shows at /evidence/key; without it the key in the receipt is believed")
	var kept []evidence.Update
	f.Func("checkpoint", "`file` with checkpoints that were kept elsewhere, or with what the tool shows at /evidence/checkpoint?old=SIZE: for receipts whose key was revoked; may be given again", func(name string) error {
		some, err := readKept(name)
		kept = append(kept, some...)
		return err
	})
	if err := f.parse(args); err != nil {
		return err
	}
	b, err := readAtMost(f.Arg(0), evidence.MaxBytes)
	if err != nil {
		return err
	}
	known, err := readKeys(*key)
	if err != nil {
		return err
	}
	r, err := evidence.VerifyReceipt(b, known, kept...)
	if err != nil {
		return fmt.Errorf("not to be believed: %w", err)
	}
	fmt.Fprintf(w.stdout, "%s (%s at %s)\n%s: %s, version %s of %s, %s\n\"%s\"\n", r.Person, r.Opens.Sub, r.Answer.Issuer,
		r.Answer.Time, r.Answer.Answer, r.Answer.Revision, r.Answer.Name, r.Answer.Lang, r.Answer.Statement)
	if r.Opens.ActorSub != r.Opens.Sub {
		fmt.Fprintf(w.stdout, "recorded by %s (%s), who acted as %s\n", r.By, r.Opens.ActorSub, r.Answer.Relation)
	}
	if r.Log == nil {
		fmt.Fprintln(w.stdout, "not in the log yet: the tool signs that it will be; ask for another receipt in a minute")
	} else {
		fmt.Fprintf(w.stdout, "leaf %d of the log, under a signed checkpoint\n", r.Log.Leaf)
	}
	if known == nil {
		fmt.Fprintln(w.stdout, "signed by the key that it names itself: compare it with the one that the institution publishes:\n"+r.Key)
	}
	return nil
}

func evidenceWitness(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "evidence witness", "")
	dir := f.String("dir", "", "`folder` of the witness, where every checkpoint is kept")
	list := f.String("key", "", "the log's public `keys`, with commas between them, or a file with the list that the tool shows at /evidence/key")
	from := f.String("from", "-", "`address` of the tool's checkpoint (https://TOOL/evidence/checkpoint), a file, or - for standard input")
	if err := f.parse(args); err != nil {
		return err
	}
	if *dir == "" || *list == "" {
		return usageError{"-dir and -key are needed; the tool shows its key at /evidence/key"}
	}
	keys, err := readKeys(*list)
	if err != nil {
		return usageError{err.Error()}
	}
	witness := evidence.Witness{Dir: *dir, Keys: keys.Verifiers()}
	u, err := shown(ctx, witness, *from)
	if err != nil {
		return err
	}
	c, err := witness.Add(u)
	if err != nil {
		return err
	}
	fmt.Fprintf(w.stdout, "kept: %d entries at %s, nothing before it was changed\n", c.Size, c.Time.Format(time.RFC3339))
	return nil
}

// readKeys reads keys of a log, with commas between them, or the file that holds a list of them. Nothing is none.
func readKeys(given string) (evidence.Keys, error) {
	if given == "" {
		return nil, nil
	}
	if strings.HasPrefix(given, evidence.Origin+"+") {
		return evidence.ParseKeys(strings.ReplaceAll(given, ",", "\n"))
	}
	b, err := readAtMost(given, 1<<20)
	if err != nil {
		return nil, err
	}
	return evidence.ParseKeys(string(b))
}

// readKept reads a file of checkpoints, or one with an update.
func readKept(name string) ([]evidence.Update, error) {
	b, err := readAtMost(name, keptBytes)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(string(b), "old ") {
		u, err := evidence.ParseUpdate(string(b))
		return []evidence.Update{u}, err
	}
	var kept []evidence.Update
	for _, n := range evidence.Notes(string(b)) {
		kept = append(kept, evidence.Update{Signed: n})
	}
	return kept, nil
}

// shown is the update that a witness is shown.
func shown(ctx context.Context, witness evidence.Witness, from string) (evidence.Update, error) {
	if strings.HasPrefix(from, "https://") || strings.HasPrefix(from, "http://") {
		return witness.Fetch(ctx, &http.Client{Timeout: time.Minute}, from)
	}
	b, err := readAtMost(from, 1<<20)
	if err != nil {
		return evidence.Update{}, err
	}
	return evidence.ParseUpdate(string(b))
}

// readAtMost reads a file, or standard input for "-", that is not larger than it may be.
func readAtMost(name string, limit int64) ([]byte, error) {
	in := io.ReadCloser(os.Stdin)
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		in = f
	}
	defer in.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if int64(len(b)) > limit {
		return nil, errors.New(name + " is larger than such a file can be")
	}
	return b, nil
}

// personErase erases one person under a decision.
func personErase(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "person erase", "")
	database := f.database()
	platform := f.String("platform", "", "`id` of the person's site")
	sub := f.String("sub", "", "the person's `id` there, as LTI's sub; Moodle's user id")
	decision := f.String("decision", "", "`text` that names the decision, not the person: it stays in the log")
	if err := f.parse(args); err != nil {
		return err
	}
	if *platform == "" || *sub == "" || *decision == "" {
		return usageError{"-platform, -sub and -decision are needed"}
	}
	db, err := open(ctx, w, *database)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // everything is committed
	p, err := db.Platform(ctx, *platform)
	if err != nil {
		return err
	}
	u, err := db.UserBySub(ctx, p.ID, *sub)
	if err != nil {
		return err
	}
	done, err := db.Erase(ctx, store.Decision{ID: *decision, Admin: store.Admin{InstitutionID: p.InstitutionID}}, []int64{u.ID})
	if err != nil {
		return err
	}
	fmt.Fprintf(w.stdout, "%d person erased, %d answers kept without a name\n", done.People, done.Answers)
	return nil
}
