package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	version   = 1
	keySize   = 32
	idSize    = 8
	nonceSize = 12
	headSize  = 1 + idSize
)

// ErrBroken says that an envelope is not as it was sealed, or was sealed for another purpose.
var ErrBroken = errors.New("the sealed value was changed, or belongs elsewhere")

// ErrNoKeys is the error of a nil [Keys].
var ErrNoKeys = errors.New("there is no key file")

// UnknownKeyError says that an envelope was sealed under a key that the file does not have.
type UnknownKeyError struct{ ID string }

func (e *UnknownKeyError) Error() string { return "the key file has no key " + e.ID }

// Keys are the keys of a key file: the first seals, all of them open. They are safe for concurrent use if their source
// of randomness is. A nil Keys neither seals nor opens: its methods fail with [ErrNoKeys].
type Keys struct {
	keys   []key
	random io.Reader
}

type key struct {
	id   [idSize]byte
	aead cipher.AEAD
}

// Parse reads the text of a key file: a line for each key, 32 bytes in base64. Empty lines and lines that begin with #
// do not count. random gives nonces; it must be fit for cryptography.
func Parse(text []byte, random io.Reader) (*Keys, error) {
	keys := &Keys{random: random}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(raw) != keySize {
			// Without the decoder's own words, which may quote the line.
			return nil, fmt.Errorf("line %d of the key file: want %d bytes in base64", n, keySize)
		}
		k, err := newKey(raw)
		if err != nil {
			return nil, err
		}
		if keys.find(k.id[:]) != nil {
			return nil, fmt.Errorf("line %d of the key file: the key stands there twice", n)
		}
		keys.keys = append(keys.keys, k)
	}
	if len(keys.keys) == 0 {
		return nil, fmt.Errorf("the key file is empty: want a line with %d bytes in base64", keySize)
	}
	return keys, nil
}

func newKey(raw []byte) (key, error) {
	block, err := aes.NewCipher(raw)
	if err != nil {
		return key{}, fmt.Errorf("making the cipher: %w", err)
	}
	k := key{}
	if k.aead, err = cipher.NewGCM(block); err != nil {
		return key{}, fmt.Errorf("making the cipher: %w", err)
	}
	sum := sha256.Sum256(append([]byte("ltipolicy seal key id\n"), raw...))
	copy(k.id[:], sum[:])
	return k, nil
}

// Generate makes a key: a line of a key file.
func Generate(random io.Reader) ([]byte, error) {
	raw := make([]byte, keySize)
	if _, err := io.ReadFull(random, raw); err != nil {
		return nil, fmt.Errorf("reading randomness: %w", err)
	}
	return []byte(base64.StdEncoding.EncodeToString(raw) + "\n"), nil
}

// ID names the key that seals; it tells nothing about the key.
func (k *Keys) ID() string {
	if k == nil {
		return ""
	}
	return hex.EncodeToString(k.keys[0].id[:])
}

// Seal puts a secret into an envelope under the first key. The same secret gives another envelope each time.
func (k *Keys) Seal(purpose string, plain []byte) ([]byte, error) {
	if k == nil {
		return nil, ErrNoKeys
	}
	first := k.keys[0]
	out := make([]byte, headSize+nonceSize, headSize+nonceSize+len(plain)+first.aead.Overhead())
	out[0] = version
	copy(out[1:], first.id[:])
	nonce := out[headSize:]
	if _, err := io.ReadFull(k.random, nonce); err != nil {
		return nil, fmt.Errorf("reading randomness: %w", err)
	}
	return first.aead.Seal(out, nonce, plain, additional(out[:headSize], purpose)), nil
}

// Open takes a secret out of its envelope. Which key it was sealed under, the envelope says. Its errors are
// [ErrBroken], [*UnknownKeyError] and [ErrNoKeys].
func (k *Keys) Open(purpose string, sealed []byte) ([]byte, error) {
	if k == nil {
		return nil, ErrNoKeys
	}
	if len(sealed) < headSize+nonceSize || sealed[0] != version {
		return nil, ErrBroken
	}
	head, nonce, body := sealed[:headSize], sealed[headSize:headSize+nonceSize], sealed[headSize+nonceSize:]
	with := k.find(head[1:])
	if with == nil {
		return nil, &UnknownKeyError{ID: hex.EncodeToString(head[1:])}
	}
	plain, err := with.aead.Open(nil, nonce, body, additional(head, purpose))
	if err != nil {
		return nil, ErrBroken
	}
	return plain, nil
}

// First reports whether an envelope was sealed under the first key, so that it stays readable when the others go.
func (k *Keys) First(sealed []byte) bool {
	return k != nil && len(sealed) > headSize && bytes.Equal(sealed[1:headSize], k.keys[0].id[:])
}

func (k *Keys) find(id []byte) *key {
	for i := range k.keys {
		if bytes.Equal(k.keys[i].id[:], id) {
			return &k.keys[i]
		}
	}
	return nil
}

// additional is what an envelope is bound to without holding it.
func additional(head []byte, purpose string) []byte {
	return append(bytes.Clone(head), purpose...)
}
