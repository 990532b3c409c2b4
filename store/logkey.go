package store

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"ltipolicy/evidence"
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
	pair, err := db.Secret(ctx, signerKey, func() ([]byte, error) {
		private, public, err := note.GenerateKey(db.rand, evidence.Origin)
		return []byte(private + "\n" + public), err
	})
	if err != nil {
		return logKeys{}, err
	}
	private, public, _ := strings.Cut(string(pair), "\n")
	k := logKeys{public: public}
	if k.signer, err = note.NewSigner(private); err != nil {
		return logKeys{}, fmt.Errorf("reading the log's key: %w", err)
	}
	if k.verifiers, err = evidence.Verifiers(public); err != nil {
		return logKeys{}, err
	}
	return k, nil
}
