package store_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"database/sql"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// authority makes certificates, and files of them in a folder.
type authority struct {
	t      *testing.T
	dir    string
	serial int64
	cert   *x509.Certificate
	key    *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t, dir: t.TempDir()}
	a.issue("ca", &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

// issue writes NAME.pem and NAME.key. The first certificate signs itself and all others.
func (a *authority) issue(name string, template *x509.Certificate) (cert, key string) {
	a.t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	a.must(err)
	a.serial++
	template.SerialNumber, template.Subject = big.NewInt(a.serial), pkix.Name{CommonName: name}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	if a.cert == nil {
		a.cert, a.key = template, private
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &private.PublicKey, a.key)
	a.must(err)
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	a.must(err)
	cert, key = filepath.Join(a.dir, name+".pem"), filepath.Join(a.dir, name+".key")
	a.must(os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	a.must(os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	return cert, key
}

func (a *authority) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

// overTCP listens at a port and leads to a server's socket.
func overTCP(t *testing.T, socket string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() }) //nolint:errcheck // the test is over
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s, err := net.Dial("unix", socket)
			if err != nil {
				c.Close() //nolint:errcheck // nothing came
				continue
			}
			go func() {
				io.Copy(s, c) //nolint:errcheck // one side closed
				s.Close()     //nolint:errcheck // so that the other direction ends too
			}()
			go func() {
				io.Copy(c, s) //nolint:errcheck // one side closed
				c.Close()     //nolint:errcheck // so that the other direction ends too
			}()
		}
	}()
	return l.Addr().String()
}

// TestServerIsCheckedAgainstACertificateAuthorityOfOnesOwn asks a server with a certificate that no public
// authority knows.
func TestServerIsCheckedAgainstACertificateAuthorityOfOnesOwn(t *testing.T) {
	storetest.EachServer(t, func(t *testing.T, dsn string) {
		root, err := sql.Open("mysql", storetest.DriverDSN(dsn))
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close() //nolint:errcheck // the test is over
		var version string
		if err := root.QueryRowContext(t.Context(), "SELECT VERSION()").Scan(&version); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(version, "MariaDB") {
			return // takes a certificate at its start only
		}
		own, other := newAuthority(t), newAuthority(t)
		cert, key := own.issue("server", &x509.Certificate{DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}})
		clientCert, clientKey := own.issue("client", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		ca, otherCA := filepath.Join(own.dir, "ca.pem"), filepath.Join(other.dir, "ca.pem")
		for _, statement := range []string{
			"SET GLOBAL ssl_ca = '" + ca + "'", "SET GLOBAL ssl_cert = '" + cert + "'", "SET GLOBAL ssl_key = '" + key + "'",
			"ALTER INSTANCE RELOAD TLS",
			"CREATE USER IF NOT EXISTS 'plain'@'%' IDENTIFIED BY 'plain' REQUIRE SSL", "GRANT ALL ON *.* TO 'plain'@'%'",
			"CREATE USER IF NOT EXISTS 'shows'@'%' IDENTIFIED BY 'shows' REQUIRE X509", "GRANT ALL ON *.* TO 'shows'@'%'",
		} {
			if _, err := root.ExecContext(t.Context(), statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
		socket, name, _ := strings.Cut(strings.TrimPrefix(storetest.DriverDSN(dsn), "root@unix("), ")/")
		at := overTCP(t, socket)
		open := func(user, params string) error {
			db, err := store.Open(t.Context(), "mysql:"+user+":"+user+"@tcp("+at+")/"+name+"?"+params, store.Options{})
			if err != nil {
				return err
			}
			return db.Close()
		}
		pair := "&tls-cert=" + clientCert + "&tls-key=" + clientKey
		for what, c := range map[string]struct {
			user, params string
			ok           bool
		}{
			"the server's own authority":            {"plain", "tls-ca=" + ca, true},
			"the server's own authority, insisted":  {"plain", "tls=true&tls-ca=" + ca, true},
			"another authority":                     {"plain", "tls-ca=" + otherCA, false},
			"the system's authorities":              {"plain", "tls=true", false},
			"no certificate where one is wanted":    {"shows", "tls-ca=" + ca, false},
			"a certificate of the tool's own":       {"shows", "tls-ca=" + ca + pair, true},
			"a certificate and the wrong authority": {"shows", "tls-ca=" + otherCA + pair, false},
		} {
			if err := open(c.user, c.params); (err == nil) != c.ok {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

// TestServersElsewhereProveWhoTheyAre asks a server whose certificate is its own, first as one at this machine, then as
// one at another, whose name leads here.
func TestServersElsewhereProveWhoTheyAre(t *testing.T) {
	storetest.EachServer(t, func(t *testing.T, dsn string) {
		root, err := sql.Open("mysql", storetest.DriverDSN(dsn))
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close() //nolint:errcheck // the test is over
		for _, statement := range []string{"CREATE USER IF NOT EXISTS 'far'@'%' IDENTIFIED BY 'secret'", "GRANT ALL ON *.* TO 'far'@'%'"} {
			if _, err := root.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		var can string
		err = root.QueryRowContext(t.Context(), `SELECT @@have_ssl`).Scan(&can)
		encrypts := err != nil || can == "YES" // MySQL has no such variable any more, and always can
		socket, name, _ := strings.Cut(strings.TrimPrefix(storetest.DriverDSN(dsn), "root@unix("), ")/")
		_, port, err := net.SplitHostPort(overTCP(t, socket))
		if err != nil {
			t.Fatal(err)
		}
		const far = "0.0.0.0" // leads here, and does not say so
		// The first that succeeds is encrypted: MySQL asks for that, or for a key of its own, until it has seen the password.
		for _, c := range []struct{ what, host, params, says string }{
			{"elsewhere", far, "", "?tls-ca=FILE"},
			{"elsewhere, and nobody minds", far, "?tls=skip-verify", ""},
			{"elsewhere, and nobody needs to know", far, "?tls=false", ""},
			{"at this machine", "127.0.0.1", "", ""},
			{"by its name", "localhost", "", ""},
			{"at this machine, and somebody minds", "127.0.0.1", "?tls=true", "?tls-ca=FILE"},
		} {
			if !encrypts && (c.says != "" || c.params == "?tls=skip-verify") {
				c.says = "?tls=false"
			}
			db, err := store.Open(t.Context(), "mysql:far:secret@tcp("+net.JoinHostPort(c.host, port)+")/"+name+c.params, store.Options{Sleep: noSleep})
			if err == nil {
				db.Close() //nolint:errcheck // it was only opened
			}
			if (err == nil) != (c.says == "") || err != nil && (!strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "secret")) {
				t.Errorf("%s: %v", c.what, err)
			}
		}
	})
}

func TestAddressesWithFilesThatCannotBeMeantAreRefused(t *testing.T) {
	own := newAuthority(t)
	ca, key := filepath.Join(own.dir, "ca.pem"), filepath.Join(own.dir, "ca.key")
	for what, params := range map[string]string{
		"no such file":                "tls-ca=" + ca + ".none",
		"no certificate in it":        "tls-ca=" + key,
		"a certificate without a key": "tls-ca=" + ca + "&tls-cert=" + ca,
		"a key without a certificate": "tls-key=" + key,
		"no encryption":               "tls=false&tls-ca=" + ca,
		"no checking":                 "tls=skip-verify&tls-ca=" + ca,
	} {
		_, err := store.Open(t.Context(), "mysql:u:secret@tcp(127.0.0.1:1)/n?"+params, store.Options{})
		if !errors.Is(err, policy.ErrInvalid) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", what, err)
		}
	}
}
