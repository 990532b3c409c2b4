package store_test

import (
	"encoding/json"
	"path/filepath"
	"sync/atomic"
	"testing"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// firstRelease is the last migration of the first version of the program.
const firstRelease = 200

func migrationFiles(t *testing.T) int {
	t.Helper()
	files, err := filepath.Glob("migrations/sqlite/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d migrations, %v", len(files), err)
	}
	return len(files)
}

func TestMigrateSaysWhatItDid(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, dsn string) {
		db := storetest.Open(t, dsn)
		before, err := db.Schema(t.Context())
		if before.Have != 0 || before.Want < firstRelease || len(before.Pending) != migrationFiles(t) || err != nil {
			t.Errorf("empty database: %+v, %v", before, err)
		}
		did, err := db.Migrate(t.Context())
		if err != nil || len(did) != migrationFiles(t) {
			t.Fatalf("migrating: %d steps, %v", len(did), err)
		}
		if s, err := db.Schema(t.Context()); s.Have != s.Want || len(s.Pending) != 0 || s.Err() != nil || err != nil {
			t.Errorf("afterwards: %+v, %v", s, err)
		}
		if did, err := db.Migrate(t.Context()); len(did) != 0 || err != nil {
			t.Errorf("again: %v, %v", did, err)
		}
	})
}

func TestReplicasMigrateOnce(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, dsn string) {
		dbs := []*store.DB{storetest.Open(t, dsn), storetest.Open(t, dsn), storetest.Open(t, dsn)}
		var steps atomic.Int64
		for i, err := range parallel(len(dbs), func(i int) error {
			did, err := dbs[i].Migrate(t.Context())
			steps.Add(int64(len(did)))
			return err
		}) {
			if err != nil {
				t.Errorf("replica %d: %v", i, err)
			}
		}
		if want := int64(migrationFiles(t)); steps.Load() != want {
			t.Errorf("%d steps, want %d", steps.Load(), want)
		}
	})
}

// Rows that the first version wrote, as it wrote them, are read by this one.
func TestRowsBornInTheFirstVersion(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, dsn string) {
		c := newClock()
		db := storetest.Open(t, dsn, store.Options{Now: c.now})
		if _, err := db.MigrateTo(t.Context(), firstRelease); err != nil {
			t.Fatal(err)
		}
		event, plat, inst := writeFirstRows(t, db, c)
		if _, err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if p, err := db.PlatformByClient(t.Context(), "https://m.example", "c"); err != nil || p.ID != plat || len(p.Deployments) != 1 {
			t.Errorf("platform %+v, %v", p, err)
		}
		if s, err := db.Session(t.Context(), event, hashOf("s")); err != nil || s.Site != "M" || !s.Framed {
			t.Errorf("session %+v, %v", s, err)
		}
		if asked, err := db.Asked(t.Context(), plat, "", 1); err != nil || len(asked) != 1 || asked[0].Latest == nil || !asked[0].Latest.Accepted {
			t.Errorf("asked %+v, %v", asked, err)
		}
		if f, err := db.Figures(t.Context(), inst, 1); err != nil || len(f.Materials) != 1 || len(f.Materials[0].Days) != 1 || f.Asked != 1 || f.Sites[0].Accepted != 1 {
			t.Errorf("figures %+v, %v", f, err)
		}
		if n, err := db.AppendLog(t.Context()); n != 2 || err != nil {
			t.Errorf("log: %d, %v", n, err)
		}
		if n, err := db.VerifyEvidence(t.Context()); n.Events != 1 || err != nil {
			t.Errorf("evidence: %d, %v", n, err)
		}
	})
}

