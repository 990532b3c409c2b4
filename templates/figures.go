package templates

import (
	"strings"
	"time"

	"ltipolicy/policy"
)

// FiguresPage shows how one policy is accepted: over time, by site and by course. Only administrators see it.
type FiguresPage struct {
	Page
	Name, Lang string
	Active     bool // a version is active and asks
	Free       bool // it is a free choice
	Accepted   int  // of the active version
	Asked      int
	Today      time.Time

	Versions []FiguresVersion // those that ask, the newest first
	Earlier  int              // versions that are older than these
	Moments  []Moment
	Coming   []FiguresComing

	Sites   []FiguresShare // where the active version applies, the most missing first
	Courses []FiguresShare
	More    int    // courses beside these
	Report  string // address of the report on the active version; empty: not allowed
	Back    string
}

// FiguresVersion is one version with its minor changes.
type FiguresVersion struct {
	Series
	Label    string
	Accepted int
	Ended    int // answered in courses that have ended since
	Active   bool
	Known    bool // when it began, in From
	Minor    []FiguresComing
}

// FiguresComing is a version that begins on a day, or began.
type FiguresComing struct {
	Label string
	Day   policy.Day
	Minor bool
}

// FiguresShare is how many people of a site or a course have accepted.
type FiguresShare struct {
	Name            string
	Site            string // of a course, where there are several; empty: one
	URL             string // of those who are missing, in the report; empty: not offered
	Accepted, Asked int
	Listed          time.Time // when the course's list of participants was fetched; zero: it has none
}

// Missing is how many have not accepted.
func (s FiguresShare) Missing() int { return s.Asked - s.Accepted }

// Swatch is what a line looks like, to stand beside its name.
type Swatch struct {
	Style int
	Sign  string
}

// Swatch is how the line of the version at i looks.
func (p FiguresPage) Swatch(i int) Swatch { return Swatch{i, sign(i, 38, 8)} }

// series are the lines of the picture and the columns of its table.
func (p FiguresPage) series() []Series {
	out := make([]Series, len(p.Versions))
	for i, v := range p.Versions {
		out[i] = v.Series
	}
	return out
}

// Chart is the picture of how people accepted over time; nil: there is nothing to see yet.
func (p FiguresPage) Chart() *Chart {
	level := Level{}
	if p.Active && p.Asked > 0 {
		level = Level{p.Asked, p.T("figures.level", "Count", p.Asked)}
	}
	c := NewChart("growth", p.series(), p.Moments, level, p.Today, p.figureDay)
	if c == nil {
		return nil
	}
	first := p.Today
	var ends []string
	for _, v := range p.Versions {
		if len(v.Points) > 0 && v.start().Before(first) {
			first = v.start()
		}
		ends = append(ends, p.T("figures.end", "Version", v.Label, "Count", v.Accepted))
	}
	c.Title = p.T("figures.chart")
	c.Desc = p.T("figures.desc", "From", p.figureDay(first), "To", p.figureDay(p.Today), "Lines", strings.Join(ends, "; "))
	return c
}

// Table has the numbers of the picture.
func (p FiguresPage) Table() []ChartRow { return ChartTable(p.series(), p.Today) }

// Count is the figure in words and as a bar.
func (p FiguresPage) Count() AdminCount {
	return AdminCount{Accepted: p.Accepted, Asked: p.Asked, Shown: true}
}

// FiguresRow is a share with its bar.
type FiguresRow struct {
	*Locale
	FiguresShare
	Bar Bar
}

// Row is the share among all of its table, the largest of which fills the width.
func (p FiguresPage) Row(s FiguresShare, all []FiguresShare) FiguresRow {
	b := Bar{Total: s.Asked, Accepted: s.Accepted}
	for _, o := range all {
		b.Scale = max(b.Scale, o.Asked)
	}
	return FiguresRow{p.Locale, s, b}
}
