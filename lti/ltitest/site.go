package ltitest

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Role is the short name of a Moodle role held in a course.
type Role string

// The roles that the platform knows. Site admin and site manager are fields of [Person].
const (
	Student           Role = "student"
	NonEditingTeacher Role = "teacher"
	EditingTeacher    Role = "editingteacher"
	Manager           Role = "manager"
)

// Person is an account of the site. The zero ID is replaced by the next free one; 1 is Moodle's guest.
type Person struct {
	ID                        int64
	Username                  string
	FirstName, LastName       string
	Email, IDNumber, Lang     string
	Admin, SiteManager, Guest bool
	Country                   string // two letters, for $Person.address.country
}

// Name is the full name as Moodle sends it.
func (p Person) Name() string { return p.FirstName + " " + p.LastName }

// Course is a course; ID 1 is the site home, whose context type is Group.
type Course struct {
	ID                            int64
	ShortName, FullName, IDNumber string
	Begin, End                    time.Time // zero: it has none
	History                       []int64   // the courses from which it was restored
}

// Container is where an activity opens.
type Container int

// Moodle's launch containers.
const (
	Embed         Container = 2
	EmbedNoBlocks Container = 3
	NewWindow     Container = 4
	Existing      Container = 5
)

// Tool is a tool type of the site: one registration and, in Moodle, one deployment.
type Tool struct {
	TypeID                int64  // also the deployment id
	ClientID              string // 15 random characters when empty
	Name, Description     string
	Domain                string // host and port; taken from TargetLinkURI when empty
	LoginURL              string
	TargetLinkURI         string
	DeepLinkURI           string // empty: TargetLinkURI
	RedirectURIs          []string
	JWKSURL               string
	LogoURI               string
	Custom                map[string]string // custom parameters of the type, with $ variables
	ShareName, ShareEmail bool
	NRPS, DeepLinking     bool
	AGS                   int // 0 none, 1 scores and reading, 2 line items too
	Pending               bool
}

// DeploymentID is the type id as the claims carry it.
func (t Tool) DeploymentID() string { return strconv.FormatInt(t.TypeID, 10) }

// ToolAt is the tool as this product is reached below base, with every switch on: what an admin of a site
// would have after a registration with all claims and services.
func ToolAt(base string) Tool {
	base = strings.TrimSuffix(base, "/")
	return Tool{
		Name: "Policies", LoginURL: base + "/lti/login", TargetLinkURI: base + "/lti/launch",
		RedirectURIs: []string{base + "/lti/launch"}, JWKSURL: base + "/lti/jwks",
		ShareName: true, ShareEmail: true, NRPS: true, AGS: 2, DeepLinking: true,
	}
}

// Activity is a course module: an External tool instance, or a page of Moodle's own when Page is set.
type Activity struct {
	CMID     int64 // course module; next free when zero
	ID       int64 // instance, the resource link id; next free when zero
	CourseID int64
	Name     string
	Intro    string

	Page bool
	Text string // content of a page

	TypeID    int64  // zero: the first active tool of the site
	ToolURL   string // zero: the tool's own
	Custom    map[string]string
	Container Container // zero: EmbedNoBlocks

	Grades     bool    // has a coupled grade item
	ScoreMax   float64 // of the grade item; zero: 1
	GradePass  float64 // completion by a passing grade; zero: ScoreMax
	ResourceID string
	Tag        string

	Hidden bool
	After  int64 // course module that must be completed with a passing grade before this one opens
}

// enrolment of a person in a course.
type enrolment struct {
	roles     []Role
	suspended bool
}

// AddPerson adds or replaces an account and returns it with its id.
func (p *Platform) AddPerson(x Person) Person {
	p.mu.Lock()
	defer p.mu.Unlock()
	if x.ID == 0 {
		x.ID = p.nextPerson
	}
	p.nextPerson = max(p.nextPerson, x.ID+1)
	if x.Lang == "" {
		x.Lang = p.o.Lang
	}
	p.people[x.ID] = x
	return x
}

