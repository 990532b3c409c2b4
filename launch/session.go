package launch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"sort"
	"strings"

	"github.com/gorilla/sessions"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// Cookie names. The __Host- prefix makes browsers refuse them unless they are secure, for this host alone
// and for every path. One cookie an attempt and one a launch: two frames or tabs never disturb each other.
const (
	attemptCookie = "__Host-lti-"
	launchCookie  = "__Host-launch-"
	// maxLaunchCookies bounds the Cookie header; the oldest launches of a browser are forgotten first.
	maxLaunchCookies = 8
)

// framed reports whether the browser says that the page will stand in a frame. There a cookie survives only
// if it is partitioned; at top level it must not be, or a new window would not see it.
func framed(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Dest") {
	case "iframe", "frame":
		return true
	}
	return false
}

func attemptName(state string) string {
	sum := sha256.Sum256([]byte(state))
	return attemptCookie + hex.EncodeToString(sum[:8])
}

// keepAttempt puts a login attempt into the browser: nothing is written to the database before a launch is
// proved genuine.
func (s *Server) keepAttempt(w http.ResponseWriter, r *http.Request, a lti.Attempt) error {
	c := sessions.NewSession(s.attempts, attemptName(a.State))
	o := *s.attempts.Options
	o.Partitioned = framed(r)
	c.Options = &o
	fillAttempt(c.Values, a)
	if err := s.attempts.Save(r, w, c); err != nil {
		return fmt.Errorf("keeping the login attempt: %w", err)
	}
	return nil
}

// takeAttempt returns the attempt that this browser made with this state, and removes it from the browser.
// Without one it is a *lti.Error: state_missing if the browser holds no attempt at all (cookies blocked, or
// the page was reloaded), state_mismatch if it holds only others or this one has expired.
func (s *Server) takeAttempt(w http.ResponseWriter, r *http.Request, state string) (lti.Attempt, error) {
	c, err := s.attempts.New(r, attemptName(state))
	if err != nil || c.IsNew {
		for _, other := range r.Cookies() {
			if strings.HasPrefix(other.Name, attemptCookie) {
				return lti.Attempt{}, &lti.Error{Code: lti.StateMismatch, Err: err}
			}
		}
		return lti.Attempt{}, &lti.Error{Code: lti.StateMissing}
	}
	a := readAttempt(c)
	o := *s.attempts.Options
	o.MaxAge, o.Partitioned = -1, framed(r)
	c.Options = &o
	if err := s.attempts.Save(r, w, c); err != nil {
		return lti.Attempt{}, fmt.Errorf("removing the login attempt: %w", err)
	}
	return a, s.tool.MatchState(a, state)
}

func text(c *sessions.Session, key string) string {
	v, _ := c.Values[key].(string)
	return v
}

// open starts the session of a launch: a new id and a new secret each time, so that nothing can be fixed
// before. Launches of other people in the same browser end here, so that a shared computer never shows or
// records one person's answers as another's.
func (s *Server) open(w http.ResponseWriter, r *http.Request, ses store.Session) (store.Session, error) {
	secret, err := s.randomBytes(32)
	if err != nil {
		return ses, err
	}
	if ses.ID, err = s.newID(); err != nil {
		return ses, err
	}
	sum := sha256.Sum256(secret)
	ses.SecretHash = sum[:]
	ses.Created, ses.Expires = s.now().UTC(), s.now().UTC().Add(sessionLife)
	if err := s.closeOthers(w, r, ses); err != nil {
		return ses, err
	}
	if err := s.store.CreateSession(r.Context(), ses); err != nil {
		return ses, fmt.Errorf("starting the session: %w", err)
	}
	c := sessions.NewSession(s.launches, launchCookie+ses.ID)
	o := *s.launches.Options
	o.Partitioned = framed(r)
	c.Options = &o
	c.Values["secret"] = secret
	if err := s.launches.Save(r, w, c); err != nil {
		return ses, fmt.Errorf("keeping the session: %w", err)
	}
	return ses, nil
}

// closeOthers ends the launches that this browser still holds and that belong to another person, and forgets
// the oldest ones beyond the bound.
func (s *Server) closeOthers(w http.ResponseWriter, r *http.Request, next store.Session) error {
	var ids []string
	for _, c := range r.Cookies() {
		if id, ok := strings.CutPrefix(c.Name, launchCookie); ok {
			ids = append(ids, id)
		}
	}
	sort.Sort(sort.Reverse(sort.StringSlice(ids))) // UUIDv7: newest first
	for i, id := range ids {
		old, err := s.session(r, id)
		switch {
		case err == nil && old.PlatformID == next.PlatformID && old.Sub == next.Sub && i < maxLaunchCookies-1:
			continue
		case err == nil:
			if err := s.store.EndSession(r.Context(), id); err != nil {
				return fmt.Errorf("ending an earlier session: %w", err)
			}
		case !errors.Is(err, policy.ErrSession):
			return err
		}
		s.forget(w, r, id)
	}
	return nil
}

func (s *Server) forget(w http.ResponseWriter, r *http.Request, id string) {
	o := *s.launches.Options
	o.MaxAge, o.Partitioned = -1, framed(r)
	http.SetCookie(w, sessions.NewCookie(launchCookie+id, "", &o))
}

// session returns the launch with this id if the browser holds its secret: the id in the address selects,
// the cookie proves. Otherwise it is policy.ErrSession.
func (s *Server) session(r *http.Request, id string) (store.Session, error) {
	c, err := s.launches.New(r, launchCookie+id)
	if err != nil || c.IsNew {
		return store.Session{}, policy.E(policy.ErrSession, "").Because(err)
	}
	secret, _ := c.Values["secret"].([]byte)
	sum := sha256.Sum256(secret)
	ses, err := s.store.Session(r.Context(), id, sum[:])
	if err != nil {
		return ses, fmt.Errorf("reading the session: %w", err)
	}
	return ses, nil
}

type sessionKey struct{}

// sessionOf returns the session that withSession put into the context.
func sessionOf(ctx context.Context) store.Session {
	ses, _ := ctx.Value(sessionKey{}).(store.Session)
	return ses
}
