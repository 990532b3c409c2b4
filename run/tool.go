package run

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"ltipolicy/courier"
	"ltipolicy/launch"
	"ltipolicy/lti"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// Config is what a Tool is made of. Only SessionKey, Limits, Contact, Receivers and Mails may be left out.
type Config struct {
	Store      *store.DB
	BaseURL    string        // public address without trailing slash; https, or http on a loopback host
	SessionKey []byte        // 64 bytes that sign cookies and forms; nil: made once and kept in the database
	Client     *http.Client  // calls platforms
	Limits     launch.Limits // zero: launch's own
	Contact    launch.Contact
	Receivers  []courier.Receiver
	Mails      courier.Mails // how people are reminded; the tool has the words
	Now        func() time.Time
	Rand       io.Reader
	Log        *slog.Logger
}

// Tool is the tool over an open database: what it answers, and what it does between requests.
type Tool struct {
	Web    *launch.Server
	Worker *courier.Worker // does nothing before it is run

	store      *store.DB
	sessionKey []byte // as it is in use; nil: it is not the database's
	log        *slog.Logger
}

// New wires a Tool, and makes the keys that the database does not have yet. Every replica on one database gets
// the same.
func New(ctx context.Context, c Config) (*Tool, error) {
	var kept []byte
	if c.SessionKey == nil {
		var err error
		if kept, err = c.Store.SessionKey(ctx, func() ([]byte, error) { return randomBytes(c.Rand, 64) }); err != nil {
			return nil, err
		}
		c.SessionKey = kept
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
	c.Mails.Write = writes(pages)
	worker := courier.New(courier.Config{Store: c.Store, Tool: protocol, Now: c.Now, Log: c.Log, Receivers: c.Receivers, Mails: c.Mails})
	web, err := launch.New(launch.Config{
		Store: c.Store, Tool: protocol, Worker: worker, Pages: pages, BaseURL: c.BaseURL, Key: c.SessionKey,
		Now: c.Now, Rand: c.Rand, Log: c.Log, Limits: c.Limits, Contact: c.Contact,
	})
	if err != nil {
		return nil, err
	}
	return &Tool{Web: web, Worker: worker, store: c.Store, sessionKey: kept, log: c.Log}, nil
}

// writes puts reminders into the pages' words.
func writes(pages *templates.Set) func(courier.Reminder) (courier.Words, error) {
	return func(r courier.Reminder) (courier.Words, error) {
		l, err := pages.Letter(templates.Reminder(r))
		return courier.Words(l), err
	}
}

// keysEvery is how often is looked whether somebody rotated the session key.
const keysEvery = 5 * time.Second

// Run does what is to be done while anything is served, until the context ends.
func (t *Tool) Run(ctx context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	all.Go(func() { t.Worker.Run(ctx) })
	if t.sessionKey == nil {
		return
	}
	for tick := time.NewTicker(keysEvery); ; {
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-tick.C:
		}
		if err := t.followKey(ctx); err != nil && ctx.Err() == nil {
			t.log.Error("looking for another session key", "error", err)
		}
	}
}

// followKey takes the session key that the database has now.
func (t *Tool) followKey(ctx context.Context) error {
	key, err := t.store.SessionKey(ctx, func() ([]byte, error) { return nil, errors.New("there is none any more") })
	if err != nil || bytes.Equal(key, t.sessionKey) {
		return err
	}
	t.sessionKey = key
	t.log.Info("the session key was rotated")
	return t.Web.Rekey(key)
}

func randomBytes(r io.Reader, n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, fmt.Errorf("reading randomness: %w", err)
	}
	return b, nil
}