// AddCourse adds or replaces a course and returns it with its id.
func (p *Platform) AddCourse(c Course) Course {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.ID == 0 {
		c.ID = p.nextCourse
	}
	p.nextCourse = max(p.nextCourse, c.ID+1)
	if _, known := p.courses[c.ID]; !known && c.ID != siteHome {
		p.nextItem++ // the course total takes an id of the same table
	}
	p.courses[c.ID] = c
	return c
}

// Enrol gives the person these roles in the course, and no others.
func (p *Platform) Enrol(courseID, personID int64, roles ...Role) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.enrolments[courseID] == nil {
		p.enrolments[courseID] = map[int64]enrolment{}
	}
	p.enrolments[courseID][personID] = enrolment{roles: slices.Clone(roles)}
}

// Suspend switches a person's enrolment off: the roster leaves them out and they cannot enter.
func (p *Platform) Suspend(courseID, personID int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e, ok := p.enrolments[courseID][personID]; ok {
		e.suspended = true
		p.enrolments[courseID][personID] = e
	}
}

// Unenrol removes a person from a course; their grades stay.
func (p *Platform) Unenrol(courseID, personID int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.enrolments[courseID], personID)
}

// AddTool connects the site to a tool without the registration dance and returns it with its type id (the
// deployment id) and client id. A tool with the same TypeID is replaced.
func (p *Platform) AddTool(t Tool) Tool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.addTool(t)
}

func (p *Platform) addTool(t Tool) Tool {
	if t.TypeID == 0 {
		t.TypeID = p.nextType
	}
	p.nextType = max(p.nextType, t.TypeID+1)
	if t.ClientID == "" {
		t.ClientID = p.word(15)
	}
	if t.Domain == "" {
		if u, err := url.Parse(t.TargetLinkURI); err == nil {
			t.Domain = u.Host
		}
	}
	p.tools[t.TypeID] = t
	return t
}

// ActivateTool ends the pending state that a registration leaves a tool in.
func (p *Platform) ActivateTool(typeID int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	t, ok := p.tools[typeID]
	if !ok {
		return fmt.Errorf("activating tool %d: %w", typeID, errUnknown)
	}
	t.Pending = false
	p.tools[typeID] = t
	return nil
}

// AddActivity adds an activity and, if it takes grades, its grade item.
func (p *Platform) AddActivity(a Activity) Activity {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.addActivity(a)
}

func (p *Platform) addActivity(a Activity) Activity {
	if a.CMID == 0 {
		a.CMID = p.nextCM
	}
	p.nextCM = max(p.nextCM, a.CMID+1)
	if !a.Page {
		if a.ID == 0 {
			a.ID = p.nextInstance
		}
		p.nextInstance = max(p.nextInstance, a.ID+1)
	}
	a.Container = cmp.Or(a.Container, EmbedNoBlocks)
	a.ScoreMax = cmp.Or(a.ScoreMax, 1)
	a.GradePass = cmp.Or(a.GradePass, a.ScoreMax)
	p.activities[a.CMID] = a
	if a.Grades && !a.Page {
		id := p.newItem()
		p.items[id] = &gradeItem{id: id, courseID: a.CourseID, cmid: a.CMID, linkID: a.ID,
			label: a.Name, max: a.ScoreMax, resourceID: a.ResourceID, tag: a.Tag,
			grades: map[int64]grade{}}
	}
	return a
}

// People returns every account, by id.
func (p *Platform) People() []Person {
	p.mu.Lock()
	defer p.mu.Unlock()
	return byID(p.people)
}

// Courses returns every course but the site home, by id.
func (p *Platform) Courses() []Course {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(byID(p.courses), func(c Course) bool { return c.ID == siteHome })
}

// Activities returns the activities of a course, by course module id.
func (p *Platform) Activities(courseID int64) []Activity {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(byID(p.activities), func(a Activity) bool { return a.CourseID != courseID })
}

