package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

func TestOpenRefusesBadAddresses(t *testing.T) {
	for _, dsn := range []string{
		"", "sqlite:", "sqlite::memory:", "postgres:x", "ltipolicy.db", "mysql:u:secret@tcp(h:1)", "mysql:u:secret@tcp(h:1)/",
		"mysql:u:secret@tcp(h:1)/n?parseTime=perhaps",
	} {
		_, err := store.Open(t.Context(), dsn, store.Options{})
		if !errors.Is(err, policy.ErrInvalid) {
			t.Errorf("Open(%q): %v", dsn, err)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("Open(%q) tells the password: %v", dsn, err)
		}
	}
}

func TestOpenWaitsForTheServer(t *testing.T) {
	var waited time.Duration
	_, err := store.Open(t.Context(), "mysql:u:secret@unix("+filepath.Join(t.TempDir(), "none")+")/n", store.Options{
		Sleep: func(_ context.Context, d time.Duration) error { waited += d; return nil },
	})
	if !errors.Is(err, policy.ErrUnavailable) || strings.Contains(err.Error(), "secret") {
		t.Errorf("error: %v", err)
	}
	if waited < 30*time.Second || waited > 35*time.Second {
		t.Errorf("waited %v, want 30 s", waited)
	}
}

func TestOpenDoesNotWaitForWhatWaitingCannotMend(t *testing.T) {
	storetest.EachServer(t, func(t *testing.T, dsn string) {
		for _, bad := range []string{dsn + "_missing", "mysql:nobody:secret" + dsn[strings.Index(dsn, "@"):]} {
			_, err := store.Open(t.Context(), bad, store.Options{
				Sleep: func(context.Context, time.Duration) error { t.Error("waited"); return nil },
			})
			if err == nil {
				t.Errorf("opened %s", bad)
			}
		}
	})
}

func TestSQLiteFileIsPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		return
	}
	file := filepath.Join(t.TempDir(), "a %41?#.db") // as it is, not as an address
	db := storetest.Open(t, "sqlite:"+file)
	_, err := db.Migrate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{file, file + "-wal"} {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", f, info.Mode().Perm())
		}
	}
}

func TestReadyNeedsSchemaAndKeys(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		db := storetest.Open(t, dsn)
		if err := db.Ready(t.Context()); !errors.Is(err, policy.ErrUnavailable) {
			t.Errorf("without keys: %v", err)
		}
		if err := db.EnsureKeys(t.Context(), generateKey); err != nil {
			t.Fatal(err)
		}
		if err := db.Ready(t.Context()); err != nil {
			t.Errorf("with keys: %v", err)
		}
	})
	db := storetest.Open(t, "sqlite:"+filepath.Join(t.TempDir(), "empty.db"))
	if err := db.Ready(t.Context()); !errors.Is(err, policy.ErrUnavailable) {
		t.Errorf("without a schema: %v", err)
	}
}

// Every method says so when the database is gone, and none panics.
func TestClosedDatabaseIsUnavailable(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		u, v := s.user("1"), s.load("a", draft(policy.Agree, text("ro", "a")))
		db, err := store.Open(t.Context(), s.dsn, store.Options{})
		s.must(err)
		s.must(db.Close())
		ctx := t.Context()
		for name, f := range map[string]func() error{
			"Ready":          func() error { return db.Ready(ctx) },
			"Institutions":   func() error { _, err := db.Institutions(ctx); return err },
			"AddPlatform":    func() error { return db.AddPlatform(ctx, s.platform) },
			"Platform":       func() error { _, err := db.Platform(ctx, s.platform.ID); return err },
			"KeyRing":        func() error { _, err := db.KeyRing(ctx); return err },
			"Secret":         func() error { _, err := db.Secret(ctx, "x", nil); return err },
			"Admit":          func() error { _, err := db.Admit(ctx, message("1", "n"), s.platform); return err },
			"Session":        func() error { _, err := db.Session(ctx, "x", nil); return err },
			"ActiveVersions": func() error { _, err := db.ActiveVersions(ctx, s.platform.ID, ""); return err },
			"Asked":          func() error { _, err := db.Asked(ctx, s.platform.ID, "2", u.ID); return err },
			"Version":        func() error { _, err := db.Version(ctx, s.institution, v.ID); return err },
			"Answer":         func() error { _, err := db.Answer(ctx, []policy.Event{s.event(u, v, policy.Accepted)}); return err },
			"Answers":        func() error { _, err := db.Answers(ctx, u.ID); return err },
			"ActiveAndGiven": func() error { _, _, err := db.ActiveAndGiven(ctx, s.platform.ID, "", u.ID); return err },
			"Events":         func() error { _, err := db.Events(ctx, u.ID); return err },
			"Sweep":          func() error { return db.Sweep(ctx) },
			"AppendLog":      func() error { _, err := db.AppendLog(ctx); return err },
			"VerifyEvidence": func() error { _, err := db.VerifyEvidence(ctx); return err },
			"Reserve":        func() error { _, err := db.Reserve(ctx, hashOf("x"), store.Applicant{}); return err },
			"Register":       func() error { _, err := db.Register(ctx, hashOf("x"), s.platform, ""); return err },
		} {
			if err := f(); !errors.Is(err, policy.ErrUnavailable) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
