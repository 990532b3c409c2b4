package post_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ltipolicy/courier/post"
	"ltipolicy/courier/post/posttest"
)

func taken() error { return nil }

// letter is one to ana.
func letter(subject string) post.Letter {
	return post.Letter{
		ID: "abc", To: "ana@upt.example", Subject: subject, Lang: "ro", Date: time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC),
		Text: "Bună, Ana!\n.\nBcc: all@upt.example\n", HTML: "<p>Bună, Ana!</p>",
	}
}

func dial(t *testing.T, s post.Server) *post.Connection {
	t.Helper()
	c, err := s.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// bodies are the parts of a mail by their type.
func bodies(t *testing.T, m *mail.Message) map[string]string {
	t.Helper()
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := strings.Cut(p.Header.Get("Content-Type"), ";")
		out[kind] = strings.ReplaceAll(string(b), "\r\n", "\n")
	}
}

// hostile are texts as people, courses and platforms may send them.
var hostile = []string{
	"Ana\r\nBcc: all@upt.example", "Ana\nBcc: all@upt.example", "Ana\rBcc: all@upt.example", "Ana\r\n\r\n<script>alert(1)</script>",
	"Ana\r\n.\r\nMAIL FROM:<x@x.example>", "Ana\u2028Bcc: all@upt.example", "Ana\u2029X", "Ana\u0085Bcc: x@x.example", "Ana\x00\x01\x7f", "\u202eanA",
	"=?utf-8?q?Ana=0D=0ABcc:_all@upt.example?=", "Ana\" <all@upt.example>, \"", "<img src=x onerror=alert(1)>", "{{.Link}} {{template \"x\"}}", "%0D%0ABcc: x@x.example",
	strings.Repeat("Țăran ", 200), "Ana\xff\xfe", "", " \t\r\n ", "Ana\v\fBcc: x@x.example", "Content-Type: text/html", "a, b; c: d",
}

// Whatever a subject is made of, the mail has the headers that it should have and no others, and goes to one person.
func TestNoTextAddsAHeader(t *testing.T) {
	server := posttest.New(t, nil)
	c := dial(t, post.Server{Address: server.Address(), From: "policies@upt.example"})
	for _, text := range hostile {
		if err := c.Send(t.Context(), letter("Please answer: "+text), taken); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
	}
	all := server.Took()
	if len(all) != len(hostile) {
		t.Fatalf("%d of %d arrived", len(all), len(hostile))
	}
	want := []string{
		"Auto-Submitted", "Content-Language", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To", "X-Auto-Response-Suppress",
	}
	for i, got := range all {
		m := got.Message(t)
		var have []string
		for name, values := range m.Header {
			have = append(have, name)
			if len(values) != 1 {
				t.Errorf("%q: %d times %s", hostile[i], len(values), name)
			}
		}
		slices.Sort(have)
		if !slices.Equal(have, want) {
			t.Errorf("%q: headers %q", hostile[i], have)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if err != nil || strings.ContainsAny(subject, "\r\n\x00\u2028\u202e") || !strings.HasPrefix(subject, "Please answer:") || len([]rune(subject)) > 150 {
			t.Errorf("%q: subject %q, %v", hostile[i], subject, err)
		}
		if want := "FROM:<policies@upt.example> BODY=8BITMIME TO:<ana@upt.example>"; got.Said != want { // no receipts, though they are offered
			t.Errorf("%q: the envelope says %q", hostile[i], got.Said)
		}
		if got.From != "policies@upt.example" || got.To != "ana@upt.example" || m.Header.Get("To") != "<ana@upt.example>" || m.Header.Get("Message-Id") != "<abc@upt.example>" {
			t.Errorf("%q: from %s to %s, %v", hostile[i], got.From, got.To, m.Header)
		}
		parts := bodies(t, m)
		if parts["text/plain"] != "Bună, Ana!\n.\nBcc: all@upt.example\n" || parts["text/html"] != "<p>Bună, Ana!</p>" {
			t.Errorf("%q: %q", hostile[i], parts)
		}
	}
}

// What is no address is refused before a word is said, and disturbs no other letter.
func TestNothingIsSentToWhatIsNoAddress(t *testing.T) {
	server := posttest.New(t, nil)
	c := dial(t, post.Server{Address: server.Address(), From: "policies@upt.example"})
	for _, address := range append(slices.Clone(hostile),
		"ana", "@upt.example", "ana@", "ana@upt@example", "ana@upt.example>\r\nRCPT TO:<all@upt.example", "ana@upt.example, ion@upt.example",
		"ana upt@upt.example", "Ana <ana@upt.example>", strings.Repeat("a", 300)+"@upt.example", "\u202ea@upt.example") {
		l := letter("x")
		l.To = address
		if err := c.Send(t.Context(), l, taken); !errors.Is(err, post.ErrUnaddressed) {
			t.Errorf("%q: %v", address, err)
		}
	}
	if err := c.Send(t.Context(), letter("x"), taken); err != nil || server.Count() != 1 {
		t.Errorf("%v, %d arrived", err, server.Count())
	}
}

// An answer of the server is about the letter or about the server, for now or for good.
func TestEachAnswerMeansOneThing(t *testing.T) {
	type answer struct{ at, says string }
	var now atomic.Pointer[answer]
	now.Store(&answer{})
	server := posttest.New(t, func(s *posttest.Server) {
		s.Answer = func(where string, _ posttest.Mail) string {
			if a := now.Load(); where == a.at {
				return a.says
			}
			return ""
		}
	})
	ours := post.Server{Address: server.Address(), From: "policies@upt.example"}
	for _, tt := range []struct {
		name, at, says    string
		refused           string // the reason; empty: it is about the server
		temporary, unsure bool
		arrives           bool
	}{
		{name: "a mailbox that is not there", at: "RCPT", says: "550 5.1.1 no ana@upt.example here", refused: "550 5.1.1"},
		{name: "greylisted", at: "RCPT", says: "450 4.7.1 later", refused: "450 4.7.1", temporary: true},
		{name: "without a reason", at: "RCPT", says: "452 full", refused: "452", temporary: true},
		{name: "refused with its text", at: "END", says: "554 5.6.0 spam", refused: "554 5.6.0"},
		{name: "refused for now with its text", at: "END", says: "451 4.3.0 try again", refused: "451 4.3.0", temporary: true},
		{name: "no letter now", at: "DATA", says: "451 4.3.2 busy", refused: "451 4.3.2", temporary: true},
		{name: "not from us", at: "MAIL", says: "550 5.7.1 who are you"},
		{name: "shutting down", at: "RCPT", says: "421 4.3.2 bye"},
		{name: "shutting down at the end", at: "END", says: "421 4.3.2 bye"},
		{name: "gone", at: "RCPT", says: "hang up"},
		{name: "gone with the letter", at: "END", says: "hang up", unsure: true, arrives: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := dial(t, ours)
			now.Store(&answer{tt.at, tt.says})
			before := server.Count()
			err := c.Send(t.Context(), letter("x"), taken)
			now.Store(&answer{})
			refusal, about := errors.AsType[*post.Refusal](err)
			switch {
			case err == nil || about != (tt.refused != "") || errors.Is(err, post.ErrUnsure) != tt.unsure || (server.Count() > before) != tt.arrives:
				t.Errorf("%v, %d arrived", err, server.Count()-before)
			case about && (refusal.Reason() != tt.refused || refusal.Temporary() != tt.temporary || strings.Contains(err.Error(), "ana@")):
				t.Errorf("%+v, %v", refusal, err)
			}
			err = c.Send(t.Context(), letter("y"), taken)
			if (err == nil) != about {
				t.Errorf("the next letter: %v", err)
			}
		})
	}
	if _, err := (post.Server{Address: "smtp://127.0.0.1:1", From: "a@b"}).Dial(t.Context()); err == nil {
		t.Error("a server that is not there was reached")
	}
}

