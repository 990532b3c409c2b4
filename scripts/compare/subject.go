//go:build linux

package main

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/seal"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// subject is a tool that is measured.
type subject struct {
	name string
	*process
	tool     ltitest.Tool
	activity ltitest.Activity
	answers  []string // fields that accept what it asks
	short    bool     // the launch ends with the answer to the id_token, wherever that leads
	turns    []figures
}

// startTool serves a program of ours on a database of its own, with three policies.
func startTool(ctx context.Context, dir, name, file string, db *database, m *moodle) (*subject, error) {
	schema := "tool_" + name
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	secret, err := seal.Generate(rand.Reader)
	if err != nil {
		return nil, err
	}
	key := filepath.Join(dir, "secret.key")
	if err := errors.Join(db.create(ctx, schema), os.Mkdir(dir, 0o700), os.WriteFile(key, secret, 0o600)); err != nil {
		return nil, err
	}
	env, err := outside(dir)
	if err != nil {
		return nil, err
	}
	dsn := fmt.Sprintf("mysql:root@tcp(%s)/%s", address(db.port), schema)
	cmd := exec.CommandContext(ctx, file, "migrate", "-database", dsn, "-secret-key-file", key)
	cmd.Dir, cmd.Env = dir, env
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s migrate: %w\n%s", name, err, out)
	}
	base := "http://" + address(port)
	s := &subject{name: name}
	s.tool, s.activity = m.opens(ltitest.ToolAt(base))
	if err := s.prepare(ctx, dsn, m); err != nil {
		return nil, err
	}
	s.process, err = launch(dir, env, file, "serve", "-listen", address(port), "-base-url", base, "-database", dsn,
		"-secret-key-file", key, "-allow-private-networks")
	if err != nil {
		return nil, err
	}
	return s, s.process.answers(ctx, port)
}

// prepare lets the tool know the site, and gives it something to ask.
func (s *subject) prepare(ctx context.Context, dsn string, m *moodle) error {
	db, err := store.Open(ctx, dsn, store.Options{MaxOpen: 2})
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // everything was committed
	p, err := m.Registration(s.tool.TypeID)
	if err != nil {
		return err
	}
	if p.ID, err = db.NewID(); err != nil {
		return err
	}
	if p.InstitutionID, err = db.EnsureInstitution(ctx, "Campus"); err != nil {
		return err
	}
	p.Status = lti.Active
	if err := db.AddPlatform(ctx, p); err != nil {
		return err
	}
	for _, slug := range []string{"rules", "privacy", "library"} {
		_, id, err := db.LoadPolicy(ctx, p.InstitutionID, slug, policy.Version{
			Kind: policy.Agree, Texts: []policy.Text{{Lang: "en", Name: slug, Summary: "<p>Be kind.</p>", Content: "<p>Always.</p>"}},
		}, []string{p.ID})
		if err != nil {
			return err
		}
		s.answers = append(s.answers, templates.AnswerField(id))
	}
	return nil
}

// What ltijs is made of here.
const (
	ltijsVersion          = "5.9.9"
	ltijsSequelizeVersion = "2.4.4"
)

//go:embed ltijs.js
var ltijsProgram []byte

// startLtijs serves ltijs with its plugin for MariaDB.
func startLtijs(ctx context.Context, dir string, db *database, m *moodle) (*subject, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	kept := filepath.Join(cache, "ltipolicy", "ltijs-"+ltijsVersion)
	if _, err := os.Stat(filepath.Join(kept, "node_modules", "ltijs-sequelize")); err != nil {
		if err := os.MkdirAll(kept, 0o755); err != nil {
			return nil, err
		}
		cmd := exec.CommandContext(ctx, "npm", "install", "--no-audit", "--no-fund", "--prefix", kept,
			"ltijs@"+ltijsVersion, "ltijs-sequelize@"+ltijsSequelizeVersion)
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("npm install: %w\n%s", err, out)
		}
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	program := filepath.Join(kept, "tool.js") // beside what it requires
	if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(program, ltijsProgram, 0o644), db.create(ctx, "ltijs")); err != nil {
		return nil, err
	}
	base := "http://" + address(port)
	s := &subject{name: "ltijs"}
	s.tool, s.activity = m.opens(ltitest.Tool{
		Name: "ltijs", LoginURL: base + "/login", TargetLinkURI: base + "/", RedirectURIs: []string{base + "/"}, JWKSURL: base + "/keys",
		ShareName: true, ShareEmail: true, NRPS: true, AGS: 2, DeepLinking: true,
	})
	p, err := m.Registration(s.tool.TypeID)
	if err != nil {
		return nil, err
	}
	settings, err := json.Marshal(map[string]any{
		"port": port, "database": db.port,
		"platform": map[string]any{
			"url": p.Issuer, "name": p.Name, "clientId": p.ClientID, "authenticationEndpoint": p.AuthURL, "accesstokenEndpoint": p.TokenURL,
			"authConfig": map[string]string{"method": "JWK_SET", "key": p.JWKSURL},
		},
	})
	if err != nil {
		return nil, err
	}
	env := append(os.Environ(), "NODE_ENV=production", "SETTINGS="+string(settings))
	if s.process, err = launch(dir, env, "node", program); err != nil {
		return nil, err
	}
	return s, s.process.answers(ctx, port)
}
