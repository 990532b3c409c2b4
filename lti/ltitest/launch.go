package ltitest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

func (p *Platform) activity(w http.ResponseWriter, r *http.Request) (Activity, bool) {
	id, _ := strconv.ParseInt(r.FormValue("id"), 10, 64)
	p.mu.Lock()
	a, ok := p.activities[id]
	p.mu.Unlock()
	if !ok {
		p.fail(w, r, "invalidcoursemodule", "Invalid course module ID")
	}
	return a, ok
}

// admit is require_login for a course and a module of it: enrolment, availability, mod/lti:view.
func (p *Platform) admit(w http.ResponseWriter, r *http.Request, a Activity, x Person) bool {
	p.mu.Lock()
	enters, available := p.enters(a.CourseID, x), p.available(a, x)
	p.mu.Unlock()
	switch {
	case x.Guest:
		p.fail(w, r, "noguest", "Guests cannot access this activity.")
	case !enters:
		p.fail(w, r, "notenrolled", "You cannot enrol yourself in this course.")
	case !available:
		p.fail(w, r, "activityisnotavailable", "This activity is currently not available.")
	default:
		return true
	}
	return false
}

// view is the activity's page: the tool in a frame, or a link to a new window.
func (p *Platform) view(w http.ResponseWriter, r *http.Request) {
	_, x, ok := p.person(w, r)
	if !ok {
		return
	}
	a, ok := p.activity(w, r)
	if !ok || !p.admit(w, r, a, x) {
		return
	}
	address := fmt.Sprintf("%s?id=%d&triggerview=0", p.Endpoint("launch.php"), a.CMID)
	if a.Container == Existing {
		http.Redirect(w, r, address, http.StatusSeeOther)
		return
	}
	p.mu.Lock()
	t, known := p.typeOf(a)
	course := p.courses[a.CourseID]
	state := p.completion(a.CMID, x.ID)
	p.mu.Unlock()
	if !known {
		p.fail(w, r, "tooltypenotfounderror", "The LTI tool used in this activity has been deleted or is not set up yet.")
		return
	}
	allow := ""
	if u, err := url.Parse(t.TargetLinkURI); err == nil {
		for _, feature := range []string{"microphone", "camera", "geolocation", "midi", "encrypted-media", "autoplay"} {
			allow += feature + " " + u.Scheme + "://" + u.Host + "; "
		}
	}
	p.render(w, r, http.StatusOK, "activity", activityPage{
		chrome: p.chrome(r, a.Name), Course: course, Activity: a, Launch: address, Allow: strings.TrimSuffix(allow, " "),
		Storage: p.o.Storage,
		Window:  a.Container == NewWindow, Done: state == CompletePass, Graded: a.Grades,
	})
}

// launch starts the launch before any login is demanded, as Moodle does for LTI 1.3.
func (p *Platform) launch(w http.ResponseWriter, r *http.Request) {
	a, ok := p.activity(w, r)
	if !ok {
		return
	}
	p.mu.Lock()
	s, x, _ := p.current(r)
	if s == nil {
		s = p.fresh(w, 0)
	}
	t, known := p.typeOf(a)
	p.mu.Unlock()
	if !known {
		p.fail(w, r, "tooltypenotfounderror", "The LTI tool used in this activity has been deleted or is not set up yet.")
		return
	}
	launchID := fmt.Sprintf("ltilaunch%d_%d", a.ID, p.number())
	hint := asciiJSON(struct {
		CMID     int64  `json:"cmid"`
		LaunchID string `json:"launchid"`
	}{a.CMID, launchID})
	p.mu.Lock()
	s.launches[launchID] = started{courseID: a.CourseID, typeID: t.TypeID, cmid: a.CMID, message: resourceLinkRequest}
	p.mu.Unlock()
	p.initiate(w, r, t, cmp.Or(a.ToolURL, t.TargetLinkURI), x.ID, string(hint))
}

// initiate writes the form that posts the six fields of a login initiation to the tool.
func (p *Platform) initiate(w http.ResponseWriter, r *http.Request, t Tool, target string, personID int64, hint string) {
	fields := []field{
		{"iss", p.o.Issuer}, {"target_link_uri", target}, {"login_hint", strconv.FormatInt(personID, 10)},
		{"lti_message_hint", hint}, {"client_id", t.ClientID}, {"lti_deployment_id", t.DeploymentID()},
	}
	if p.o.Storage != "" {
		fields = append(fields, field{"lti_storage_target", p.o.Storage})
	}
	p.render(w, r, http.StatusOK, "post", postPage{Lang: p.o.Lang, ID: "ltiInitiateLoginForm", Action: t.LoginURL, Fields: fields})
}

// storage is the frame that keeps values for tools where the activity's page does not do it itself. No Moodle
// has one; other platforms do.
func (p *Platform) storage(w http.ResponseWriter, r *http.Request) {
	p.render(w, r, http.StatusOK, "storage", nil)
}

