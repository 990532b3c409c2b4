package lti

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// Status of a platform's registration.
type Status string

// A platform registered through an invitation is pending until an operator activates it.
const (
	Pending  Status = "pending"
	Active   Status = "active"
	Disabled Status = "disabled"
)

// Platform is a registered Moodle: issuer and client id together identify it.
type Platform struct {
	ID            string // UUID
	InstitutionID string
	Name          string
	Issuer        string // exactly as in the token's iss, no trailing slash added or removed
	ClientID      string
	AuthURL       string
	TokenURL      string
	JWKSURL       string
	Deployments   []string // accepted deployment ids; Moodle has exactly one per registration
	Anonymous     bool     // launches without sub may read; otherwise they are refused
	Status        Status
	Keys          []string // digests of the keys that its launches were signed with, see [Message.Key]
}

// Labels names platforms so that no two are named alike, by id: the name where it is the only one, else with the host,
// and with the id where that is not enough.
func Labels(all []Platform) map[string]string {
	labels := make(map[string]string, len(all))
	for _, as := range []func(Platform) string{
		func(p Platform) string { return p.Name },
		func(p Platform) string {
			_, host, _ := strings.Cut(originOf(p.Issuer), "://")
			return p.Name + " (" + host + ")"
		},
		func(p Platform) string { return p.Name + " (" + p.ID + ")" },
	} {
		uses := map[string]int{}
		for _, p := range all {
			if labels[p.ID] == "" {
				uses[as(p)]++
			}
		}
		for _, p := range all {
			if labels[p.ID] == "" && uses[as(p)] == 1 {
				labels[p.ID] = as(p)
			}
		}
	}
	return labels
}

// ErrNoProof says that the key set at a Moodle's new address is not the one that its launches were signed with, so that
// nothing shows that it is the same Moodle.
var ErrNoProof = errors.New("the key set there is not that of this Moodle")

// keyDigest is the SHA-256 of a public key, in hexadecimal.
func keyDigest(k *rsa.PublicKey) string {
	h := sha256.New()
	h.Write(k.N.Bytes())
	h.Write(big.NewInt(int64(k.E)).Bytes())
	return hex.EncodeToString(h.Sum(nil))
}

// Moved is a platform at another address: its endpoints are where they were below it. The client stays, and so does the
// deployment, because a Moodle that moves keeps its database.
func (p Platform) Moved(issuer string) (Platform, error) {
	old, now := strings.TrimSuffix(p.Issuer, "/")+"/", strings.TrimSuffix(issuer, "/")+"/"
	for _, address := range []*string{&p.AuthURL, &p.TokenURL, &p.JWKSURL} {
		rest, below := strings.CutPrefix(*address, old)
		if !below {
			return p, fmt.Errorf("%s is not below %s: what has other addresses than its own is registered anew", *address, p.Issuer)
		}
		*address = now + rest
	}
	p.Issuer = issuer
	return p, nil
}

// ProveMove looks whether the Moodle at p's address, see [Platform.Moved], is the one that p was: it must call itself by
// that address, and publish keys that p's launches were signed with and no others, so that nobody else can launch from
// there. It returns the digest of such a key. [ErrNoProof] is no answer to whether it is another Moodle.
func (t *Tool) ProveMove(ctx context.Context, p Platform) (digest string, err error) {
	cfg, err := t.Discover(ctx, strings.TrimSuffix(p.Issuer, "/")+moodleConfiguration)
	if err != nil {
		return "", err
	}
	if cfg.Issuer != p.Issuer || cfg.JWKSURI != p.JWKSURL {
		return "", &RegistrationError{Code: HostMismatch, Detail: "issuer"}
	}
	_, body, err := get(ctx, t.client, p.JWKSURL)
	if err != nil {
		return "", unreachable("jwks_uri", err)
	}
	keys, err := parseKeySet(body)
	if err != nil {
		return "", fmt.Errorf("reading the key set: %w", err)
	}
	for _, k := range keys {
		if digest = keyDigest(k); !slices.Contains(p.Keys, digest) {
			return "", ErrNoProof
		}
	}
	if digest == "" {
		return "", ErrNoProof
	}
	return digest, nil
}

// moodleConfiguration is where a Moodle describes itself.
const moodleConfiguration = "/mod/lti/openid-configuration.php"

// LookAtSite reads what the Moodle at a platform's address calls itself now. It is empty if it says nothing that can be
// read: then it may be no Moodle. A Moodle that was given another address leads on to it from the old one: that is onward.
func (t *Tool) LookAtSite(ctx context.Context, p Platform) (issuer, onward string) {
	l := t.lookFor(ctx, strings.TrimSuffix(p.Issuer, "/")+moodleConfiguration, func(body []byte) error {
		var d struct {
			Issuer string `json:"issuer"`
		}
		err := json.Unmarshal(body, &d)
		if err == nil && (len(d.Issuer) > maxID || originOf(d.Issuer) == "") {
			err = errors.New("no issuer")
		}
		if err == nil {
			issuer = d.Issuer
		}
		return err
	})
	if e, ok := errors.AsType[*AddressError](l.Err); ok && len(e.to) <= maxID && originOf(e.to) != "" {
		onward, _ = strings.CutSuffix(e.to, moodleConfiguration)
		if onward == e.to {
			onward = "" // to a page of something else, such as a login or a note of maintenance
		}
	}
	return issuer, onward
}
