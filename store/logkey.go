package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"ltipolicy/evidence"
	"ltipolicy/policy"
)

const signerKey = "evidence-signer"

// logKeys are the keys of the evidence log: what signs, and what verifies everything that was ever signed.
type logKeys struct {
	signer note.Signer
	all    evidence.Keys // the signer's first
}

// public verifies what signer signs, as note.NewVerifier reads it.
func (k logKeys) public() string { return k.all[0].Public }

// logKeys reads them, and makes them if there are none.
func (db *DB) logKeys(ctx context.Context) (logKeys, error) {
	kept, err := db.Secret(ctx, signerKey, db.logKeyPair)
	if err != nil {
		return logKeys{}, err
	}
	return parseLogKeys(string(kept))
}

// logKeyPair makes a key of the log, as parseLogKeys reads it.
func (db *DB) logKeyPair() ([]byte, error) {
	private, public, err := note.GenerateKey(db.rand, evidence.Origin)
	return []byte(private + "\n" + evidence.Key{Public: public, From: utc(db.now())}.String()), err
}

// parseLogKeys reads what is kept: the private key that signs, and below it the list of public keys, its own first. They
// are as trustworthy as the key file: whoever can only write to the database cannot add one.
func parseLogKeys(kept string) (logKeys, error) {
	private, list, _ := strings.Cut(kept, "\n")
	signer, err := note.NewSigner(private)
	if err != nil {
		return logKeys{}, fmt.Errorf("reading the log's key: %w", err)
	}
	all, err := evidence.ParseKeys(list)
	return logKeys{signer: signer, all: all}, err
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
			public, err = db.rotateLogKey(ctx, tx, fresh, false)
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

// rotateLogKey makes a fresh pair the log's and the one of before a former one. After a leak all of before are revoked:
// which of them was in what became known, nobody knows.
func (db *DB) rotateLogKey(ctx context.Context, tx *Tx, fresh []byte, leaked bool) (public string, err error) {
	// Nobody appends meanwhile, so whoever is just signing with the key of before signs no longer log than this.
	last, err := logSize(ctx, tx)
	if err != nil {
		return "", err
	}
	keys, err := parseLogKeys(string(fresh))
	if err != nil {
		return "", err
	}
	was := "none"
	err = db.changeSecret(ctx, tx, signerKey, func(old []byte) ([]byte, error) {
		if old == nil {
			return fresh, nil
		}
		former, err := parseLogKeys(string(old))
		if err != nil {
			return nil, err
		}
		was = former.public()
		former.all[0].Until, former.all[0].Size = utc(db.now()), last
		for i := range former.all {
			former.all[i].Revoked = former.all[i].Revoked || leaked
		}
		return []byte(string(fresh) + "\n" + former.all.String()), nil
	})
	if err != nil {
		return "", err
	}
	action := "key.rotate"
	if leaked {
		action = "key.revoke"
	}
	return keys.public(), db.logAdmin(ctx, tx, AdminEntry{Action: action, Object: signerKey,
		Detail: fmt.Sprintf("%s; before, up to size %d: %s", keys.public(), last, was)})
}
