package ltitest

import (
	"bytes"
	"cmp"
	_ "embed" // for the pages' templates
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed pages.html
var pagesHTML string

var pages = sync.OnceValue(func() *template.Template { return template.Must(template.New("pages").Parse(pagesHTML)) })

// chrome is the frame of every page that a person sees.
type chrome struct {
	Lang, Title       string
	Site, Short, Root string
	Person            Person
	LoggedIn          bool
	SessKey           string
}

type field struct{ Name, Value string }

type postPage struct {
	Lang, ID, Action string
	Fields           []field
}

type breakoutPage struct{ Lang, Address string }

type errorPage struct {
	chrome
	Code, Text string
}

type peoplePage struct {
	chrome
	Query, Role string
	People      []listed
	Total       int
	Page        int
	Prev, Next  int // page numbers, 0 for none
}

// listed is a person on the page to enter as somebody.
type listed struct {
	Person
	Roles string
}

type homePage struct {
	chrome
	Courses []Course
}

type coursePage struct {
	chrome
	Course     Course
	Activities []shownActivity
	Teacher    bool
	Tools      []Tool // that offer deep linking, for editing teachers
}

type shownActivity struct {
	Activity
	URL       string
	Available bool
	Waits     string // name of the activity that opens this one
	Graded    bool
	State     int
}

type activityPage struct {
	chrome
	Course               Course
	Activity             Activity
	Launch, Allow        string
	Storage              string
	Window, Done, Graded bool
}

type textPage struct {
	chrome
	Course   Course
	Activity Activity
}

type returnedPage struct {
	chrome
	Framed, Teacher  bool
	Failure, Message string
	Home             string
}

type linkedPage struct {
	chrome
	Added                  []string
	Message, Failure, Home string
}

type toolsPage struct {
	chrome
	Tools []Tool
	Frame string // address to open in the registration frame
}

func (p *Platform) chrome(r *http.Request, title string) chrome {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, x, ok := p.current(r)
	c := chrome{Lang: "en", Title: title, Site: p.o.Name, Short: p.o.ShortName, Root: p.o.Issuer, Person: x, LoggedIn: ok}
	if s != nil {
		c.SessKey = s.sesskey
	}
	return c
}

func (p *Platform) render(w http.ResponseWriter, _ *http.Request, status int, name string, page any) {
	renderPage(w, status, name, page)
}

func renderPage(w http.ResponseWriter, status int, name string, page any) {
	var buf bytes.Buffer
	if err := pages().ExecuteTemplate(&buf, name, page); err != nil {
		http.Error(w, "rendering "+name+": "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(buf.Bytes())
}

// fail is Moodle's error page.
func (p *Platform) fail(w http.ResponseWriter, r *http.Request, code, text string) {
	p.render(w, r, http.StatusNotFound, "error", errorPage{chrome: p.chrome(r, "Error"), Code: code, Text: text})
}

func (p *Platform) home(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	_, x, ok := p.current(r)
	var mine []Course
	for _, c := range byID(p.courses) {
		_, enrolled := p.enrolments[c.ID][x.ID]
		if c.ID != siteHome && (enrolled || x.Admin || x.SiteManager) {
			mine = append(mine, c)
		}
	}
	p.mu.Unlock()
	if !ok {
		p.loginPage(w, r)
		return
	}
	p.render(w, r, http.StatusOK, "home", homePage{chrome: p.chrome(r, "My courses"), Courses: mine})
}

const perPage = 30

// loginPage lists the people of the site, to enter as one of them.
func (p *Platform) loginPage(w http.ResponseWriter, r *http.Request) {
	query, role := strings.TrimSpace(r.FormValue("q")), r.FormValue("role")
	at := max(1, int(number(r.FormValue("page"))))
	p.mu.Lock()
	var all []listed
	key := collationKey(query)
	for _, x := range byID(p.people) {
		roles := p.roleNames(x)
		if (role == "" || slices.Contains(roles, role)) &&
			(key == "" || strings.Contains(collationKey(x.Name()+" "+x.Username+" "+x.Email), key)) {
			all = append(all, listed{x, strings.Join(roles, ", ")})
		}
	}
	p.mu.Unlock()
	page := peoplePage{chrome: p.chrome(r, "Log in"), Query: query, Role: role, Total: len(all), Page: at}
	from := min((at-1)*perPage, len(all))
	page.People = all[from:min(from+perPage, len(all))]
	if at > 1 {
		page.Prev = at - 1
	}
	if from+perPage < len(all) {
		page.Next = at + 1
	}
	p.render(w, r, http.StatusOK, "people", page)
}

// roleNames lists what a person is on the site, strongest first.
func (p *Platform) roleNames(x Person) []string {
	var out []string
	for _, is := range []struct {
		name string
		yes  bool
	}{{"admin", x.Admin}, {"manager", x.SiteManager}, {"guest", x.Guest}} {
		if is.yes {
			out = append(out, is.name)
		}
	}
	for _, r := range []Role{Manager, EditingTeacher, NonEditingTeacher, Student} {
		for _, course := range p.enrolments {
			if slices.Contains(course[x.ID].roles, r) && !slices.Contains(out, string(r)) {
				out = append(out, string(r))
			}
		}
	}
	return out
}

func (p *Platform) coursePage(w http.ResponseWriter, r *http.Request) {
	_, x, ok := p.person(w, r)
	if !ok {
		return
	}
	p.mu.Lock()
	course, known := p.courses[number(r.FormValue("id"))]
	enters := p.enters(course.ID, x)
	page := coursePage{Course: course, Teacher: p.teaches(course.ID, x)}
	for _, a := range byID(p.activities) {
		if a.CourseID != course.ID || a.Hidden && !page.Teacher {
			continue
		}
		script := "/mod/lti/view.php?id="
		if a.Page {
			script = "/mod/page/view.php?id="
		}
		page.Activities = append(page.Activities, shownActivity{
			Activity: a, URL: p.o.Issuer + script + strconv.FormatInt(a.CMID, 10), Available: p.available(a, x),
			Waits: p.activities[a.After].Name, Graded: p.coupled(a.CMID) != nil, State: p.completion(a.CMID, x.ID),
		})
	}
	if p.edits(course.ID, x) {
		page.Tools = slices.DeleteFunc(byID(p.tools), func(t Tool) bool { return t.Pending || !t.DeepLinking })
	}
	p.mu.Unlock()
	if !known || !enters {
		p.fail(w, r, "notenrolled", "You cannot enrol yourself in this course.")
		return
	}
	page.chrome = p.chrome(r, course.FullName)
	p.render(w, r, http.StatusOK, "course", page)
}

func (p *Platform) pagePage(w http.ResponseWriter, r *http.Request) {
	_, x, ok := p.person(w, r)
	if !ok {
		return
	}
	a, ok := p.activity(w, r)
	if !ok || !p.admit(w, r, a, x) {
		return
	}
	p.mu.Lock()
	course := p.courses[a.CourseID]
	p.mu.Unlock()
	p.render(w, r, http.StatusOK, "text", textPage{chrome: p.chrome(r, a.Name), Course: course, Activity: a})
}

// admin demands moodle/site:config.
func (p *Platform) admin(w http.ResponseWriter, r *http.Request) (*session, bool) {
	s, x, ok := p.person(w, r)
	if ok && !x.Admin {
		p.fail(w, r, "nopermissions", "Sorry, but you do not currently have permissions to do that (Change site configuration).")
		return nil, false
	}
	return s, ok
}

func (p *Platform) manageTools(w http.ResponseWriter, r *http.Request) {
	s, ok := p.admin(w, r)
	if !ok {
		return
	}
	page := toolsPage{chrome: p.chrome(r, "Manage tools"), Tools: p.Tools()}
	if address := r.FormValue("toolurl"); address != "" {
		page.Frame = withQuery(p.Endpoint("startltiadvregistration.php"), map[string][]string{
			"url": {address}, "sesskey": {s.sesskey}})
	}
	p.render(w, r, http.StatusOK, "tools", page)
}

func (p *Platform) changeTool(w http.ResponseWriter, r *http.Request) {
	s, ok := p.admin(w, r)
	if !ok || !p.key(w, r, s) {
		return
	}
	id := number(r.FormValue("id"))
	switch cmp.Or(r.FormValue("do"), "activate") {
	case "activate":
		if p.ActivateTool(id) != nil {
			p.fail(w, r, "invalidrequest", "Invalid request")
			return
		}
	case "delete":
		p.mu.Lock()
		delete(p.tools, id)
		p.mu.Unlock()
	}
	http.Redirect(w, r, p.Endpoint("toolconfigure.php"), http.StatusSeeOther)
}
