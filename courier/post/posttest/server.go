// Package posttest is a mail server for tests: it takes letters on a loopback port and tells what it got.
//
// It owns as much of SMTP as a client needs that sends one letter after another. Production code does not import it.
package posttest

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
)

// Mail is a letter that the server took.
type Mail struct {
	From, To string // of the envelope
	Said     string // the envelope as it was said: what follows MAIL, and RCPT
	Raw      string // as it came, without the dots that SMTP doubles
}

// Message is the letter read.
func (m Mail) Message(t testing.TB) *mail.Message {
	t.Helper()
	msg, err := mail.ReadMessage(strings.NewReader(m.Raw))
	if err != nil {
		t.Fatalf("%v\n%s", err, m.Raw)
	}
	return msg
}

// Server takes letters until its test ends.
type Server struct {
	// Answer may answer in the server's place: at "HELO", "MAIL", "RCPT" and "DATA", and at "END" of a letter, with the
	// letter so far. Empty: as usual. "hang up" breaks the connection instead, at "END" after the letter was taken.
	Answer func(at string, m Mail) string
	TLS    *tls.Config // if STARTTLS is offered

	listener net.Listener

	mu     sync.Mutex
	took   []Mail
	broken int // letters without an end
}

// New starts a server. Set it up by set before anybody comes.
func New(t testing.TB, set func(*Server)) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{listener: l}
	if set != nil {
		set(s)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	open := map[net.Conn]bool{}
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open[conn] = true
			mu.Unlock()
			all.Go(func() {
				s.talk(conn)
				conn.Close() //nolint:errcheck // over
				mu.Lock()
				delete(open, conn)
				mu.Unlock()
			})
		}
	})
	t.Cleanup(func() {
		l.Close() //nolint:errcheck // the test is over
		mu.Lock()
		for conn := range open {
			conn.Close() //nolint:errcheck // the test is over
		}
		mu.Unlock()
		all.Wait()
	})
	return s
}

// Port is where it listens on the loopback address.
func (s *Server) Port() int { return s.listener.Addr().(*net.TCPAddr).Port }

// Address is the server as a setting names it.
func (s *Server) Address() string { return fmt.Sprintf("smtp://127.0.0.1:%d", s.Port()) }

// Took are the letters so far, in their order.
func (s *Server) Took() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.took...)
}

// Count is how many letters it took.
func (s *Server) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.took)
}

// Broken is of how many letters the end never came.
func (s *Server) Broken() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broken
}

// visit is one connection.
type visit struct {
	*Server
	conn net.Conn
	in   *bufio.Reader
	m    Mail
}

func (s *Server) talk(conn net.Conn) {
	v := &visit{Server: s, conn: conn, in: bufio.NewReader(conn)}
	if !v.say("220 mail.example ESMTP") {
		return
	}
	for {
		line, err := v.in.ReadString('\n')
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		if !v.do(strings.ToUpper(verb), rest) {
			return
		}
	}
}

func (v *visit) say(text string) bool {
	_, err := io.WriteString(v.conn, text+"\r\n")
	return err == nil
}

// or says what the test wants in this place, or else the usual.
func (v *visit) or(at, usual string) (goOn, asUsual bool) {
	if v.Answer != nil {
		if text := v.Answer(at, v.m); text == "hang up" {
			return false, false
		} else if text != "" {
			return v.say(text), false
		}
	}
	return v.say(usual), true
}

func (v *visit) do(verb, rest string) bool {
	switch verb {
	case "EHLO", "HELO":
		text := "250-mail.example\r\n250-8BITMIME\r\n250-DSN\r\n250 ENHANCEDSTATUSCODES"
		if v.TLS != nil {
			text = "250-mail.example\r\n250-STARTTLS\r\n250 8BITMIME"
		}
		goOn, _ := v.or("HELO", text)
		return goOn
	case "STARTTLS":
		if !v.say("220 2.0.0 go") {
			return false
		}
		secure := tls.Server(v.conn, v.TLS)
		if secure.Handshake() != nil {
			return false
		}
		v.conn, v.in = secure, bufio.NewReader(secure)
		return true
	case "MAIL":
		v.m = Mail{From: address(rest), Said: rest}
		goOn, _ := v.or("MAIL", "250 2.1.0 ok")
		return goOn
	case "RCPT":
		v.m.To, v.m.Said = address(rest), v.m.Said+" "+rest
		goOn, _ := v.or("RCPT", "250 2.1.5 ok")
		return goOn
	case "DATA":
		goOn, asUsual := v.or("DATA", "354 go on")
		return goOn && (!asUsual || v.letter())
	case "RSET", "NOOP":
		return v.say("250 2.0.0 ok")
	case "QUIT":
		v.say("221 2.0.0 bye")
		return false
	}
	return v.say("502 5.5.1 what?")
}

// letter reads one to its end and takes it, unless the test refuses it.
func (v *visit) letter() bool {
	var raw strings.Builder
	for {
		line, err := v.in.ReadString('\n')
		if err != nil {
			v.mu.Lock()
			v.broken++
			v.mu.Unlock()
			return false
		}
		if line == ".\r\n" {
			break
		}
		raw.WriteString(strings.TrimPrefix(line, "."))
	}
	v.m.Raw = raw.String()
	answer := ""
	if v.Answer != nil {
		answer = v.Answer("END", v.m)
	}
	if answer == "" || answer == "hang up" {
		v.mu.Lock()
		v.took = append(v.took, v.m)
		v.mu.Unlock()
	}
	switch answer {
	case "hang up":
		return false
	case "":
		return v.say("250 2.0.0 queued")
	}
	return v.say(answer)
}

// address is what stands in the angle brackets of MAIL and RCPT.
func address(rest string) string {
	_, a, _ := strings.Cut(rest, "<")
	a, _, _ = strings.Cut(a, ">")
	return a
}
