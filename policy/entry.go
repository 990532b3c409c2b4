package policy

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"strconv"
	"time"
)

// entry is what the encoding of every entry of the evidence log begins with, be it an answer or an act.
type entry struct {
	shard    int
	number   int64
	recorded time.Time
	id       string
}

// Commitment says who or what without saying it: an HMAC-SHA-256 under a key of the entry. Without the key it can
// neither be opened nor tried out.
type Commitment [sha256.Size]byte

func (c Commitment) String() string { return hex.EncodeToString(c[:]) }

// MarshalText writes it in lower-case hexadecimal.
func (c Commitment) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, c[:]), nil }

// UnmarshalText reads what MarshalText wrote, and nothing else.
func (c *Commitment) UnmarshalText(text []byte) error { return unhex(c[:], text) }

// EntryKey is the key under which an entry commits to a person whose secret it is derived from. It opens this entry
// and no other.
type EntryKey [sha256.Size]byte

// MarshalText writes it in lower-case hexadecimal.
func (k EntryKey) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, k[:]), nil }

// UnmarshalText reads what MarshalText wrote, and nothing else.
func (k *EntryKey) UnmarshalText(text []byte) error { return unhex(k[:], text) }

func unhex(to, text []byte) error {
	if len(text) != hex.EncodedLen(len(to)) || bytes.ContainsAny(text, "ABCDEF") {
		return fmt.Errorf("want %d bytes in lower-case hexadecimal", len(to))
	}
	_, err := hex.Decode(to, text)
	return err
}

// KeyOf derives the key of an entry from a person's secret.
func KeyOf(secret []byte, entryID string) EntryKey {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte("ltipolicy entry key\n" + entryID))
	return EntryKey(m.Sum(nil))
}

// The roles in which an entry commits to something.
const (
	roleSubject      = "subject"
	roleActor        = "actor"
	roleNote         = "note"
	roleCircumstance = "circumstance"
	roleAbout        = "about"
)

// commit is the commitment to some values in a role.
func (k EntryKey) commit(role string, values ...string) Commitment {
	return k.mac().commit(role, values...)
}

// mac makes commitments under one key; it is no more than what they share, and for one goroutine.
type mac struct {
	hash.Hash
	written []byte
}

func (k EntryKey) mac() *mac { return &mac{hmac.New(sha256.New, k[:]), make([]byte, 0, 256)} }

// commit is the commitment to some values in a role.
func (m *mac) commit(role string, values ...string) Commitment {
	b := append(append(m.written[:0], role...), '\n')
	for _, v := range values {
		b = field(b, v)
	}
	m.Reset()
	m.Write(b)
	m.written = m.Sum(b[:0])
	return Commitment(m.written)
}

// field appends one field of an encoding: its length in bytes, 8 bytes big endian, and its bytes.
func field(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint64(b, uint64(len(s))), s...)
}

// sum is the SHA-256, in lower-case hexadecimal, of an entry's encoding: the header, the entry's own four fields
// and the others.
func (e entry) sum(header string, fields ...string) string {
	b := append(make([]byte, 0, 1024), header...)
	for _, s := range []string{strconv.Itoa(e.shard), strconv.FormatInt(e.number, 10), stamp(e.recorded), e.id} {
		b = field(b, s)
	}
	for _, s := range fields {
		b = field(b, s)
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// stamp writes a time of an encoding: RFC 3339 in UTC with exactly six decimals; empty for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000Z")
}
