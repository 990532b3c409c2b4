package run

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"ltipolicy/seal"
	"ltipolicy/store"
)

// keyFileMost is far more than some keys with a remark each.
const keyFileMost = 64 << 10

// sqliteFile is the file of a SQLite database; empty: it is a server's.
func (d Database) sqliteFile() string {
	file, _ := strings.CutPrefix(d.Address, "sqlite:")
	if file == d.Address {
		return ""
	}
	return file
}

// keyFile is the name of the key file.
func (d Database) keyFile() (string, error) {
	switch file := d.sqliteFile(); {
	case d.KeyFile != "":
		return d.KeyFile, nil
	case file != "":
		return file + ".key", nil
	default:
		return "", errors.New("-secret-key-file is needed: the file with the key that seals what the database keeps secret; " +
			`"openssl rand -base64 32" makes one, once for a database`)
	}
}

// keys reads the key file. Where it should be beside a SQLite database and is not, that is an [*missingKeyError].
func (d Database) keys(random io.Reader) (*seal.Keys, error) {
	file, err := d.keyFile()
	if err != nil {
		return nil, err
	}
	keys, err := ReadKeys(file, random)
	if errors.Is(err, fs.ErrNotExist) && d.KeyFile == "" {
		err = &missingKeyError{file: file}
	}
	return keys, err
}

// missingKeyError says that a SQLite database has no key file beside it.
type missingKeyError struct{ file string }

func (e *missingKeyError) Error() string {
	return fmt.Sprintf("there is no key file %s, with which was sealed what is secret in the database: "+
		"put it back, or say by -secret-key-file where it is", e.file)
}

// keysMade is keys for who may make a database: where a SQLite database has no schema yet, and no key file, it makes
// one. With a server's database and no key file named they are nil.
func (d Database) keysMade(ctx context.Context, o store.Options) (*seal.Keys, error) {
	if d.KeyFile == "" && d.sqliteFile() == "" {
		return nil, nil
	}
	keys, err := d.keys(o.Rand)
	missing, isMissing := errors.AsType[*missingKeyError](err)
	if !isMissing {
		return keys, err
	}
	db, err := store.Open(ctx, d.Address, o)
	if err != nil {
		return nil, err
	}
	s, err := db.Schema(ctx)
	if err := errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
	if s.Have > 0 {
		return nil, missing
	}
	if err := MakeKeyFile(missing.file, o.Rand); err != nil {
		return nil, err
	}
	return ReadKeys(missing.file, o.Rand)
}

// ReadKeys reads a key file as [ReadPrivate] does.
func ReadKeys(file string, random io.Reader) (*seal.Keys, error) {
	text, err := ReadPrivate(file)
	if err != nil {
		return nil, fmt.Errorf("reading the key file: %w", err)
	}
	keys, err := seal.Parse(text, cmp.Or(random, rand.Reader))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	return keys, nil
}

// ReadPrivate reads a file with a secret, which must be readable for its owner and group alone. Where Docker and
// Kubernetes put secrets it may be readable for everybody: in a container these are the tool.
func ReadPrivate(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o007 != 0 && runtime.GOOS != "windows" && !mounted(file) {
		return nil, fmt.Errorf(
			"everybody on this machine can read %s: chmod 600 %[1]s; and if that was so for long, see \"After a leak\" in docs/operations.md", file)
	}
	return io.ReadAll(io.LimitReader(f, keyFileMost))
}

// mounted reports whether a file is a secret that Docker or Kubernetes mounted. Who decides its mode there is not
// whoever runs the tool: Docker's folder is always the same, and a secret of Kubernetes is a link into a folder whose
// name begins with two dots.
func mounted(file string) bool {
	if strings.HasPrefix(filepath.Clean(file), "/run/secrets/") {
		return true
	}
	real, err := filepath.EvalSymlinks(file)
	return err == nil && strings.HasPrefix(filepath.Base(filepath.Dir(real)), "..")
}

// MakeKeyFile makes a key file, whole or not at all, unless there is one.
func MakeKeyFile(file string, random io.Reader) error {
	line, err := seal.Generate(cmp.Or(random, rand.Reader))
	if err != nil {
		return fmt.Errorf("making a key: %w", err)
	}
	_, err = WriteNew(file, "# Opens what is sealed in the database. Keep a copy elsewhere, and none with copies of the database.\n"+string(line), 0o600)
	return err
}

// WriteNew makes a file, whole or not at all, unless there is one, and says whether it did.
func WriteNew(file, text string, mode fs.FileMode) (made bool, _ error) {
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".new-") // of mode 0600
	if err != nil {
		return false, fmt.Errorf("making %s: %w", file, err)
	}
	defer os.Remove(f.Name()) //nolint:errcheck // of no use any more
	_, err = f.WriteString(text)
	if err == nil {
		err = errors.Join(f.Chmod(mode), f.Sync())
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return false, fmt.Errorf("making %s: %w", file, err)
	}
	// Another process may be at the same: whoever is second takes what the first one made.
	err = os.Link(f.Name(), file)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return false, fmt.Errorf("making %s: %w", file, err)
	}
	return err == nil, nil
}
