package deploy

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// loot is what somebody reads out of a copy of the database who has the key file, too.
type loot struct {
	ring    lti.KeyRing
	session []byte
	public  string // of the log's key
}

func plunder(t *testing.T, db *store.DB) loot {
	t.Helper()
	var l loot
	var err error
	if l.ring, err = db.KeyRing(t.Context()); err != nil {
		t.Fatal(err)
	}
	if l.session, err = db.SessionKey(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if l.public, err = db.LogKey(t.Context()); err != nil {
		t.Fatal(err)
	}
	return l
}

// TestLeak walks through the page "After a leak" of docs/operations.md. A copy of the database with the program, and
// without the key file, opens nothing. With the key file it does, until the lines of the page were run: then what was
// taken is worth nothing, and everything else goes on.
func TestLeak(t *testing.T) {
	o := newOperator(t, storetest.Engines(t)[0])
	dsn := "sqlite:" + filepath.Join(o.dir, "ltipolicy.db")
	secret := filepath.Join(o.dir, "secret.key")
	o.write("secret.key", storetest.KeyFile, 0o600)
	o.program("ltipolicy", "LTIPOLICY_SECRET_KEY_FILE='"+secret+"' LTIPOLICY_DATABASE='"+dsn+"' exec '"+built(t)+`' "$@"`)
	o.do("ltipolicy migrate")
	c := newCampus(t, dsn, 2)
	c.args = []string{"-secret-key-file", secret}
	process, road := c.start()
	c.answer(road, 0)
	form, visitor := c.pending(road, c.learners[1])
	if form == nil {
		t.FailNow()
	}
	o.do("ltipolicy evidence checkpoint > checkpoint.txt")
	taken := plunder(t, c.db)

	copied := filepath.Join(o.dir, "copy.db")
	copyOf(t, dsn, copied)
	copyIsWorthNothing(t, copied, taken)

	lines := blocks(t, filepath.Join("..", "docs", "operations.md"), "### After a leak")
	restart := func() {
		t.Helper()
		c.must(process.Kill())
		process.Wait() //nolint:errcheck // killed
		process, road = c.start()
	}
	o.do(lines[0])
	restart()
	said := o.do(lines[1])
	for _, k := range taken.ring {
		if !strings.Contains(said, "void\t"+k.KID+"\n") {
			t.Errorf("it was not said that %s is void:\n%s", k.KID, said)
		}
	}
	if strings.Contains(said, "evidence\t"+taken.public) {
		t.Errorf("the log's key is the one that was taken: %s", said)
	}
	o.do(lines[2])
	restart()

	old := storetest.Open(t, dsn)
	if err := old.CheckKeys(t.Context()); err == nil || !strings.Contains(err.Error(), "sealed with another key file") {
		t.Errorf("the key file that was taken, at the database: %v", err)
	}
	published := keySet(t, road)
	if len(published) != 2 {
		t.Errorf("published: %v", published)
	}
	for _, k := range taken.ring {
		if slices.Contains(published, k.KID) {
			t.Errorf("%s, which was taken as %s, is still published", k.KID, k.Use)
		}
	}
	later := ltitest.NewBrowser(road)
	later.SetCookies("https://"+toolHost+"/", visitor.Cookies("https://"+toolHost+"/"))
	page, err := later.Submit(*form)
	c.must(err)
	if page.Status < 400 {
		t.Errorf("a visit of before goes on: %s, status %d", page.URL, page.Status)
	}
	if said := o.do("ltipolicy evidence verify -checkpoint checkpoint.txt"); !strings.Contains(said, "intact\n") {
		t.Errorf("the evidence: %s", said)
	}
	c.through(road, 0)
	c.answer(road, 1)
}

// copyOf takes a copy of a SQLite database that is in use.
func copyOf(t *testing.T, dsn, file string) {
	t.Helper()
	db, err := sql.Open("sqlite", strings.TrimPrefix(dsn, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // the statement is checked
	if _, err := db.ExecContext(t.Context(), `VACUUM INTO ?`, file); err != nil {
		t.Fatal(err)
	}
}

// copyIsWorthNothing tries what the program can do with a copy of the database, without the key file or with one of
// the thief's own, and looks for the secrets in the copy's bytes.
func copyIsWorthNothing(t *testing.T, file string, secrets loot) {
	t.Helper()
	own := filepath.Join(t.TempDir(), "own.key")
	if err := os.WriteFile(own, []byte(strings.Repeat("A", 42)+"E=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"serve", "-listen", "127.0.0.1:0"}, {"migrate"}, {"key", "rotate"}, {"key", "revoke", "-all"}, {"key", "reseal"},
		{"key", "rotate", "-of", "session"}, {"evidence", "checkpoint"},
	} {
		for _, keys := range []string{"", own} {
			cmd := program(t, append(args, "-database", "sqlite:"+file)...)
			cmd.Env = append(cmd.Env, "LTIPOLICY_SECRET_KEY_FILE="+keys)
			if out, err := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != exitFailed || !strings.Contains(string(out), "key file") {
				t.Errorf("%v on a copy, key file %q: %v\n%s", args, keys, err, out)
			}
		}
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string][]byte{"the session key": secrets.session, "the log's key": []byte("PRIVATE+KEY"), "a key in PEM": []byte("PRIVATE KEY")}
	for _, k := range secrets.ring {
		text, err := k.MarshalPEM()
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(text)
		known["the key "+k.KID] = k.Private.D.Bytes()
		known["the key "+k.KID+" in DER"] = block.Bytes
	}
	for name, secret := range known {
		if bytes.Contains(b, secret) {
			t.Errorf("%s can be read in the copy", name)
		}
	}
}

// keySet is the ids of the keys that the tool publishes.
func keySet(t *testing.T, road http.RoundTripper) (kids []string) {
	t.Helper()
	res, err := (&http.Client{Transport: road}).Get("https://" + toolHost + "/lti/jwks")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to the end
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var set struct{ Keys []struct{ KID string } }
	if err := json.Unmarshal(b, &set); err != nil {
		t.Fatal(err)
	}
	for _, k := range set.Keys {
		kids = append(kids, k.KID)
	}
	return kids
}
