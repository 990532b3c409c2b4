package templates

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"ltipolicy/policy"
)

// figures is a policy in its second version, with a minor change and a third version to come.
func figures(s *Set, l *Locale) FiguresPage {
	p := FiguresPage{
		Page: page(s, l), Name: romanian.Name, Lang: "ro", Active: true, Accepted: 87, Asked: 126, Today: noon, Back: "/p/1",
		Versions: []FiguresVersion{
			{Label: "2026 <b>", Accepted: 87, Active: true, Known: true, Minor: []FiguresComing{{Label: "2026.1", Day: policy.DayOf(noon.AddDate(0, 0, -9))}}, Series: Series{
				From: noon.AddDate(0, 0, -30), Points: []Point{{noon.AddDate(0, 0, -30), 31}, {noon.AddDate(0, 0, -20), 80}, {noon.AddDate(0, 0, -2), 87}},
			}},
			{Label: "2025", Accepted: 101, Known: true, Series: Series{
				From: noon.AddDate(-1, 0, 0), Until: noon.AddDate(0, 0, -30), Points: []Point{{noon.AddDate(0, -11, 0), 60}, {noon.AddDate(0, -4, 0), 101}},
			}},
			{Label: "1", Accepted: 4, Series: Series{Until: noon.AddDate(-1, 0, 0), Points: []Point{{noon.AddDate(0, -14, 0), 4}}}},
		},
		Earlier: 2,
		Coming:  []FiguresComing{{Label: "2027", Day: policy.DayOf(noon.AddDate(0, 1, 0))}, {Label: "2026.2", Day: policy.DayOf(noon.AddDate(0, 0, 3)), Minor: true}},
		Sites:   []FiguresShare{{Name: "CVUPT", URL: "/r?site=1", Accepted: 60, Asked: 96}, {Name: "UniCampus <x>", Accepted: 27, Asked: 30}},
		Courses: []FiguresShare{
			{Name: "Chimie <1>", Site: "CVUPT", URL: "/r?in=1", Accepted: 40, Asked: 66, Listed: noon}, {Name: "Fizică", Site: "UniCampus <x>", Accepted: 7, Asked: 7},
		},
		More: 21, Report: "/r",
	}
	for _, v := range p.Versions {
		if v.Known {
			p.Moments = append(p.Moments, Moment{Day: v.From, Label: v.Label})
		}
		for _, m := range v.Minor {
			p.Moments = append(p.Moments, Moment{m.Day.Start(time.UTC), m.Label, true})
		}
	}
	for _, c := range p.Coming {
		p.Moments = append(p.Moments, Moment{c.Day.Start(time.UTC), c.Label, c.Minor})
	}
	return p
}

// figuresFixtures are the figures in the states that matter.
func figuresFixtures() []fixture {
	with := func(change func(*FiguresPage)) func(*Set, *Locale) View {
		return func(s *Set, l *Locale) View {
			p := figures(s, l)
			change(&p)
			return p
		}
	}
	return []fixture{
		{name: "figures", make: with(func(*FiguresPage) {})},
		{name: "figures nothing", make: with(func(p *FiguresPage) {
			*p = FiguresPage{Page: p.Page, Name: p.Name, Lang: p.Lang, Today: noon, Back: p.Back}
		})},
		{name: "figures nobody", make: with(func(p *FiguresPage) {
			p.Versions, p.Accepted, p.Earlier, p.Coming, p.Sites, p.Courses, p.More = p.Versions[:1], 0, 0, nil, p.Sites[:1], nil, 0
			p.Versions[0].Points, p.Versions[0].Accepted, p.Versions[0].Minor = nil, 0, nil
		})},
		{name: "figures today", make: with(func(p *FiguresPage) {
			p.Versions, p.Accepted, p.Earlier, p.Coming, p.Sites, p.Free = p.Versions[:1], 5, 1, nil, nil, true
			p.Versions[0].Points, p.Versions[0].Accepted, p.Versions[0].From = []Point{{midnight(noon), 5}}, 5, noon
		})},
		{name: "figures inactive", make: with(func(p *FiguresPage) {
			p.Active, p.Versions, p.Accepted, p.Coming = false, p.Versions[1:], 0, nil
		})},
	}
}

