//go:build linux

package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"ltipolicy/seal"
)

const toolHost = "tool.example"

// program is the tool's binary with a certificate for its name, because its cookies need https.
type program struct {
	dir, binary, cert, key string
	secret                 string // the file with the key that seals what the database keeps secret
	trust                  *x509.CertPool
}

func buildProgram(ctx context.Context, dir string) (*program, error) {
	p := &program{dir: dir, binary: filepath.Join(dir, "ltipolicy"), cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem"),
		secret: filepath.Join(dir, "secret.key")}
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", p.binary, ".").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building the tool: %w\n%s", err, out)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{toolHost}, NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	secret, err := seal.Generate(rand.Reader)
	if err != nil {
		return nil, err
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	p.trust = x509.NewCertPool()
	p.trust.AppendCertsFromPEM(public)
	return p, errors.Join(os.WriteFile(p.secret, secret, 0o600), os.WriteFile(p.cert, public, 0o600),
		os.WriteFile(p.key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
}

// run runs a command of the tool to its end and returns what it said.
func (p *program) run(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.binary, args...)
	cmd.Env = append(os.Environ(), "LTIPOLICY_SECRET_KEY_FILE="+p.secret)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("ltipolicy %s: %w\n%s", args[0], err, out)
	}
	return string(out), nil
}

// replica is one running tool.
type replica struct {
	*process
	address string
	log     string
	inUse   atomic.Int64
	healthy atomic.Bool
	failed  atomic.Int64 // when it was last unreachable, in nanoseconds
}

// serve starts a replica on a database.
func (p *program) serve(ctx context.Context, name, dsn string) (*replica, error) {
	log := filepath.Join(p.dir, name+".log")
	child, err := launch(log, nil, p.binary, "serve", "-listen", "127.0.0.1:0", "-base-url", "https://"+toolHost,
		"-database", dsn, "-secret-key-file", p.secret, "-tls-cert", p.cert, "-tls-key", p.key, "-allow-private-networks", "-trusted-proxies", "127.0.0.0/8")
	if err != nil {
		return nil, err
	}
	r := &replica{process: child, log: log}
	r.healthy.Store(true)
	err = await(ctx, 30*time.Second, func() bool {
		r.address = listening(log)
		return r.address != "" || !child.running()
	})
	if err == nil && r.address == "" {
		err = errors.New("it ended")
	}
	if err != nil {
		child.kill()
		b, _ := os.ReadFile(log) //nolint:errcheck // the first error counts
		return nil, fmt.Errorf("starting the tool: %w\n%s", err, b)
	}
	return r, nil
}

// listening reads from the log where a replica listens.
func listening(log string) string {
	f, err := os.Open(log)
	if err != nil {
		return ""
	}
	defer f.Close() //nolint:errcheck // only read
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var line struct{ Msg, Address string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" {
			return line.Address
		}
	}
	return ""
}

// failures counts by cause the answers with 5xx in a replica's log.
func (r *replica) failures(causes map[string]int) {
	f, err := os.Open(r.log)
	if err != nil {
		return
	}
	defer f.Close() //nolint:errcheck // only read
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var line struct {
			Status       int
			Route, Error string
		}
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Status >= 500 && !strings.Contains(line.Route, "readyz") {
			causes[line.Route+": "+varying.ReplaceAllString(line.Error, "…")]++
		}
	}
}

// varying is what differs between errors of one kind.
var varying = regexp.MustCompile(`127\.0\.0\.1:\d+|[0-9a-f-]{20,}`)
