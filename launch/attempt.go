package launch

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/sessions"

	"ltipolicy/launch/web"
	"ltipolicy/lti"
)

// attemptLife covers the platform's own login page.
const attemptLife = 10 * time.Minute

func attemptName(state string) string {
	sum := sha256.Sum256([]byte(state))
	return web.AttemptCookie + hex.EncodeToString(sum[:8])
}

// keepAttempt puts a login attempt into the browser: nothing is written to the database before a launch is
// proved genuine.
func (e *entry) keepAttempt(w http.ResponseWriter, r *http.Request, a lti.Attempt) error {
	c := sessions.NewSession(e.attempts, attemptName(a.State))
	o := *e.attempts.Options
	o.Partitioned = web.Framed(r)
	c.Options = &o
	fillAttempt(c.Values, a)
	if err := e.attempts.Save(r, w, c); err != nil {
		return fmt.Errorf("keeping the login attempt: %w", err)
	}
	return nil
}

// takeAttempt returns the attempt that this browser made with this state, and removes it from the browser.
// Without one it is a *lti.Error: state_missing if the browser holds no attempt at all (cookies blocked, or
// the page was reloaded), state_mismatch if it holds only others or this one has expired.
func (e *entry) takeAttempt(w http.ResponseWriter, r *http.Request, state string) (lti.Attempt, error) {
	c, err := e.attempts.New(r, attemptName(state))
	if err != nil || c.IsNew {
		for _, other := range r.Cookies() {
			if strings.HasPrefix(other.Name, web.AttemptCookie) {
				return lti.Attempt{}, &lti.Error{Code: lti.StateMismatch, Err: err}
			}
		}
		return lti.Attempt{}, &lti.Error{Code: lti.StateMissing}
	}
	a := readAttempt(c)
	o := *e.attempts.Options
	o.MaxAge, o.Partitioned = -1, web.Framed(r)
	http.SetCookie(w, sessions.NewCookie(c.Name(), "", &o))
	return a, e.tool.MatchState(a, state)
}

func text(c *sessions.Session, key string) string {
	v, _ := c.Values[key].(string)
	return v
}

// The values of a login attempt, in a cookie or in a platform's storage.
func fillAttempt(values map[any]any, a lti.Attempt) {
	values["state"], values["nonce"] = a.State, a.Nonce
	values["platform"], values["purpose"] = a.PlatformID, a.Purpose
	values["expires"] = a.Expires.UTC().Unix()
}

func readAttempt(c *sessions.Session) lti.Attempt {
	expires, _ := c.Values["expires"].(int64)
	return lti.Attempt{
		State: text(c, "state"), Nonce: text(c, "nonce"),
		PlatformID: text(c, "platform"), Purpose: text(c, "purpose"),
		Expires: time.Unix(expires, 0).UTC(),
	}
}
