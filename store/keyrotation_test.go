package store_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"ltipolicy/evidence"
	"ltipolicy/policy"
	"ltipolicy/seal"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// keyFileOf are the keys of a key file: one that the letter tells, then more.
func keyFileOf(t *testing.T, letter string, more ...string) *seal.Keys {
	t.Helper()
	text := strings.Join(more, "")
	if letter != "" {
		text = base64.StdEncoding.EncodeToString(bytes.Repeat([]byte(letter), 32)) + "\n" + text
	}
	keys, err := seal.Parse([]byte(text), randomness{})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// randomness is of no secrecy, as tests need none.
type randomness struct{}

func (randomness) Read(b []byte) (int, error) {
	copy(b, hashOf(time.Now().String()))
	return len(b), nil
}

// withSecrets has something in every table that holds something sealed.
func (s *site) withSecrets() {
	s.t.Helper()
	s.must(s.db.EnsureKeys(s.t.Context(), generateKey))
	_, err := s.db.SessionKey(s.t.Context(), func() ([]byte, error) { return []byte("the session key in clear"), nil })
	s.must(err)
	s.withAnswers(3)
	_, err = s.db.AppendLog(s.t.Context())
	s.must(err)
}

// A database opened with no key, with another one or with a changed envelope gives away no secret, and makes none in
// the place of what it cannot open.
func TestSecretsOpenWithTheirKeyFileAlone(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		s.withSecrets()
		for _, q := range []string{`SELECT value FROM secret`, `SELECT sealed FROM tool_key`, `SELECT secret FROM person_secret`} {
			var all [][]byte
			s.must(s.db.SQL().SelectContext(t.Context(), &all, q))
			for _, b := range all {
				if !storetest.Keys().First(b) || bytes.Contains(b, []byte("PRIVATE")) || bytes.Contains(b, []byte("in clear")) {
					t.Errorf("%s: not sealed: %q", q, b)
				}
			}
			if len(all) == 0 {
				t.Errorf("%s: nothing was made", q)
			}
		}
		before := s.count(`SELECT COUNT(name) FROM secret`) + s.count(`SELECT COUNT(kid) FROM tool_key`)
		for name, keys := range map[string]*seal.Keys{"no": nil, "another": keyFileOf(t, "x")} {
			db, err := store.Open(t.Context(), s.dsn, store.Options{Now: s.clock.now, Keys: keys})
			s.must(err)
			ctx := t.Context()
			for what, try := range map[string]func() error{
				"CheckKeys": func() error { return db.CheckKeys(ctx) },
				"KeyRing":   func() error { _, err := db.KeyRing(ctx); return err },
				"SessionKey": func() error {
					_, err := db.SessionKey(ctx, func() ([]byte, error) { return []byte("new"), nil })
					return err
				},
				"EnsureKeys":       func() error { return db.EnsureKeys(ctx, generateKey) },
				"RotateSessionKey": func() error { return db.RotateSessionKey(ctx, []byte("new")) },
				"RotateLogKey":     func() error { _, err := db.RotateLogKey(ctx); return err },
				"Reseal":           func() error { _, err := db.Reseal(ctx); return err },
				"LogKey":           func() error { _, err := db.LogKey(ctx); return err },
			} {
				if err := try(); !errors.Is(err, policy.ErrUnavailable) || !strings.Contains(err.Error(), "key file") {
					t.Errorf("%s with %s key file: %v", what, name, err)
				}
			}
			s.must(db.Close())
		}
		if after := s.count(`SELECT COUNT(name) FROM secret`) + s.count(`SELECT COUNT(kid) FROM tool_key`); after != before {
			t.Errorf("%d rows of keys, before %d", after, before)
		}
		// Moved to another row it does not open there.
		s.exec(`UPDATE secret SET value = (SELECT v FROM (SELECT value AS v FROM secret WHERE name = 'evidence-signer') AS x) WHERE name = 'session'`)
		if _, err := s.db.SessionKey(t.Context(), nil); !errors.Is(err, seal.ErrBroken) {
			t.Errorf("the log's key in the session key's row: %v", err)
		}
	})
}