// Until the caller says that it is handed over, the server does not have a letter, whatever becomes of the caller.
func TestALetterIsTheServersOnlyWhenItIsHandedOver(t *testing.T) {
	server := posttest.New(t, nil)
	ours := post.Server{Address: server.Address(), From: "policies@upt.example"}
	c := dial(t, ours)
	second := errors.New("somebody else was quicker")
	if err := c.Send(t.Context(), letter("x"), func() error { return second }); !errors.Is(err, second) {
		t.Errorf("%v", err)
	}
	if err := c.Send(t.Context(), letter("y"), taken); err == nil {
		t.Error("a conversation that broke in a letter's middle goes on")
	}
	c.Close()
	ctx, stop := context.WithCancel(t.Context())
	c = dial(t, ours)
	asked := false
	stop()
	if err := c.Send(ctx, letter("x"), func() error { asked = true; return nil }); !errors.Is(err, context.Canceled) || asked {
		t.Errorf("after a stop: %v, asked %v", err, asked)
	}
	ctx, stop = context.WithCancel(t.Context())
	c = dial(t, ours)
	if err := c.Send(ctx, letter("z"), func() error { stop(); return nil }); err != nil || server.Count() != 1 {
		t.Errorf("stopped after it was handed over: %v, %d arrived", err, server.Count())
	}
}

// Nothing leaves for a server that cannot prove who it is.
func TestOnlyAServerWithItsCertificateGetsLetters(t *testing.T) {
	certificate, roots := certified(t)
	secure := posttest.New(t, func(s *posttest.Server) {
		s.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	})
	open := posttest.New(t, nil)
	_, strangers := certified(t)
	for _, tt := range []struct {
		name   string
		server *posttest.Server
		roots  *x509.CertPool
		ok     bool
	}{
		{"its certificate is believed", secure, roots, true},
		{"its certificate is not believed", secure, strangers, false},
		{"it offers no TLS", open, roots, false},
	} {
		s := post.Server{Address: tt.server.Address(), From: "policies@upt.example", Roots: tt.roots}
		if err := s.Send(t.Context(), letter("x")); (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if secure.Count() != 1 || open.Count() != 0 {
		t.Errorf("%d and %d arrived", secure.Count(), open.Count())
	}
}

// certified makes a certificate for 127.0.0.1 and who believes it.
func certified(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, roots
}

// A setting that cannot work is said when the tool starts, without its password.
func TestServersThatCannotBeMeantAreRefused(t *testing.T) {
	for address, ok := range map[string]bool{
		"smtp://mail.upt.example": true, "smtp://ana:secret@mail.upt.example:587": true, "smtps://mail.upt.example:465": true, "smtp://localhost:25": true,
		"mail.upt.example": false, "http://mail.upt.example": false, "smtp://": false, "smtp://ana:secret@": false, "smtp://ana:sec ret@mail\n.example": false, "none": false,
	} {
		err := post.Server{Address: address, From: "policies@upt.example"}.Check()
		if (err == nil) != ok || err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", address, err)
		}
	}
	for from, ok := range map[string]bool{"policies@upt.example": true, "": false, "Policies <p@upt.example>": false, "p@upt.example\r\nBcc: x@x.example": false} {
		if err := (post.Server{Address: "smtp://mail.upt.example", From: from}).Check(); (err == nil) != ok {
			t.Errorf("from %q: %v", from, err)
		}
	}
}
