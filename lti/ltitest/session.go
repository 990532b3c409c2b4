package ltitest

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const cookieName = "MoodleSession"

// session is what Moodle keeps of one browser. Fields are guarded by Platform.mu.
type session struct {
	id, sesskey string
	personID    int64 // 0: not logged in
	wants       string
	launches    map[string]started
}

// started is a login initiation under way, kept under its launchid and used once.
type started struct {
	courseID, typeID, cmid int64
	message                string
	title, text            string
}

// current returns the session of the request, if there is one. Callers hold mu.
func (p *Platform) current(r *http.Request) (*session, Person, bool) {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return nil, Person{}, false
	}
	s := p.sessions[c.Value]
	if s == nil {
		return nil, Person{}, false
	}
	x, loggedIn := p.people[s.personID]
	return s, x, loggedIn
}

// fresh starts a session and sets its cookie. Callers hold mu.
func (p *Platform) fresh(w http.ResponseWriter, personID int64) *session {
	s := &session{id: p.hex(13), sesskey: p.word(10), personID: personID, launches: map[string]started{}}
	p.sessions[s.id] = s
	http.SetCookie(w, p.cookie(s.id))
	return s
}

func (p *Platform) cookie(value string) *http.Cookie {
	c := &http.Cookie{Name: cookieName, Value: value, Path: p.Prefix(), HttpOnly: true}
	https := strings.HasPrefix(p.o.Issuer, "https:")
	c.Secure = https
	switch {
	case p.o.LaxCookie:
		c.SameSite = http.SameSiteLaxMode
	case https:
		c.SameSite = http.SameSiteNoneMode
	}
	return c
}

// person demands a login: without one it leads to the login page and returns false.
func (p *Platform) person(w http.ResponseWriter, r *http.Request) (*session, Person, bool) {
	p.mu.Lock()
	s, x, ok := p.current(r)
	if !ok {
		if s == nil {
			s = p.fresh(w, 0)
		}
		s.wants = p.o.Issuer + r.URL.RequestURI()
	}
	p.mu.Unlock()
	if !ok {
		http.Redirect(w, r, p.o.Issuer+"/login/index.php", http.StatusSeeOther)
	}
	return s, x, ok
}

func (p *Platform) login(w http.ResponseWriter, r *http.Request) {
	id, _ := strconv.ParseInt(r.PostFormValue("id"), 10, 64)
	p.mu.Lock()
	x, ok := p.people[id]
	if !ok {
		p.mu.Unlock()
		p.fail(w, r, "invalidlogin", "Invalid login, please try again")
		return
	}
	next := p.o.Issuer + "/"
	if old, _, _ := p.current(r); old != nil {
		if old.wants != "" {
			next = old.wants
		}
		delete(p.sessions, old.id)
	}
	p.fresh(w, x.ID)
	p.mu.Unlock()
	if wanted := r.PostFormValue("wantsurl"); p.local(wanted) {
		next = wanted
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// local tells whether an address is on this site.
func (p *Platform) local(address string) bool {
	u, err := url.Parse(address)
	return err == nil && strings.HasPrefix(address, p.o.Issuer+"/") && u.User == nil
}

func (p *Platform) logout(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	s, _, _ := p.current(r)
	if s != nil && r.FormValue("sesskey") == s.sesskey {
		delete(p.sessions, s.id)
		gone := p.cookie("")
		gone.MaxAge = -1
		http.SetCookie(w, gone)
	}
	p.mu.Unlock()
	http.Redirect(w, r, p.o.Issuer+"/", http.StatusSeeOther)
}

// key checks the session key that Moodle demands for acts.
func (p *Platform) key(w http.ResponseWriter, r *http.Request, s *session) bool {
	if r.FormValue("sesskey") == s.sesskey {
		return true
	}
	p.fail(w, r, "invalidsesskey", "Incorrect sesskey submitted, form not accepted!")
	return false
}