// After a change of the wrapping key in the order of the documentation, the old one opens nothing any more and the new
// one everything.
func TestResealLeavesNothingForTheOldKey(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		s.withSecrets()
		s.strangers(250)
		both := storetest.Open(t, storetest.Eraser(s.dsn), store.Options{Now: s.clock.now, Keys: keyFileOf(t, "n", storetest.KeyFile)})
		want := 2 + s.count(`SELECT COUNT(name) FROM secret`) + s.count(`SELECT COUNT(userid) FROM person_secret`)
		n, err := both.Reseal(t.Context())
		if err != nil || n < want {
			t.Errorf("%d sealed anew, want %d: %v", n, want, err)
		}
		if n, err := both.Reseal(t.Context()); n != 0 || err != nil {
			t.Errorf("once more: %d, %v", n, err)
		}
		fresh := storetest.Open(t, s.dsn, store.Options{Now: s.clock.now, Keys: keyFileOf(t, "n")})
		s.must(fresh.CheckKeys(t.Context()))
		if _, err := fresh.VerifyEvidence(t.Context()); err != nil {
			t.Error(err)
		}
		if err := s.db.CheckKeys(t.Context()); !errors.Is(err, policy.ErrUnavailable) {
			t.Errorf("with the old key alone: %v", err)
		}
		if s.count(`SELECT COUNT(id) FROM admin_log WHERE action = 'key.reseal' AND object = ?`, keyFileOf(t, "n").ID()) != 1 {
			t.Error("the admin log does not say so")
		}
	})
}

// What a former key of the log signed while it was the log's stays good; what somebody signs with it over what came
// later does not.
func TestFormerLogKeyVerifiesWhatItSignedAndNoMore(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		s.withSecrets()
		ctx := t.Context()
		kept, firstKey, err := s.db.Checkpoint(ctx)
		s.must(err)
		pair, err := s.db.Secret(ctx, "evidence-signer", nil)
		s.must(err)
		private, _, _ := strings.Cut(string(pair), "\n")
		leaked, err := note.NewSigner(private)
		s.must(err)
		for range 2 {
			secondKey, err := s.db.RotateLogKey(ctx)
			if err != nil || secondKey == firstKey {
				t.Fatalf("rotated to %q: %v", secondKey, err)
			}
			if s.count(`SELECT COUNT(id) FROM admin_log WHERE action = 'key.rotate' AND object = 'evidence-signer' AND detail LIKE ?`, secondKey+"%") != 1 {
				t.Error("the admin log does not say the new key")
			}
			keys, err := evidence.ParseKeys(secondKey)
			s.must(err)
			newest, _, err := s.db.Checkpoint(ctx)
			s.must(err)
			if _, err := evidence.OpenCheckpoint(newest, keys.Verifiers()); err != nil {
				t.Errorf("the newest checkpoint is not of the new key: %v", err)
			}
		}
		s.clock.add(time.Minute)
		s.withAnswers(5)
		_, err = s.db.AppendLog(ctx)
		s.must(err)
		later, _, err := s.db.Checkpoint(ctx)
		s.must(err)
		if _, err := s.db.VerifyEvidence(ctx, kept, later); err != nil {
			t.Errorf("after the rotation: %v", err)
		}
		public, err := s.db.LogKey(ctx)
		s.must(err)
		keys, err := evidence.ParseKeys(public)
		s.must(err)
		c, err := evidence.OpenCheckpoint(later, keys.Verifiers())
		if err != nil {
			t.Fatalf("the new key does not sign: %v", err)
		}
		forged, err := c.Sign(leaked)
		s.must(err)
		if _, err := s.db.VerifyEvidence(ctx, forged); err == nil || !strings.Contains(err.Error(), "not signed by this log") {
			t.Errorf("a checkpoint that the former key signed over what came later: %v", err)
		}
	})
}

