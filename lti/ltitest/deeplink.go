package ltitest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// contentItem starts a deep linking launch for an editing teacher.
func (p *Platform) contentItem(w http.ResponseWriter, r *http.Request) {
	s, x, ok := p.person(w, r)
	if !ok {
		return
	}
	typeID, courseID := number(r.FormValue("id")), number(r.FormValue("course"))
	p.mu.Lock()
	t, known := p.tools[typeID]
	edits := p.edits(courseID, x)
	p.mu.Unlock()
	switch {
	case !known || t.Pending || !t.DeepLinking:
		p.fail(w, r, "invalidrequest", "Invalid request")
		return
	case !edits:
		p.fail(w, r, "nopermissions", "Sorry, but you do not currently have permissions to do that (Add a new activity).")
		return
	}
	launchID := fmt.Sprintf("ltilaunch_ContentItemSelectionRequest%d", p.number())
	p.mu.Lock()
	s.launches[launchID] = started{courseID: courseID, typeID: typeID, message: deepLinkingRequest,
		title: r.FormValue("title"), text: r.FormValue("text")}
	p.mu.Unlock()
	hint := asciiJSON(map[string]string{"launchid": launchID})
	p.initiate(w, r, t, cmp.Or(t.DeepLinkURI, t.TargetLinkURI), x.ID, string(hint))
}

// contentLink is what Moodle uses of a content item.
type contentLink struct {
	Type, Title, Text, URL string
	Custom                 map[string]any
	LineItem               *struct {
		Label, ResourceID, Tag string
		ScoreMaximum           float64
	}
}

// contentItemReturn takes the tool's answer. Only the signature, issuer and times are checked, as in Moodle.
func (p *Platform) contentItemReturn(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	s, x, loggedIn := p.current(r)
	p.mu.Unlock()
	if !loggedIn {
		if r.PostFormValue("repost") == "" {
			p.repost(w, r)
			return
		}
		p.person(w, r)
		return
	}
	if !p.key(w, r, s) {
		return
	}
	typeID, courseID := number(r.FormValue("id")), number(r.FormValue("course"))
	p.mu.Lock()
	t, known := p.tools[typeID]
	course := p.courses[courseID]
	edits := p.edits(courseID, x)
	p.mu.Unlock()
	if !known || !edits {
		p.fail(w, r, "nopermissions", "Sorry, but you do not currently have permissions to do that (Add a new activity).")
		return
	}
	token, err := parseJWT(r.PostFormValue("JWT"))
	var claims struct {
		Iss           string
		Exp, Nbf, Iat *float64
		Items         []contentLink `json:"https://purl.imsglobal.org/spec/lti-dl/claim/content_items"`
		Message       string        `json:"https://purl.imsglobal.org/spec/lti-dl/claim/msg"`
		Error         string        `json:"https://purl.imsglobal.org/spec/lti-dl/claim/errormsg"`
	}
	now := float64(p.o.Now().Unix())
	if err != nil || json.Unmarshal(token.payload, &claims) != nil || claims.Iss != t.ClientID ||
		claims.Exp != nil && now >= *claims.Exp || claims.Iat != nil && *claims.Iat > now || claims.Nbf != nil && *claims.Nbf > now ||
		p.verifyTool(r.Context(), t, token) != nil {
		p.fail(w, r, "errorincorrectconsumerkey", "Consumer key is incorrect.")
		return
	}
	var added []string
	for _, item := range claims.Items {
		a := Activity{CourseID: courseID, TypeID: typeID, Name: cmp.Or(plain(item.Title), t.Name), Intro: plain(item.Text),
			ToolURL: item.URL, Custom: map[string]string{}}
		for k, v := range item.Custom {
			a.Custom[k] = fmt.Sprint(v)
		}
		if l := item.LineItem; l != nil && t.AGS > 0 {
			a.Grades, a.ScoreMax, a.ResourceID, a.Tag = true, l.ScoreMaximum, l.ResourceID, l.Tag
		}
		added = append(added, p.AddActivity(a).Name)
	}
	p.render(w, r, http.StatusOK, "linked", linkedPage{
		chrome: p.chrome(r, t.Name), Added: added, Message: claims.Message, Failure: claims.Error,
		Home: p.o.Issuer + "/course/view.php?id=" + strconv.FormatInt(course.ID, 10),
	})
}
