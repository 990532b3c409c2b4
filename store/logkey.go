package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"ltipolicy/evidence"
	"ltipolicy/policy"
)

const signerKey = "evidence-signer"

// logKeys are the keys of the evidence log: what signs, and what verifies everything that was ever signed.
type logKeys struct {
	signer    note.Signer
	public    string // verifies what signer signs, as note.NewVerifier reads it
	verifiers note.Verifiers
}

// logKeys reads them, and makes them if there are none.
func (db *DB) logKeys(ctx context.Context) (logKeys, error) {
	kept, err := db.Secret(ctx, signerKey, db.logKeyPair)
	if err != nil {
		return logKeys{}, err
	}
	return parseLogKeys(string(kept))
}

// logKeyPair makes a key of the log: private and public, a line each.
func (db *DB) logKeyPair() ([]byte, error) {
	private, public, err := note.GenerateKey(db.rand, evidence.Origin)
	return []byte(private + "\n" + public), err
}

// parseLogKeys reads what is kept: the key that signs, as private and public, and below it the public keys that signed
// before, each with the size of the log when it signed last. They are as trustworthy as the key file: whoever can only
// write to the database cannot add one.
func parseLogKeys(kept string) (logKeys, error) {
	lines := strings.Split(kept, "\n")
	if len(lines) < 2 {
		return logKeys{}, errors.New("reading the log's key: it is not whole")
	}
	signer, err := note.NewSigner(lines[0])
	if err != nil {
		return logKeys{}, fmt.Errorf("reading the log's key: %w", err)
	}
	var list []note.Verifier
	for i, line := range lines[1:] {
		public, size, former := strings.Cut(line, " ")
		v, err := note.NewVerifier(public)
		if err != nil || former != (i > 0) || v.Name() != evidence.Origin {
			return logKeys{}, fmt.Errorf("reading the log's keys: line %d is none", i+2)
		}
		if former {
			last, err := strconv.ParseInt(size, 10, 64)
			if err != nil {
				return logKeys{}, fmt.Errorf("reading the log's keys: line %d has no size", i+2)
			}
			v = formerVerifier{v, last}
		}
		list = append(list, v)
	}
	return logKeys{signer: signer, public: lines[1], verifiers: note.VerifierList(list...)}, nil
}

// formerVerifier is of a key that does not sign any more. What it signs over a longer log than there was then counts
// nothing: somebody else has the key.
type formerVerifier struct {
	note.Verifier
	last int64
}

// Verify reports whether the key signed the checkpoint while it was the log's.
func (v formerVerifier) Verify(text, signature []byte) bool {
	lines := strings.Split(string(text), "\n")
	if len(lines) < 2 || !v.Verifier.Verify(text, signature) {
		return false
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	return err == nil && size <= v.last
}

// RotateLogKey has the evidence log signed with a new key from now on. What the old one signed stays verified. It
// returns the new public key.
func (db *DB) RotateLogKey(ctx context.Context) (public string, err error) {
	err = db.holdingLog(ctx, func() error {
		fresh, err := db.logKeyPair()
		if err != nil {
			return err
		}
		return db.tx(ctx, func(tx *Tx) error {
			public, err = db.rotateLogKey(ctx, tx, fresh)
			return err
		})
	})
	if err == nil {
		_, err = db.AppendLog(ctx) // so that the newest checkpoint is of the new key at once
	}
	if err != nil {
		return "", fmt.Errorf("rotating the log's key: %w", err)
	}
	return public, nil
}

// holdingLog does something while nobody signs the log.
func (db *DB) holdingLog(ctx context.Context, do func() error) error {
	token, err := db.NewID()
	if err != nil {
		return err
	}
	for waited := 0; ; waited++ {
		mine, err := db.takeLease(ctx, logJob, token, logLease)
		if err != nil {
			return err
		}
		if mine {
			break
		}
		if waited == 100 {
			return policy.E(policy.ErrUnavailable, "").Because(errors.New("somebody else is at the evidence log: try again"))
		}
		if err := db.sleep(ctx, txPauseMost); err != nil {
			return err
		}
	}
	return errors.Join(do(), db.giveBack(ctx, logJob, token))
}

// rotateLogKey makes a fresh pair the log's and the one of before a former one.
func (db *DB) rotateLogKey(ctx context.Context, tx *Tx, fresh []byte) (public string, err error) {
	// Nobody appends meanwhile, so whoever is just signing with the key of before signs no longer log than this.
	last, err := logSize(ctx, tx)
	if err != nil {
		return "", err
	}
	value, was := string(fresh), "none"
	err = db.changeSecret(ctx, tx, signerKey, func(old []byte) ([]byte, error) {
		if old == nil {
			return fresh, nil
		}
		_, rest, _ := strings.Cut(string(old), "\n")
		current, former, more := strings.Cut(rest, "\n")
		value, was = string(fresh)+"\n"+current+" "+strconv.FormatInt(last, 10), current
		if more {
			value += "\n" + former
		}
		return []byte(value), nil
	})
	if err != nil {
		return "", err
	}
	keys, err := parseLogKeys(value)
	if err != nil {
		return "", err
	}
	return keys.public, db.logAdmin(ctx, tx, AdminEntry{Action: "key.rotate", Object: signerKey,
		Detail: fmt.Sprintf("%s; before, up to size %d: %s", keys.public, last, was)})
}
