package launch

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/sessions"

	"ltipolicy/launch/web"
	"ltipolicy/lti"
)

// maxAttempts is how many login attempts a browser holds. Their cookies have so many names and no more: whatever page
// has a browser begin logins, and however many at once, it never carries more of them.
const maxAttempts = 8

// attemptKey names an attempt: in a cookie's value, and in a platform's storage.
func attemptKey(state string) string {
	sum := sha256.Sum256([]byte(state))
	return hex.EncodeToString(sum[:8])
}

// heldAttempt is a cookie of a login attempt. What it says in clear is for finding it; its seal proves it.
type heldAttempt struct {
	name, key, sealed string
	at                int64 // when the login began, in Unix seconds; 0: it cannot be read
}

// heldAttempts are those that the browser sent, the newest first.
func heldAttempts(r *http.Request) []heldAttempt {
	var all []heldAttempt
	for _, c := range r.Cookies() {
		if !strings.HasPrefix(c.Name, web.AttemptCookie) {
			continue
		}
		h := heldAttempt{name: c.Name}
		if p := strings.SplitN(c.Value, ".", 3); len(p) == 3 {
			if at, err := strconv.ParseInt(p[0], 36, 64); err == nil {
				h.at, h.key, h.sealed = at, p[1], p[2]
			}
		}
		all = append(all, h)
	}
	slices.SortStableFunc(all, func(a, b heldAttempt) int { return cmp.Compare(b.at, a.at) })
	return all
}

// keepAttempt puts a login attempt into the browser: nothing is written to the database before a launch is
// proved genuine. Beyond maxAttempts the oldest is forgotten.
func (e *entry) keepAttempt(w http.ResponseWriter, r *http.Request, a lti.Attempt) error {
	sealed, err := e.seal(a)
	if err != nil {
		return err
	}
	value := strconv.FormatInt(e.Now().Unix(), 36) + "." + attemptKey(a.State) + "." + sealed
	http.SetCookie(w, sessions.NewCookie(e.makeRoom(w, r), value, attemptOptions(int(lti.AttemptLife.Seconds()), web.Framed(r))))
	return nil
}

func attemptOptions(maxAge int, partitioned bool) *sessions.Options {
	return &sessions.Options{
		Path: "/", MaxAge: maxAge, Secure: true, HttpOnly: true, SameSite: http.SameSiteNoneMode, Partitioned: partitioned,
	}
}

// makeRoom returns the name for one more attempt's cookie, and takes the oldest ones out of the browser, and whatever else
// begins like one, until there is room for it.
func (e *entry) makeRoom(w http.ResponseWriter, r *http.Request) string {
	held := heldAttempts(r)
	times := map[string]int{} // a frame may send the one that is its own and one of the top level under one name
	for _, h := range held {
		times[h.name]++
	}
	kept, of := map[string]bool{}, 0
	for i := range maxAttempts {
		kept[attemptCookie(i)] = false
	}
	for _, h := range held {
		name := h.name
		if times[name] == 0 {
			continue
		}
		if _, ours := kept[name]; ours && h.at > 0 && of+times[name] < maxAttempts {
			kept[name], of = true, of+times[name]
		} else {
			forgetAttempt(w, name, false)
			if web.Framed(r) {
				forgetAttempt(w, name, true)
			}
		}
		times[name] = 0
	}
	// Logins that begin together do not know of each other: each takes another name.
	turn := e.Turn(r)
	for i := range maxAttempts {
		if name := attemptCookie((turn + i) % maxAttempts); !kept[name] {
			return name
		}
	}
	return attemptCookie(turn % maxAttempts) // never: fewer than maxAttempts are kept
}

func attemptCookie(i int) string { return web.AttemptCookie + strconv.Itoa(i) }

func forgetAttempt(w http.ResponseWriter, name string, partitioned bool) {
	http.SetCookie(w, sessions.NewCookie(name, "", attemptOptions(-1, partitioned)))
}

// takeAttempt returns the attempt that this browser made with this state, and removes it from the browser.
// Without one it is a *lti.Error: state_missing if the browser holds no attempt at all (cookies blocked, or
// the page was reloaded), state_mismatch if it holds only others or this one has expired.
func (e *entry) takeAttempt(w http.ResponseWriter, r *http.Request, state string) (lti.Attempt, error) {
	held, key := heldAttempts(r), attemptKey(state)
	if len(held) == 0 {
		return lti.Attempt{}, &lti.Error{Code: lti.StateMissing}
	}
	var wrong error
	for _, h := range held {
		if h.key != key {
			continue
		}
		a, err := e.unseal(state, h.sealed)
		if err != nil {
			wrong = err
			continue
		}
		forgetAttempt(w, h.name, web.Framed(r))
		return a, e.tool.MatchState(a, state)
	}
	return lti.Attempt{}, &lti.Error{Code: lti.StateMismatch, Err: wrong}
}

// seal is an attempt without its state, which unseal asks for: in a cookie or in a platform's storage.
func (e *entry) seal(a lti.Attempt) (string, error) {
	sealed, err := e.attempts.Encode(a.State, []byte(strings.Join([]string{
		a.Nonce, a.PlatformID, a.Purpose, strconv.FormatInt(a.Expires.UTC().Unix(), 36),
	}, "\n")))
	if err != nil {
		return "", fmt.Errorf("sealing the login attempt: %w", err)
	}
	return sealed, nil
}

// unseal reads the attempt that was sealed with this state. Any error means that there is none.
func (e *entry) unseal(state, sealed string) (lti.Attempt, error) {
	var b []byte
	if err := e.attempts.Decode(state, sealed, &b); err != nil {
		return lti.Attempt{}, fmt.Errorf("reading the login attempt: %w", err)
	}
	p := strings.Split(string(b), "\n")
	if len(p) != 4 {
		return lti.Attempt{}, errors.New("reading the login attempt: not what was sealed")
	}
	expires, err := strconv.ParseInt(p[3], 36, 64)
	if err != nil {
		return lti.Attempt{}, fmt.Errorf("reading the login attempt: %w", err)
	}
	return lti.Attempt{State: state, Nonce: p[0], PlatformID: p[1], Purpose: p[2], Expires: time.Unix(expires, 0).UTC()}, nil
}
