package web

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"strings"

	"github.com/gorilla/sessions"

	"ltipolicy/policy"
	"ltipolicy/store"
)

// Cookie names. The __Host- prefix makes browsers refuse them unless they are secure, for this host alone
// and for every path. One cookie an attempt and one a launch: two frames or tabs do not disturb each other.
const (
	AttemptCookie = "__Host-lti-"
	launchCookie  = "__Host-launch-"
	// maxLaunchCookies bounds the Cookie header; the oldest launches of a browser are forgotten first.
	maxLaunchCookies = 8
)

// Framed reports whether the browser says that the page will stand in a frame. There a cookie survives only
// if it is partitioned; at top level it must not be, or a new window would not see it.
func Framed(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Dest") {
	case "iframe", "frame", "embed", "object":
		return true
	}
	return false
}

// Open starts the session of a launch: a new id and a new secret each time, so that nothing can be fixed
// before. Launches of other people in the same browser end here, so that a shared computer never shows or
// records one person's answers as another's.
func (f *Frame) Open(w http.ResponseWriter, r *http.Request, ses store.Session) (store.Session, error) {
	secret, err := f.randomBytes(32)
	if err != nil {
		return ses, err
	}
	if ses.ID, err = f.NewID(); err != nil {
		return ses, err
	}
	sum := sha256.Sum256(secret)
	ses.SecretHash = sum[:]
	ses.Created, ses.Expires = f.Now().UTC(), f.Now().UTC().Add(sessionLife)
	if err := f.CloseOthers(w, r, ses); err != nil {
		return ses, err
	}
	if err := f.store.CreateSession(r.Context(), ses); err != nil {
		return ses, fmt.Errorf("starting the session: %w", err)
	}
	c := sessions.NewSession(f.launches, launchCookie+ses.ID)
	o := *f.launches.Options
	o.Partitioned = Framed(r)
	c.Options = &o
	c.Values["secret"], c.Values["told"] = secret, told(ses)
	if err := f.launches.Save(r, w, c); err != nil {
		return ses, fmt.Errorf("keeping the session: %w", err)
	}
	return ses, nil
}

// CloseOthers ends the launches that this browser still holds and that belong to another person, and forgets
// the oldest ones beyond the bound.
func (f *Frame) CloseOthers(w http.ResponseWriter, r *http.Request, next store.Session) error {
	var ids []string
	for _, c := range r.Cookies() {
		if id, ok := strings.CutPrefix(c.Name, launchCookie); ok {
			ids = append(ids, id)
		}
	}
	sort.Sort(sort.Reverse(sort.StringSlice(ids))) // UUIDv7: newest first
	for i, id := range ids {
		old, err := f.session(r, id)
		switch {
		case err == nil && old.PlatformID == next.PlatformID && old.Sub == next.Sub && i < maxLaunchCookies-1:
			continue
		case err == nil:
			if err := f.store.EndSession(r.Context(), id); err != nil {
				return fmt.Errorf("ending an earlier session: %w", err)
			}
		case !errors.Is(err, policy.ErrSession):
			return err
		}
		f.Forget(w, r, id)
	}
	return nil
}

// Forget takes a launch out of the browser.
func (f *Frame) Forget(w http.ResponseWriter, r *http.Request, id string) {
	o := *f.launches.Options
	o.MaxAge, o.Partitioned = -1, Framed(r)
	http.SetCookie(w, sessions.NewCookie(launchCookie+id, "", &o))
}

// session returns the launch with this id if the browser holds its secret: the id in the address selects,
// the cookie proves. Otherwise it is policy.ErrSession.
func (f *Frame) session(r *http.Request, id string) (store.Session, error) {
	c, err := f.launches.New(r, launchCookie+id)
	if err != nil || c.IsNew {
		return store.Session{}, policy.E(policy.ErrSession, "").Because(err)
	}
	secret, _ := c.Values["secret"].([]byte)
	sum := sha256.Sum256(secret)
	ses, err := f.store.Session(r.Context(), id, sum[:])
	if err != nil {
		return ses, fmt.Errorf("reading the session: %w", err)
	}
	if was, _ := c.Values["told"].([]byte); !bytes.Equal(was, told(ses)) {
		return store.Session{}, policy.E(policy.ErrSession, "").Because(errors.New("its row is not what its launch told"))
	}
	ses.Admin, ses.Teacher = ses.Admin && !ses.LostAdmin, ses.Teacher && !ses.LostTeacher
	return ses, nil
}

// told is the digest of who launched, and as what. The cookie carries it under the session key: who can write to the
// database, and has a visit, cannot make it somebody else's.
func told(ses store.Session) []byte {
	h := sha256.New()
	for _, s := range []string{
		ses.PlatformID, ses.InstitutionID, strconv.FormatInt(ses.UserID, 10), ses.Sub, ses.ContextID, ses.ResourceLinkID,
		ses.DeploymentID, ses.Roles, ses.Target, fmt.Sprint(ses.Admin, ses.Teacher, ses.Guest),
	} {
		fmt.Fprintf(h, "%d\n%s\n", len(s), s)
	}
	return h.Sum(nil)
}

// foreign reports whether the browser holds a live launch, but not the one in the address.
func (f *Frame) foreign(r *http.Request) bool {
	if _, err := r.Cookie(launchCookie + r.PathValue("launch")); err == nil {
		return false
	}
	for _, c := range r.Cookies() {
		if id, ok := strings.CutPrefix(c.Name, launchCookie); ok {
			if _, err := f.session(r, id); err == nil {
				return true
			}
		}
	}
	return false
}
