package store

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// The parameters of a database address that name files in PEM: the authorities whom the server's certificate is
// checked against instead of the system's, and a certificate with its key by which the tool shows who it is.
const (
	paramCA   = "tls-ca"
	paramCert = "tls-cert"
	paramKey  = "tls-key"
)

// usualTLS is what an address means that says nothing of encryption: a server at another machine proves who it is, by a
// certificate that the system's authorities vouch for; one at this machine is encrypted if it can, and needs no proof.
func usualTLS(c *mysql.Config) string {
	if c.Net == "unix" {
		return "false"
	}
	host, _, err := net.SplitHostPort(c.Addr)
	if ip := net.ParseIP(host); err == nil && (host == "localhost" || ip != nil && ip.IsLoopback()) {
		return "preferred"
	}
	return "true"
}

// explainTLS says what to write into the address where the server could not prove who it is.
func explainTLS(err error) error {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fmt.Errorf("%w: the server's certificate is checked unless it is on this machine: name the authority that signed it "+
			"(?tls-ca=FILE), or, on a network where nobody else is, encrypt unchecked (?tls=skip-verify)", err)
	}
	if errors.Is(err, mysql.ErrNoTLS) {
		return fmt.Errorf("%w: switch it on at the server, or, on a network where nobody else is, go without (?tls=false)", err)
	}
	return err
}

// escapeFiles lets parameters hold the names of files as they are: the driver takes the last slash of an address for
// the one before the database's name.
func escapeFiles(dsn string) string {
	i := strings.LastIndex(dsn, "?")
	if i < 0 || strings.ContainsAny(dsn[i:], "@)") { // that was a password's
		return dsn
	}
	return dsn[:i] + strings.ReplaceAll(dsn[i:], "/", "%2F")
}

// readTLS takes the parameters that name files out of an address and makes the settings of the connection of
// them. With any of them the server's certificate must be valid for its name.
func readTLS(c *mysql.Config) error {
	ca, cert, key := c.Params[paramCA], c.Params[paramCert], c.Params[paramKey]
	for _, name := range []string{paramCA, paramCert, paramKey} {
		delete(c.Params, name)
	}
	if ca == "" && cert == "" && key == "" {
		return nil
	}
	if mode := cmp.Or(c.TLSConfig, "true"); mode != "true" {
		return fmt.Errorf("tls=%s does not go with %s, %s and %s: leave it out", mode, paramCA, paramCert, paramKey)
	}
	if (cert == "") != (key == "") {
		return fmt.Errorf("%s and %s go together", paramCert, paramKey)
	}
	settings := &tls.Config{MinVersion: tls.VersionTLS12}
	if ca != "" {
		pem, err := os.ReadFile(ca)
		if err != nil {
			return err
		}
		settings.RootCAs = x509.NewCertPool()
		if !settings.RootCAs.AppendCertsFromPEM(pem) {
			return errors.New(ca + " holds no certificate in PEM")
		}
	}
	if cert != "" {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return err
		}
		settings.Certificates = []tls.Certificate{pair}
	}
	c.TLSConfig, c.TLS = "", settings
	return nil
}