// auth is the authorisation endpoint. The checks stand in Moodle's order, and which of them can answer the
// tool and which end on a page of the site follows from that order.
func (p *Platform) auth(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	if err := r.ParseForm(); err != nil {
		p.fail(w, r, "invalidrequest", "Invalid request")
		return
	}
	p.mu.Lock()
	s, x, loggedIn := p.current(r)
	p.mu.Unlock()
	if !loggedIn && r.PostFormValue("repost") == "" {
		p.repost(w, r)
		return
	}
	get := func(name string) string { return plain(r.FormValue(name)) }
	scope, kind, client, redirect := get("scope"), get("response_type"), get("client_id"), r.FormValue("redirect_uri")
	loginHint, state, mode, nonce, prompt := get("login_hint"), get("state"), get("response_mode"), get("nonce"), get("prompt")
	var hint struct {
		LaunchID *string `json:"launchid"`
	}
	_ = json.Unmarshal([]byte(get("lti_message_hint")), &hint)

	complete := !slices.ContainsFunc([]string{scope, kind, client, redirect, loginHint, nonce},
		func(v string) bool { return v == "" || v == "0" }) && hint.LaunchID != nil
	if !complete || scope != "openid" || kind != "id_token" || s == nil {
		p.fail(w, r, "invalidrequest", "Invalid request")
		return
	}
	p.mu.Lock()
	began, known := s.launches[*hint.LaunchID]
	delete(s.launches, *hint.LaunchID)
	t, registered := p.tools[began.typeID]
	p.mu.Unlock()
	if !known || !registered || !slices.Contains(t.RedirectURIs, redirect) {
		p.fail(w, r, "invalidrequest", "Invalid request")
		return
	}
	var code, description string
	switch {
	case client != t.ClientID:
		code = "unauthorized_client"
	case loginHint != strconv.FormatInt(x.ID, 10):
		code = "access_denied"
	case mode != "form_post":
		code, description = "invalid_request", "Invalid response_mode"
	case prompt != "" && prompt != "none":
		code, description = "invalid_request", "Invalid prompt"
	}
	if code != "" {
		fields := []field{{"error", code}}
		if description != "" {
			fields = append(fields, field{"error_description", description})
		}
		p.answer(w, r, redirect, append(fields, field{"state", state}))
		return
	}
	l := Launch{PersonID: x.ID, CMID: began.cmid, CourseID: began.courseID, TypeID: began.typeID, Nonce: nonce,
		Title: began.title, text: began.text, sesskey: s.sesskey}
	p.mu.Lock()
	a := p.activities[began.cmid]
	edits := p.edits(began.courseID, x)
	p.mu.Unlock()
	if began.cmid != 0 {
		if !p.admit(w, r, a, x) {
			return
		}
	} else if !edits {
		p.fail(w, r, "nopermissions", "Sorry, but you do not currently have permissions to do that (Add course-specific tool configurations).")
		return
	}
	token, err := p.IDToken(l)
	if err != nil {
		p.fail(w, r, "invalidrequest", "Invalid request")
		return
	}
	p.answer(w, r, redirect, []field{{"id_token", token}, {"state", state}})
}

func (p *Platform) answer(w http.ResponseWriter, r *http.Request, redirect string, fields []field) {
	p.render(w, r, http.StatusOK, "post", postPage{Lang: p.o.Lang, ID: "ltiAuthForm", Action: redirect, Fields: fields})
}

// repost answers a request without session cookie by posting it again from the site itself, where a SameSite
// cookie is sent along.
func (p *Platform) repost(w http.ResponseWriter, r *http.Request) {
	var fields []field
	for _, k := range sortedKeys(r.PostForm) {
		for _, v := range r.PostForm[k] {
			fields = append(fields, field{k, v})
		}
	}
	p.render(w, r, http.StatusOK, "post", postPage{
		Lang: p.o.Lang, ID: "redir", Action: p.o.Issuer + r.URL.RequestURI(), Fields: append(fields, field{"repost", "true"}),
	})
}

// returned is launch_presentation's return_url.
func (p *Platform) returned(w http.ResponseWriter, r *http.Request) {
	s, x, ok := p.person(w, r)
	if !ok || !p.key(w, r, s) {
		return
	}
	courseID, _ := strconv.ParseInt(r.FormValue("course"), 10, 64)
	p.mu.Lock()
	course, known := p.courses[courseID]
	enters, teaches := p.enters(courseID, x), p.teaches(courseID, x)
	p.mu.Unlock()
	if !known || !enters {
		p.fail(w, r, "invalidcourseid", "You are trying to use an invalid course ID")
		return
	}
	container, _ := strconv.Atoi(r.FormValue("launch_container"))
	framed := Container(container) == Embed || Container(container) == EmbedNoBlocks
	home := fmt.Sprintf("%s/course/view.php?id=%d", p.o.Issuer, courseID)
	failure, message := plain(r.FormValue("lti_errormsg")), plain(r.FormValue("lti_msg"))
	switch {
	case failure != "" || message != "":
		p.render(w, r, http.StatusOK, "returned", returnedPage{
			chrome: p.chrome(r, course.ShortName), Framed: framed, Failure: failure, Message: message, Teacher: teaches, Home: home,
		})
	case framed:
		p.render(w, r, http.StatusOK, "breakout", breakoutPage{Lang: p.o.Lang, Address: home})
	default:
		http.Redirect(w, r, home, http.StatusSeeOther)
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