// writeFirstRows writes what the first version wrote, as it wrote it, and returns the ids of the event, its
// platform and its institution.
func writeFirstRows(t *testing.T, db *store.DB, c *clock) (event, platform, institution string) {
	t.Helper()
	const (
		inst, plat = "01900000-0000-7000-8000-000000000001", "01900000-0000-7000-8000-000000000002"
		answered   = "01900000-0000-7000-8000-000000000003"
	)
	v := policy.Version{ID: 1, PolicyID: 1, MaterialID: 1, Kind: policy.Agree, Texts: []policy.Text{text("ro", "a"), text("en", "a")}}
	e := policy.Event{
		ID: answered, Time: c.now(), InstitutionID: inst, PlatformID: plat, Issuer: "https://m.example", UserID: 1, Sub: "5", ActorID: 1, ActorSub: "5",
		PolicyID: 1, VersionID: 1, MaterialID: 1, PolicyName: "P", Kind: policy.Agree, Lang: "ro", UILang: "ro",
		Digest: v.Texts[0].Digest(), Statement: "s", Button: "b", Answer: policy.Accepted, Standing: 1, Presentation: "p",
	}
	e.Relation, e.Number, e.Recorded = policy.Self, 1, c.now()
	key := policy.KeyOf(hashOf("secret"), e.ID)
	e.Commit(key, key)
	told, err := json.Marshal(map[string]any{"after": map[string]any{
		"version": v.ID, "material": v.MaterialID, "name": v.Texts[0].Name, "revision": v.Revision, "type": v.Type, "audience": v.Audience,
		"style": v.Style, "kind": v.Kind, "digests": map[string]string{"ro": v.Texts[0].Digest(), "en": v.Texts[1].Digest()},
	}})
	if err != nil {
		t.Fatal(err)
	}
	published := policy.Act{
		ID: "01900000-0000-7000-8000-000000000004", Shard: 32, Number: 1, Recorded: c.now(), InstitutionID: inst, Action: "policy.publish",
		Actor: "operator", Object: "a", Detail: string(told),
	}
	published.Commit(policy.EntryKey{}, nil)
	when := "2026-09-01 08:00:00.123456"
	if !db.IsMySQL() {
		when += "+00:00"
	}
	for _, q := range []row{
		{`INSERT INTO institution (id, name, timecreated) VALUES (?, 'CVUPT', ?)`, []any{inst, when}},
		{`INSERT INTO lti_platform (id, institutionid, name, issuer, clientid, authurl, tokenurl, jwksurl, anonymous, status, timecreated)
			VALUES (?, ?, 'M', 'https://m.example', 'c', 'https://m.example/a', 'https://m.example/t', 'https://m.example/j', 0, 'active', ?)`, []any{plat, inst, when}},
		{`INSERT INTO lti_deployment (platformid, deploymentid) VALUES (?, '1')`, []any{plat}},
		{`INSERT INTO lti_invitation (tokenhash, institutionid, timecreated, expires) VALUES (?, ?, ?, ?)`, []any{hashOf("t"), inst, when, when}},
		{`INSERT INTO lti_user (id, platformid, sub, name, givenname, familyname, email, username, idnumber, lang, timecreated, lastlaunch)
			VALUES (1, ?, '5', 'Ș', '', '', '', '', '', 'ro', ?, ?)`, []any{plat, when, when}},
		{`INSERT INTO lti_nonce (hash, admission, expires) VALUES (?, ?, ?)`, []any{hashOf("n"), answered, when}},
		{`INSERT INTO lti_session (id, secrethash, platformid, institutionid, userid, sub, name, admin, teacher, guest, framed, contextid, contexttitle,
			resourcelinkid, deploymentid, roles, returnurl, locale, uilang, origin, target, timecreated, expires)
			VALUES (?, ?, ?, ?, 1, '5', '', 0, 0, 0, 1, '', '', '', '', '', '', '', '', '', '', ?, ?)`, []any{answered, hashOf("s"), plat, inst, when, "2026-09-02 08:00:00"}},
		{`INSERT INTO secret (name, value) VALUES ('session', ?)`, []any{sealed(t, "secret session", "k")}},
		{`INSERT INTO tool_policy (id, sortorder, currentversionid) VALUES (1, 10, 1)`, nil},
		{`INSERT INTO policy_detail (policyid, institutionid, slug) VALUES (1, ?, 'a')`, []any{inst}},
		{`INSERT INTO policy_platform (platformid, policyid) VALUES (?, 1)`, []any{plat}},
		{`INSERT INTO tool_policy_versions (id, name, usermodified, timecreated, timemodified, policyid, revision, summary, summaryformat, content, contentformat)
			VALUES (1, ?, 0, 1788249600, 1788249600, 1, '', ?, 1, ?, 1)`, []any{v.Texts[0].Name, string(v.Texts[0].Summary), string(v.Texts[0].Content)}},
		{`INSERT INTO policy_version_detail (versionid, materialid, kind, lang, digest, changenote) VALUES (1, 1, 'agree', 'ro', ?, '')`, []any{v.Texts[0].Digest()}},
		{`INSERT INTO policy_version_text (versionid, lang, name, summary, content, digest) VALUES (1, 'en', ?, ?, ?, ?)`,
			[]any{v.Texts[1].Name, string(v.Texts[1].Summary), string(v.Texts[1].Content), v.Texts[1].Digest()}},
		{`INSERT INTO evidence_shard (shard, last) VALUES (0, 1), (32, 1)`, nil},
		{`INSERT INTO tool_policy_acceptances (policyversionid, userid, status, lang, usermodified, timecreated, timemodified) VALUES (1, 1, 1, 'ro', 1, 1788249600, 1788249600)`, nil},
		{`INSERT INTO acceptance_event (id, timecreated, institutionid, platformid, issuer, userid, sub, actorid, actorsub, policyid, versionid,
			materialid, policyname, revision, kind, lang, uilang, digest, statement, button, answer, standing, note, launchid, deploymentid,
			contextid, resourcelinkid, roles, presentation, hash, shard, number, timerecorded, relation, opened, rule, scope, subject, actor, noted, circumstance)
			VALUES (?, ?, ?, ?, 'https://m.example', 1, '5', 1, '5', 1, 1, 1, 'P', '', 'agree', 'ro', 'ro', ?, 's', 'b', 'accepted', 1, '', '', '', '', '', '', 'p', ?,
				0, 1, ?, 'self', '', '', '', ?, ?, ?, ?)`,
			[]any{answered, when, inst, plat, e.Digest, e.Sum(), when, e.Subject[:], e.Actor[:], e.Noted[:], e.Circumstance[:]}},
		{`INSERT INTO admin_log (id, shard, number, timecreated, institutionid, actorid, actor, actorkey, actormark, action, object, detail, hash)
			VALUES (?, 32, 1, ?, ?, 0, 'operator', ?, ?, 'policy.publish', 'a', ?, ?)`,
			[]any{published.ID, when, inst, make([]byte, 32), published.ActorMark[:], published.Detail, published.Sum()}},
		{`INSERT INTO person_secret (userid, secret, timecreated) VALUES (1, ?, ?)`, []any{sealed(t, "person_secret 1", string(hashOf("secret"))), when}},
	} {
		if _, err := db.SQL().ExecContext(t.Context(), q.query, q.args...); err != nil {
			t.Fatalf("%s: %v", q.query, err)
		}
	}
	return answered, plat, inst
}
