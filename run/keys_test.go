package run

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"ltipolicy/lti"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// keyLine is the text of a key file; each letter gives another key.
func keyLine(letter string) string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(letter, 32))) + "\n"
}

// made makes a SQLite database as `migrate` does, in a folder of its own.
func made(t *testing.T, keyFile string) Database {
	t.Helper()
	d := Database{Address: "sqlite:" + filepath.Join(t.TempDir(), "tool.db"), KeyFile: keyFile}
	db, _, err := d.Migrate(t.Context(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return d
}

func written(t *testing.T, name, text string, mode os.FileMode) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
	return name
}

// opens checks what opening a database says; "" if it opens.
func (d Database) opens(t *testing.T, want string) {
	t.Helper()
	for who, open := range map[string]func() (*store.DB, error){
		"a command": func() (*store.DB, error) { return d.Open(t.Context(), store.Options{}) },
		"serve":     func() (*store.DB, error) { return Settings{Database: d}.open(t.Context()) },
		"migrate":   func() (*store.DB, error) { db, _, err := d.Migrate(t.Context(), store.Options{}); return db, err },
	} {
		db, err := open()
		if err == nil {
			db.Close() //nolint:errcheck // nothing was written
		}
		if err == nil && want != "" || err != nil && (want == "" || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", who, err, want)
		}
	}
}

func TestANewSQLiteDatabaseGetsAKeyFileBesideIt(t *testing.T) {
	d := made(t, "")
	file := d.sqliteFile() + ".key"
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("its mode is %v", info.Mode().Perm())
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d.opens(t, "")
	if after, err := os.ReadFile(file); err != nil || string(after) != string(before) {
		t.Errorf("it became another file: %v", err)
	}
	files, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(files) > 4 { // the database with its two side files, and the key
		t.Errorf("files left behind: %v, %v", files, err)
	}
}

// A key that is lost or wrong is said, with what to do; no other key is made in its place, and with the right one
// everything is as before.
func TestALostOrWrongKeyIsSaidAndReplacesNothing(t *testing.T) {
	d := made(t, "")
	file := d.sqliteFile() + ".key"
	right, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	d.opens(t, "put it back, or say by -secret-key-file where it is")
	if _, err := os.Stat(file); err == nil {
		t.Error("a new key file was made over a database that has secrets")
	}
	written(t, file, keyLine("x"), 0o600)
	d.opens(t, "sealed with another key file: the key file has no key ")
	written(t, file, "# what is this\n", 0o600)
	d.opens(t, "the key file is empty")
	written(t, file, keyLine("x")+string(right), 0o600)
	d.opens(t, "")
}

func TestANamedKeyFileIsTheOneThatCounts(t *testing.T) {
	dir := t.TempDir()
	d := made(t, written(t, filepath.Join(dir, "one"), keyLine("a"), 0o400))
	if _, err := os.Stat(d.sqliteFile() + ".key"); err == nil {
		t.Error("another one was made beside the database")
	}
	d.opens(t, "")
	d.KeyFile = filepath.Join(dir, "none")
	d.opens(t, "no such file")
	d.KeyFile = ""
	d.opens(t, "there is no key file")
}

// A server's database has no place beside it: the key file is named, before anything is opened. Only who brings the
// schema up to date may do without.
func TestAServersDatabaseNeedsANamedKeyFile(t *testing.T) {
	away := Database{Address: "mysql:u:p@tcp(127.0.0.1:1)/n"}
	for _, migrates := range []bool{false, true} {
		if _, err := (Settings{Database: away, Migrate: migrates}).open(t.Context()); err == nil || !strings.Contains(err.Error(), "-secret-key-file is needed") {
			t.Errorf("serve: %v", err)
		}
	}
	if _, err := away.Open(t.Context(), store.Options{}); err == nil || !strings.Contains(err.Error(), "openssl rand") {
		t.Errorf("a command: %v", err)
	}
	storetest.EachEmpty(t, func(t *testing.T, dsn string) {
		if strings.HasPrefix(dsn, "sqlite:") {
			return
		}
		d := Database{Address: dsn}
		db, _, err := d.Migrate(t.Context(), store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		db.Close() //nolint:errcheck // it was only migrated
		d.KeyFile = written(t, filepath.Join(t.TempDir(), "key"), keyLine("a"), 0o600)
		d.opens(t, "")
		d.KeyFile = written(t, d.KeyFile, keyLine("b"), 0o600)
		d.opens(t, "sealed with another key file")
	})
}

func TestKeyFilesThatEverybodyCanRead(t *testing.T) {
	if runtime.GOOS == "windows" {
		return
	}
	dir := t.TempDir()
	for mode, ok := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o440: true, 0o640: true, 0o604: false, 0o644: false, 0o606: false} {
		_, err := ReadKeys(written(t, filepath.Join(dir, "key"), keyLine("a"), mode), nil)
		if ok != (err == nil) || err != nil && !strings.Contains(err.Error(), "chmod 600 "+filepath.Join(dir, "key")) {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
	// As Kubernetes mounts a secret: key -> ..data/key, ..data -> ..2026_09_01/, for everybody to read.
	written(t, filepath.Join(dir, "k8s", "..2026_09_01", "key"), keyLine("a"), 0o644)
	for link, to := range map[string]string{"..data": "..2026_09_01", "key": filepath.Join("..data", "key")} {
		if err := os.Symlink(to, filepath.Join(dir, "k8s", link)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ReadKeys(filepath.Join(dir, "k8s", "key"), nil); err != nil {
		t.Errorf("a secret of Kubernetes: %v", err)
	}
}

// Another process rotates the session key: a replica that runs takes it without a restart.
func TestReplicasTakeARotatedSessionKey(t *testing.T) {
	db := storetest.New(t)
	client := lti.NewClient(false)
	tool, err := New(t.Context(), Config{
		Store: db, BaseURL: "https://tool.example", Client: client, Now: time.Now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	before := bytes.Clone(tool.sessionKey)
	fresh := bytes.Repeat([]byte("k"), 64)
	if err := db.RotateSessionKey(t.Context(), fresh); err != nil {
		t.Fatal(err)
	}
	if err := tool.followKey(t.Context()); err != nil || !bytes.Equal(tool.sessionKey, fresh) || bytes.Equal(before, fresh) {
		t.Errorf("it goes on with the old one: %v", err)
	}
	own, err := New(t.Context(), Config{
		Store: db, BaseURL: "https://tool.example", Client: client, SessionKey: before, Now: time.Now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil || own.sessionKey != nil {
		t.Errorf("a key that the operator gave is looked after: %v", err)
	}
}
