package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"
)

// keySize is the length of the key that signs cookies and forms.
const keySize = 64

// Rekey signs and encrypts with another key of 64 bytes from now on. What was signed before counts no more.
func (f *Frame) Rekey(key []byte) error {
	if len(key) != keySize {
		return fmt.Errorf("session key: %d bytes, want %d", len(key), keySize)
	}
	k := [keySize]byte(key)
	f.key.Store(&k)
	return nil
}

// derive makes a key of 64 bytes for one purpose, so that a value signed for one cannot serve for another.
func derive(key *[keySize]byte, purpose string) []byte {
	var out []byte
	for _, half := range []string{"sign", "encrypt"} {
		m := hmac.New(sha256.New, key[:])
		m.Write([]byte("ltipolicy " + purpose + " " + half))
		out = m.Sum(out)
	}
	return out
}

// Cookies keeps values of one purpose in browsers, signed and encrypted. Its codecs carry the age limit themselves:
// securecookie would otherwise accept a cookie for 30 days, whatever its Max-Age says.
func (f *Frame) Cookies(purpose string, life time.Duration) *sessions.CookieStore {
	return &sessions.CookieStore{
		Codecs: []securecookie.Codec{&codec{key: &f.key, make: func(key *[keySize]byte) securecookie.Codec {
			k := derive(key, purpose)
			return securecookie.New(k[:32], k[32:]).MaxAge(int(life.Seconds()))
		}}},
		Options: &sessions.Options{
			Path: "/", MaxAge: int(life.Seconds()), Secure: true, HttpOnly: true, SameSite: http.SameSiteNoneMode,
		},
	}
}

// Signer signs form tokens of one purpose. They may hold a registration token and the list of a page's policies, so
// they are encrypted and may be longer than a cookie.
func (f *Frame) Signer(purpose string, life time.Duration) securecookie.Codec {
	return &codec{key: &f.key, make: func(key *[keySize]byte) securecookie.Codec {
		k := derive(key, purpose)
		return securecookie.New(k[:32], k[32:]).
			MaxAge(int(life.Seconds())).MaxLength(32 << 10).SetSerializer(securecookie.JSONEncoder{})
	}}
}

// Sealer seals bytes of one purpose, signed and encrypted, as short as they can be: for what stays small in a browser.
func (f *Frame) Sealer(purpose string, life time.Duration) securecookie.Codec {
	return &codec{key: &f.key, make: func(key *[keySize]byte) securecookie.Codec {
		k := derive(key, purpose)
		return securecookie.New(k[:32], k[32:]).MaxAge(int(life.Seconds())).SetSerializer(securecookie.NopEncoder{})
	}}
}

// codec signs and encrypts for one purpose, under the key that is in use at the moment.
type codec struct {
	key  *atomic.Pointer[[keySize]byte]
	make func(key *[keySize]byte) securecookie.Codec
	made atomic.Pointer[madeCodec]
}

// madeCodec is what was made for one key.
type madeCodec struct {
	securecookie.Codec
	key *[keySize]byte
}

func (c *codec) current() securecookie.Codec {
	key, m := c.key.Load(), c.made.Load()
	if m == nil || m.key != key {
		m = &madeCodec{c.make(key), key}
		c.made.Store(m)
	}
	return m
}

// Encode is [securecookie.SecureCookie.Encode].
func (c *codec) Encode(name string, value any) (string, error) {
	return c.current().Encode(name, value)
}

// Decode is [securecookie.SecureCookie.Decode].
func (c *codec) Decode(name, value string, into any) error {
	return c.current().Decode(name, value, into)
}