func figuresPage(t *testing.T, name string) *html.Node {
	t.Helper()
	s := newSet(t)
	return inState(t, s, s.Locale("en", "", ""), name)
}

// Where there is nothing to draw the page says so.
func TestFiguresWithoutAPictureAreWorded(t *testing.T) {
	for name, want := range map[string][]string{
		"figures nothing":  {"This policy has had no version yet that asks for an answer."},
		"figures nobody":   {"Nobody has accepted yet.", "The policy applies on one site only, CVUPT", "No course is known yet"},
		"figures today":    {"5 people have accepted, all of them today.", "What is a free choice is not counted by course", "applies on no site yet"},
		"figures inactive": {"No version is active: nobody is asked now."},
	} {
		root := figuresPage(t, name)
		for _, s := range want {
			if !strings.Contains(textOf(root), s) {
				t.Errorf("%s lacks %q", name, s)
			}
		}
		if pictures := len(find(root, "desc")); (pictures > 0) != (name == "figures inactive") {
			t.Errorf("%s: %d pictures", name, pictures)
		}
	}
}

// Each line of the picture is named below it, by the same sign, and each bar stands beside its numbers.
func TestFiguresAreNamedAndNumbered(t *testing.T) {
	root := figuresPage(t, "figures")
	var lines, swatches []string
	for _, e := range find(root, "path") {
		if class := val(e, "class"); strings.HasPrefix(class, "line style-") {
			if val(e.Parent, "class") == "swatch" {
				swatches = append(swatches, class)
			} else {
				lines = append(lines, class)
			}
		}
	}
	if want := []string{"line style-0", "line style-1", "line style-2"}; !slices.Equal(lines, want) || !slices.Equal(swatches, want) {
		t.Errorf("lines %v, named %v", lines, swatches)
	}
	desc := textOf(find(root, "desc")[0])
	if want := "From 22 September 2025 to 22 November 2026. Accepted at the end: version 2026 <b> 87; version 2025 101; version 1 4."; desc != want {
		t.Errorf("described as %q, want %q", desc, want)
	}
	tables := find(root, "table")
	if n := len(find(tables[0], "tr")); n != 1+7 {
		t.Errorf("%d lines in the table", n)
	}
	if got := textOf(find(tables[0], "tr")[7]); got != "22 November 202687" {
		t.Errorf("last line %q", got)
	}
	for i, want := range [][]int{{1000, 625}, {1000, 606}} { // accepted of the longest
		tr := find(tables[1+i], "tr")[1]
		rects := find(tr, "rect")
		if got := []int{number(t, rects[0]), number(t, rects[1])}; !slices.Equal(got, want) {
			t.Errorf("bar %v, want %v", got, want)
		}
	}
	if got := textOf(find(tables[2], "tr")[1]); !strings.Contains(got, "40 of 66") || !strings.Contains(got, "26") || !strings.Contains(got, "list of 22 November 2026") {
		t.Errorf("course %q", got)
	}
	if !strings.Contains(textOf(root), "and 21 more courses") {
		t.Error("the other courses are not mentioned")
	}
}

func number(t *testing.T, rect *html.Node) int {
	t.Helper()
	n, err := strconv.Atoi(val(rect, "width"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestPictureOfTheProgress: a teacher's picture is drawn like all others.
func TestPictureOfTheProgress(t *testing.T) {
	s := newSet(t)
	p := teaching()(s, s.Locale("en", "", ""))
	c := p.Chart()
	if c == nil || len(c.Lines) != 1 || c.Area == "" || c.Level != "learners: 126" {
		t.Fatalf("%+v", c)
	}
	if want := fmt.Sprintf("From %s to %s the number grew to 87 of 126.", p.Date(noon.AddDate(0, 0, -10)), p.Date(noon)); c.Desc != want {
		t.Errorf("described as %q", c.Desc)
	}
	if p.New(0) != 30 || p.New(1) != 50 || p.New(2) != 7 {
		t.Errorf("new: %d, %d, %d", p.New(0), p.New(1), p.New(2))
	}
	p.Progress = p.Progress[2:]
	if p.Chart() != nil {
		t.Error("one day is a picture")
	}
	p.Progress = nil
	if p.Chart() != nil {
		t.Error("nothing is a picture")
	}
}