// Whoever has nothing but what the tool publishes today verifies the receipts and checkpoints of former keys. After a
// revocation they say that their key was revoked, and hold again with what the log of today shows.
func TestReceiptsOutliveTheKeyOfTheLog(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		es := s.withAnswers(2)
		var files, checkpoints []string
		give := func() {
			t.Helper()
			_, err := s.db.AppendLog(ctx)
			s.must(err)
			file, err := s.db.Receipt(ctx, es[0].UserID, es[0].ID, given)
			s.must(err)
			signed, _, err := s.db.Checkpoint(ctx)
			s.must(err)
			files, checkpoints = append(files, string(file)), append(checkpoints, signed)
		}
		give()
		for range 2 {
			s.clock.add(time.Hour)
			_, err := s.db.RotateLogKey(ctx)
			s.must(err)
			s.clock.add(time.Hour)
			give()
		}
		published := func() evidence.Keys {
			t.Helper()
			keys, err := s.db.LogKeys(ctx)
			s.must(err)
			keys, err = evidence.ParseKeys(keys.String())
			s.must(err)
			return keys
		}
		keys := published()
		if len(keys) != 3 || !keys[0].Until.IsZero() || !keys[2].Until.Equal(keys[1].From) || keys[1].From.IsZero() || keys[2].Revoked {
			t.Errorf("published: %s", keys)
		}
		for i := range files {
			if _, err := evidence.VerifyReceipt([]byte(files[i]), keys); err != nil {
				t.Errorf("receipt %d after two rotations: %v", i, err)
			}
			if _, err := evidence.OpenCheckpoint(checkpoints[i], keys.Verifiers()); err != nil {
				t.Errorf("checkpoint %d after two rotations: %v", i, err)
			}
			if _, err := evidence.VerifyReceipt([]byte(files[i]), append(keys[:2-i:2-i], keys[3-i:]...)); err == nil {
				t.Errorf("receipt %d is believed by a list without its key", i)
			}
		}
		fresh := testKeys()
		_, err := s.db.RevokeKeys(ctx, fresh[0], fresh[1], []byte("another"))
		s.must(err)
		keys = published()
		for i := range files {
			_, err := evidence.VerifyReceipt([]byte(files[i]), keys)
			if err == nil || !strings.Contains(err.Error(), "was revoked at") {
				t.Errorf("receipt %d of a revoked key: %v", i, err)
			}
			c, err := evidence.OpenCheckpoint(checkpoints[i], keys.Verifiers())
			s.must(err)
			u, err := s.db.LogUpdate(ctx, c.Size)
			s.must(err)
			if _, err := evidence.VerifyReceipt([]byte(files[i]), keys, u); err != nil {
				t.Errorf("receipt %d with what the log of today shows: %v", i, err)
			}
		}
		if _, err := s.db.VerifyEvidence(ctx, checkpoints...); err != nil {
			t.Error(err)
		}
	})
}

// After a revocation nothing of what was known before is published, signs or lets anybody in.
func TestRevokedKeysAreVoid(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		s.withSecrets()
		ctx := t.Context()
		s.must(s.db.SetDoor(ctx, s.platform.ID, doorURL))
		ses := s.session()
		s.must(s.db.CreateSession(ctx, ses))
		old, err := s.db.KeyRing(ctx)
		s.must(err)
		sessionKey, err := s.db.SessionKey(ctx, nil)
		s.must(err)
		door, err := s.db.Door(ctx, s.platform.ID)
		s.must(err)
		s.clock.add(time.Second)
		fresh := testKeys()
		void, err := s.db.RevokeKeys(ctx, fresh[0], fresh[1], []byte("another"))
		if err != nil || len(void) != len(old) {
			t.Fatalf("%d void, want %d: %v", len(void), len(old), err)
		}
		now, err := s.db.KeyRing(ctx)
		s.must(err)
		for _, k := range now {
			for _, was := range old {
				if k.KID == was.KID || k.Private.Equal(was.Private) {
					t.Errorf("key %s is still in the ring, as %s", was.KID, k.Use)
				}
			}
		}
		if current, err := now.Current(); err != nil || current.KID != fresh[0].KID || len(now) != 2 {
			t.Errorf("%d keys, current %s, %v", len(now), current.KID, err)
		}
		if key, err := s.db.SessionKey(ctx, nil); err != nil || bytes.Equal(key, sessionKey) {
			t.Errorf("the session key is the same: %v", err)
		}
		if _, err := s.db.Session(ctx, ses.ID, hashOf("secret")); !errors.Is(err, policy.ErrSession) {
			t.Errorf("a visit goes on: %v", err)
		}
		owed, err := s.db.OwedNotices(ctx, 10)
		if err != nil || len(owed) != 1 || owed[0].State.Serial <= door.State.Serial || owed[0].State.Hash != door.State.Hash {
			t.Errorf("the login door is owed %v: %v", owed, err)
		}
		for _, k := range old {
			if s.count(`SELECT COUNT(id) FROM admin_log WHERE action = 'key.revoke' AND object = ?`, k.KID) != 1 {
				t.Errorf("the admin log does not say that %s is void", k.KID)
			}
		}
		_, err = s.db.AppendLog(ctx)
		s.must(err)
		if _, err := s.db.VerifyEvidence(ctx); err != nil {
			t.Error(err)
		}
	})
}
