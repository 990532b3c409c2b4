package ltitest

import (
	"crypto/rsa"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"
)

// DemoOptions are what the demo's sites get from outside.
type DemoOptions struct {
	Now    func() time.Time
	Rand   io.Reader
	Key    *rsa.PrivateKey // of all sites; nil: each makes one
	Client *http.Client    // reaches the tool's key set
}

// DemoSites makes the three demo sites below base, such as "http://localhost:8080": CVUPT under /cvupt,
// UniCampus under /unicampus and open.ktu.edu under /open-ktu. Their people are invented and the same in
// every run; numeric ids repeat between the sites on purpose. Each course has the policies activity, and the
// first course of a site a page that opens when that activity is completed. CVUPT's second course has 126
// learners, such a page too, and asks for a policy of its own; open.ktu.edu's last one has 5,000 learners. The
// activities open the first active tool of their site: call [Platform.AddTool] with [ToolAt].
func DemoSites(base string, o DemoOptions) ([]*Platform, error) {
	base = strings.TrimSuffix(base, "/")
	out := make([]*Platform, 0, len(demoSites))
	for i, d := range demoSites {
		p, err := New(Options{Issuer: base + d.path, Name: d.name, ShortName: d.short, Lang: d.lang,
			Now: o.Now, Rand: o.Rand, Key: o.Key, Client: o.Client})
		if err != nil {
			return nil, fmt.Errorf("making the demo site %s: %w", d.short, err)
		}
		d.fill(p, rand.New(rand.NewPCG(45, uint64(i))))
		out = append(out, p)
	}
	return out, nil
}

// demoSite is the recipe of one site.
type demoSite struct {
	path, name, short, lang, domain string
	courses                         []demoCourse
	activity, intro                 string
	gated, gatedText                string // the page behind the policies
	people                          nation
	learners                        int
	visitors                        []nation // every tenth learner comes from one of these
}

// demoCourse is a course of the recipe.
type demoCourse struct {
	Course
	learners int    // exactly so many; 0: everybody in the first course, about a third of them in the others
	crowd    int    // so many learners more, who are in no other course
	gated    bool   // a second activity opens when the policies are accepted
	asks     string // slugs of policies that the activity asks for beside the site's
}

// nation is where names come from.
type nation struct {
	lang, country string
	women, men    []string
	families      []string // of men, or of both
	womenFamilies []string // empty: the same
}

func (d demoSite) fill(p *Platform, r *rand.Rand) {
	p.AddPerson(Person{Username: "admin", FirstName: "Admin", LastName: d.short, Email: "admin@" + d.domain, Lang: d.lang, Admin: true})
	staff := d.staff(p, r)
	var courses []Course
	for i, recipe := range d.courses {
		c := p.AddCourse(recipe.Course)
		courses = append(courses, c)
		p.Enrol(c.ID, staff[1+i%4].ID, EditingTeacher)
		if recipe.learners == 0 && recipe.crowd == 0 { // a roster calls this one a learner
			p.Enrol(c.ID, staff[5].ID, NonEditingTeacher)
		}
		a := Activity{CourseID: c.ID, Name: d.activity, Intro: d.intro, Grades: true, Container: d.container(i, len(d.courses))}
		if recipe.asks != "" {
			a.Custom = map[string]string{"policies": recipe.asks}
		}
		first := p.AddActivity(a)
		if recipe.gated {
			p.AddActivity(Activity{CourseID: c.ID, Name: d.gated, Page: true, Text: d.gatedText, After: first.CMID})
		}
	}
	for i := range d.learners {
		x := p.AddPerson(d.learner(r, i))
		for j, recipe := range d.courses {
			in := j == 0 || recipe.learners > 0 && i < recipe.learners
			if in || recipe.learners == 0 && recipe.crowd == 0 && r.IntN(3) == 0 {
				p.Enrol(courses[j].ID, x.ID, Student)
			}
		}
	}
	// A suspended enrolment is part of every real course, and of no roster.
	if gone := p.Members(courses[0].ID, Student); len(gone) > 7 {
		p.Suspend(courses[0].ID, gone[7].ID)
	}
	for j, recipe := range d.courses {
		for i := range recipe.crowd {
			p.Enrol(courses[j].ID, p.AddPerson(d.learner(r, d.learners+i)).ID, Student)
		}
	}
}

// learner invents the learner with this number.
func (d demoSite) learner(r *rand.Rand, i int) Person {
	n := d.people
	if i%10 == 9 {
		n = d.visitors[i/10%len(d.visitors)]
	}
	return d.invent(n, r, fmt.Sprintf("S%05d", 10001+i))
}

// container opens the tool in a frame everywhere but in the last course, where it has a window of its own.
func (d demoSite) container(i, courses int) Container {
	if i == courses-1 {
		return NewWindow
	}
	return EmbedNoBlocks
}

// staff makes a site manager, four editing teachers and one non-editing teacher.
func (d demoSite) staff(p *Platform, r *rand.Rand) []Person {
	var out []Person
	for i := range 6 {
		x := d.invent(d.people, r, fmt.Sprintf("A%04d", 2001+i))
		x.SiteManager = i == 0
		out = append(out, p.AddPerson(x))
	}
	return out
}

func (d demoSite) invent(n nation, r *rand.Rand, idNumber string) Person {
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	x := Person{Lang: n.lang, Country: n.country, IDNumber: idNumber}
	if r.IntN(2) == 0 {
		x.FirstName, x.LastName = pick(n.women), pick(n.families)
		if len(n.womenFamilies) > 0 {
			x.LastName = pick(n.womenFamilies)
		}
	} else {
		x.FirstName, x.LastName = pick(n.men), pick(n.families)
	}
	x.Username = asciiKey(x.FirstName) + "." + asciiKey(x.LastName) + "." + strings.TrimLeft(idNumber[1:], "0")
	x.Email = x.Username + "@" + d.domain
	return x
}

// DemoLearners counts the people of a site who are students in some course.
func DemoLearners(p *Platform) int {
	seen := map[int64]bool{}
	for _, c := range p.Courses() {
		for _, x := range p.Members(c.ID, Student) {
			seen[x.ID] = true
		}
	}
	return len(seen)
}

// Someone returns the first person of the site, by id, with the role in the course; false if there is none.
func (p *Platform) Someone(courseID int64, role Role) (Person, bool) {
	m := p.Members(courseID, role)
	i := slices.IndexFunc(m, func(x Person) bool { return !x.Admin && !x.SiteManager })
	if i < 0 {
		return Person{}, false
	}
	return m[i], true
}