// Tools returns every registered tool, pending ones too, by type id.
func (p *Platform) Tools() []Tool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return byID(p.tools)
}

// Members returns who is enrolled in the course with one of the roles (any role if none is named), by id.
func (p *Platform) Members(courseID int64, roles ...Role) []Person {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []Person
	for id, e := range p.enrolments[courseID] {
		if len(roles) == 0 || slices.ContainsFunc(e.roles, func(r Role) bool { return slices.Contains(roles, r) }) {
			out = append(out, p.people[id])
		}
	}
	slices.SortFunc(out, func(a, b Person) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// Completion states of Moodle for one activity and person.
const (
	Incomplete   = 0
	CompletePass = 2
	CompleteFail = 3
)

// Completion is the completion state of an activity that a passing grade completes.
func (p *Platform) Completion(cmid, personID int64) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.completion(cmid, personID)
}

func (p *Platform) completion(cmid, personID int64) int {
	item := p.coupled(cmid)
	if item == nil {
		return Incomplete
	}
	g, ok := item.grades[personID]
	switch {
	case !ok || g.value == nil:
		return Incomplete
	case *g.value >= p.activities[cmid].GradePass:
		return CompletePass
	}
	return CompleteFail
}

// available tells whether the access rules of the activity let the person in. Teachers are not bound.
func (p *Platform) available(a Activity, x Person) bool {
	if p.teaches(a.CourseID, x) {
		return true
	}
	return !a.Hidden && (a.After == 0 || p.completion(a.After, x.ID) == CompletePass)
}

func (p *Platform) enters(courseID int64, x Person) bool {
	if x.Guest {
		return false
	}
	e, ok := p.enrolments[courseID][x.ID]
	return x.Admin || x.SiteManager || ok && !e.suspended || courseID == siteHome
}

// teaches: capability mod/lti:manage, which decides the role in a launch.
func (p *Platform) teaches(courseID int64, x Person) bool {
	return p.edits(courseID, x) || p.holds(courseID, x, NonEditingTeacher)
}

// edits: capability moodle/course:manageactivities, which decides the role in a roster.
func (p *Platform) edits(courseID int64, x Person) bool {
	return x.Admin || x.SiteManager || p.holds(courseID, x, EditingTeacher, Manager)
}

func (p *Platform) holds(courseID int64, x Person, roles ...Role) bool {
	e, ok := p.enrolments[courseID][x.ID]
	return ok && !e.suspended && slices.ContainsFunc(e.roles, func(r Role) bool { return slices.Contains(roles, r) })
}

// typeOf finds the tool of an activity. Without a type, Moodle matches by the tool's domain; here the first
// active tool of the site stands for that.
func (p *Platform) typeOf(a Activity) (Tool, bool) {
	if a.TypeID != 0 {
		t, ok := p.tools[a.TypeID]
		return t, ok && !a.Page
	}
	if a.Page {
		return Tool{}, false
	}
	for _, t := range byID(p.tools) {
		if !t.Pending {
			return t, true
		}
	}
	return Tool{}, false
}

// usedIn tells whether an activity of the course belongs to the tool: its services are open only then.
func (p *Platform) usedIn(t Tool, courseID int64) bool {
	for _, a := range p.activities {
		if own, ok := p.typeOf(a); ok && a.CourseID == courseID && own.TypeID == t.TypeID {
			return true
		}
	}
	return false
}

func (p *Platform) activityByInstance(id int64) (Activity, bool) {
	for _, a := range p.activities {
		if !a.Page && a.ID == id {
			return a, true
		}
	}
	return Activity{}, false
}

var errUnknown = errors.New("not on this site")

func byID[T any](m map[int64]T) []T {
	ids := make([]int64, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	out := make([]T, len(ids))
	for i, id := range ids {
		out[i] = m[id]
	}
	return out
}
