package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"ltipolicy/lti"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// Place is where a login came from, as far as its unsigned request told: enough to lead a reader back there
// when the browser has lost everything else. It travels in the state, signed by us, so that an address in it
// can only be one of a registered platform. It says nothing about who the reader is.
type Place struct {
	Platform string `json:"p"`
	CMID     int64  `json:"c,omitempty"` // Moodle's activity
	Storage  string `json:"s,omitempty"` // lti_storage_target
	// Login is the login itself: when it began, in Unix seconds, and what no other has. Mark sets it.
	Login []byte `json:"n"`
}

const (
	placeMAC = 16
	// maxState is the longest state that the standard lets come back.
	maxState = 255
)

// Mark seals a place for the end of a state.
func (f *Frame) Mark(p Place) (string, error) {
	random, err := f.randomBytes(8)
	if err != nil {
		return "", err
	}
	p.Login = append(binary.BigEndian.AppendUint32(nil, uint32(f.Now().Unix())), random...)
	b, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("writing the place of a login: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(append(f.placeSum(b), b...)), nil
}

func (f *Frame) placeSum(b []byte) []byte {
	m := hmac.New(sha256.New, derive(f.key.Load(), "place"))
	m.Write(b)
	return m.Sum(nil)[:placeMAC]
}

// PlaceOf reads the place in a state that came back, however late; false for a state that is not ours.
func (f *Frame) PlaceOf(state string) (Place, bool) {
	if len(state) > maxState || strings.ContainsAny(state, "\r\n") { // which the encoding would pass over
		return Place{}, false
	}
	b, err := base64.RawURLEncoding.DecodeString(lti.MarkOf(state))
	if err != nil || len(b) < placeMAC || !hmac.Equal(b[:placeMAC], f.placeSum(b[placeMAC:])) {
		return Place{}, false
	}
	var p Place
	err = json.Unmarshal(b[placeMAC:], &p)
	return p, err == nil
}

// loginOf is the login whose mark a state has, while it may last; empty if it has none. What stands before the mark says
// nothing.
func (f *Frame) loginOf(state string) string {
	p, ours := f.PlaceOf(state)
	if !ours || len(p.Login) < 4 {
		return ""
	}
	if began := time.Unix(int64(binary.BigEndian.Uint32(p.Login)), 0); f.Now().Sub(began) > lti.AttemptLife {
		return ""
	}
	return string(p.Login)
}

// lost finds the place of a request that failed: from its session, from what is left of it, or from the state.
func (f *Frame) lost(r *http.Request, ses store.Session) (Place, bool) {
	if ses.ID != "" {
		return Place{Platform: ses.PlatformID, CMID: ses.CMID}, true
	}
	if id := r.PathValue("launch"); id != "" {
		platform, cmid, err := f.store.SessionPlace(r.Context(), id)
		return Place{Platform: platform, CMID: cmid}, err == nil
	}
	if r.Form != nil { // parsed by a handler that expects a state
		return f.PlaceOf(r.Form.Get("state"))
	}
	return Place{}, false
}

// wayBack puts the addresses on an error page that lead out of it. A frame in which no cookie of ours came
// along gets a window of its own, where the whole launch starts again; everything else goes back to the
// activity's page in its course.
func (f *Frame) wayBack(r *http.Request, ses store.Session, p *templates.ErrorPage) {
	at, ok := f.lost(r, ses)
	if !ok {
		return
	}
	platform, err := f.store.Platform(r.Context(), at.Platform)
	if err != nil {
		return // the page says in words how to go back
	}
	if p.Public == "" && platform.Status == lti.Active {
		p.Public = publicList(platform.ID)
	}
	relaunch := platform.RelaunchURL(at.CMID)
	if p.Reopen && !topLevel(r) && !CookiesArrive(r) && relaunch != "" {
		p.Window = relaunch
		return
	}
	if p.Reopen {
		p.Again = platform.ActivityURL(at.CMID)
	}
}

// topLevel reports whether the browser says that the page stands in no frame. Old browsers do not say.
func topLevel(r *http.Request) bool { return r.Header.Get("Sec-Fetch-Dest") == "document" }

// CookiesArrive reports whether any cookie of ours came with the request: then the browser keeps them here,
// and what is missing is missing for another reason.
func CookiesArrive(r *http.Request) bool {
	for _, c := range r.Cookies() {
		if strings.HasPrefix(c.Name, AttemptCookie) || strings.HasPrefix(c.Name, launchCookie) {
			return true
		}
	}
	return false
}

// Turn is a number that grows by one with each call for the same address, as far as addresses are told apart, and
// begins anywhere, now and then anew. Of requests that come from one browser to one process at once each has another, of
// those that come to several processes most have.
func (f *Frame) Turn(r *http.Request) int { return f.turns.next(f.limits.client(r)) }

// turns counts by key. It is safe for concurrent use.
type turns struct {
	mu sync.Mutex
	of map[string]int
}

func (t *turns) next(key string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.of) >= maxBuckets {
		t.of = nil
	}
	if t.of == nil {
		t.of = map[string]int{}
	}
	n, ok := t.of[key]
	if !ok {
		n = rand.IntN(math.MaxInt16)
	}
	t.of[key] = (n + 1) & math.MaxInt16
	return n
}
