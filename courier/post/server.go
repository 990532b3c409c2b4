package post

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"ltipolicy/policy/normal"
)

const (
	dialWithin = 30 * time.Second
	// stepWithin bounds a letter up to its end.
	stepWithin = 30 * time.Second
	// endWithin bounds the server's answer to a letter's end. RFC 5321 would wait for ten minutes.
	endWithin = 2 * time.Minute
)

// Server is the mail server by which letters leave. The zero value is none.
type Server struct {
	Address string // smtp://[USER:PASSWORD@]HOST[:PORT], which has to offer STARTTLS unless it is this machine; or smtps://
	From    string // address that letters come from
	// Roots are whose certificates are believed, on this machine, too; nil: whose the system believes.
	Roots *x509.CertPool
}

// Known reports whether letters can leave.
func (s Server) Known() bool { return s.Address != "" && s.From != "" }

// Check says what is wrong with the server's address or with the one that letters come from. It tells no password.
func (s Server) Check() error {
	if _, err := s.client(nil); err != nil {
		return err
	}
	if !Deliverable(s.From) {
		return fmt.Errorf("the address that mails come from, %q, is none: want NAME@HOST", s.From)
	}
	return nil
}

// Deliverable reports whether an address can stand in a list of addresses: nothing in it may end it early, add a header or
// look like another address.
func Deliverable(address string) bool {
	user, host, ok := strings.Cut(address, "@")
	return ok && user != "" && host != "" && len(address) <= 254 &&
		!strings.ContainsFunc(address, func(r rune) bool {
			return r <= ' ' || r == 0x7f || strings.ContainsRune(",;:<>()[]\"\\", r) || normal.Directs(r)
		}) &&
		!strings.Contains(host, "@")
}

// client is the server as the library knows it. Without TLS nothing leaves this machine.
func (s Server) client(dial mail.DialContextFunc) (*mail.Client, error) {
	server, err := url.Parse(s.Address)
	if err != nil || server.Hostname() == "" || server.Scheme != "smtp" && server.Scheme != "smtps" {
		return nil, errors.New("the mail server's address: want smtp://USER:PASSWORD@HOST:PORT or smtps://…") // without it: it may hold a password
	}
	host := server.Hostname()
	options := []mail.Option{
		mail.WithTimeout(dialWithin), mail.WithTLSPortPolicy(mail.TLSMandatory),
		mail.WithTLSConfig(&tls.Config{ServerName: host, RootCAs: s.Roots, MinVersion: tls.VersionTLS12}),
	}
	switch {
	case server.Scheme == "smtps":
		options = append(options, mail.WithSSLPort(false))
	case !loopback(host) || s.Roots != nil:
	case server.User == nil: // whose certificate is often made for no name
		options = append(options, mail.WithTLSPortPolicy(mail.NoTLS))
	default:
		options = append(options, mail.WithTLSPortPolicy(mail.TLSOpportunistic))
	}
	if dial != nil && server.Scheme == "smtp" { // the library does TLS itself before the first word, or not at all
		options = append(options, mail.WithDialContextFunc(dial))
	}
	if p := server.Port(); p != "" {
		port, err := strconv.Atoi(p)
		if err != nil {
			return nil, fmt.Errorf("reading the mail server's port: %w", err)
		}
		options = append(options, mail.WithPort(port))
	}
	if server.User != nil {
		password, _ := server.User.Password()
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(server.User.Username()), mail.WithPassword(password))
	}
	return mail.NewClient(host, options...)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Dial connects to the server and signs in.
func (s Server) Dial(ctx context.Context) (*Connection, error) {
	c := &Connection{from: s.From}
	client, err := s.client(func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err == nil {
			c.hangUp = func() { conn.Close() } //nolint:errcheck // what is under way fails
		}
		return conn, err
	})
	if err != nil {
		return nil, err
	}
	c.wire, err = client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("connecting to the mail server: %w", err)
	}
	return c, nil
}

// Send sends a single letter, on a connection of its own.
func (s Server) Send(ctx context.Context, l Letter) error {
	c, err := s.Dial(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Send(ctx, l, func() error { return nil })
}
