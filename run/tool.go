package run

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"ltipolicy/courier"
	"ltipolicy/launch"
	"ltipolicy/lti"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// Config is what a Tool is made of. Only SessionKey and Limits may be left out.
type Config struct {
	Store      *store.DB
	BaseURL    string        // public address without trailing slash; https, or http on a loopback host
	SessionKey []byte        // 64 bytes that sign cookies and forms; nil: made once and kept in the database
	Client     *http.Client  // calls platforms
	Limits     launch.Limits // zero: launch's own
	Now        func() time.Time
	Rand       io.Reader
	Log        *slog.Logger
}

// Tool is the tool over an open database: what it answers, and what it does between requests.
type Tool struct {
	Web    *launch.Server
	Worker *courier.Worker // does nothing before it is run
}

// New wires a Tool, and makes the keys that the database does not have yet. Every replica on one database gets
// the same.
func New(ctx context.Context, c Config) (*Tool, error) {
	if c.SessionKey == nil {
		key, err := c.Store.Secret(ctx, "session", func() ([]byte, error) { return randomBytes(c.Rand, 64) })
		if err != nil {
			return nil, err
		}
		c.SessionKey = key
	}
	if err := c.Store.EnsureKeys(ctx, func() (lti.Key, error) { return lti.GenerateKey(c.Rand, c.Now()) }); err != nil {
		return nil, err
	}
	pages, err := templates.New()
	if err != nil {
		return nil, err
	}
	protocol := lti.New(lti.Config{
		BaseURL: c.BaseURL, Now: c.Now, Rand: c.Rand, Client: c.Client, Keys: c.Store.KeyRing,
	})
	worker := courier.New(courier.Config{Store: c.Store, Tool: protocol, Now: c.Now, Log: c.Log})
	web, err := launch.New(launch.Config{
		Store: c.Store, Tool: protocol, Worker: worker, Pages: pages, BaseURL: c.BaseURL, Key: c.SessionKey,
		Now: c.Now, Rand: c.Rand, Log: c.Log, Limits: c.Limits,
	})
	if err != nil {
		return nil, err
	}
	return &Tool{Web: web, Worker: worker}, nil
}

func randomBytes(r io.Reader, n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, fmt.Errorf("reading randomness: %w", err)
	}
	return b, nil
}
