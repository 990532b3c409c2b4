package templates

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Chart is a picture of numbers that grow from day to day: a step line for each series, marks for what happened,
// and a level that the lines may reach. Everything in it is a position or a word that goes there as it is; the
// template "chart" draws it. [ChartTable] has the same numbers.
type Chart struct {
	ID          string // of the picture on its page
	Title, Desc string // what it is, and what it shows
	Level       string // what the level is; empty: there is none
	LevelY      int
	Lines       []ChartLine
	Marks       []ChartMark // from left to right
	Days        []ChartTick // along the bottom
	Counts      []ChartTick // along the left side
	Area        string      // below the line, where it is the only one
}

// Series is one line before it is drawn.
type Series struct {
	Points []Point   // in the order of days; the number stays until the next one
	From   time.Time // zero: the first point
	Until  time.Time // when it ended; zero: it goes on
}

// Point is a number at the end of a day.
type Point struct {
	Day   time.Time
	Count int
}

// at is the number at the end of a day.
func (s Series) at(day time.Time) int {
	n := 0
	for _, p := range s.Points {
		if p.Day.After(day) {
			break
		}
		n = p.Count
	}
	return n
}

// start is where the line begins.
func (s Series) start() time.Time {
	if len(s.Points) > 0 && (s.From.IsZero() || s.Points[0].Day.Before(s.From)) {
		return s.Points[0].Day
	}
	return s.From
}

// end is where the line ends, if the picture is drawn today.
func (s Series) end(today time.Time) time.Time {
	if s.Until.IsZero() {
		return today
	}
	if n := len(s.Points); n > 0 && s.Points[n-1].Day.After(s.Until) {
		return s.Points[n-1].Day
	}
	return s.Until
}

// Moment is something that happened on a day, or will.
type Moment struct {
	Day   time.Time
	Label string
	Minor bool // of little weight
}

// Level is a number that the lines may reach.
type Level struct {
	Count int
	Label string // empty: there is none
}

// ChartLine is a drawn series. Style, from 0, tells it from the others by its dashes and the sign at its end.
type ChartLine struct {
	Style int
	Path  string
	Sign  string // path of the sign
}

// ChartMark is a drawn moment.
type ChartMark struct {
	X, Y           int    // its upper end
	Label          string // empty: there is no place for it
	LabelX, LabelY int
	Anchor         string
	Minor          bool
	Later          bool // still to come
}

// ChartTick is a place on an axis.
type ChartTick struct {
	At     int
	Label  string
	Anchor string
}

// ChartStyles is how many lines look different from each other.
const ChartStyles = 4

// The picture's own units: at its natural size one is a pixel.
const (
	chartWidth  = 760
	chartLeft   = 56
	chartRight  = chartWidth - 16
	chartBottom = 288
	chartRow    = 18 // a line of text
	chartRows   = 3  // of labels above the picture
	chartLetter = 8  // width of a letter, about
)

// NewChart draws series, which look different up to four of them, moments and a level, as of today; date writes a
// day. It is nil where there is nothing to see: no number at all, or all of them of today. What is so far ahead that
// the past would become small beside it is left out.
func NewChart(id string, series []Series, moments []Moment, level Level, today time.Time, date func(time.Time) string) *Chart {
	today = midnight(today)
	first, last, most, any := today, today, 0, false
	if level.Label != "" {
		most = level.Count
	}
	for _, s := range series {
		for _, p := range s.Points {
			most, any = max(most, p.Count), true
		}
		if at := midnight(s.start()); len(s.Points) > 0 && at.Before(first) {
			first = at
		}
	}
	if !any || !first.Before(today) {
		return nil
	}
	farthest := today.Add(max(today.Sub(first), 30*24*time.Hour))
	moments = slices.DeleteFunc(slices.Clone(moments), func(m Moment) bool { return m.Day.Before(first) || m.Day.After(farthest) })
	for _, m := range moments {
		if at := midnight(m.Day); at.After(last) {
			last = at
		}
	}
	x := func(t time.Time) int {
		return chartLeft + int(int64(chartRight-chartLeft)*int64(midnight(t).Sub(first)/time.Hour)/int64(last.Sub(first)/time.Hour))
	}
	c := &Chart{ID: id, Level: level.Label, Marks: marks(moments, x, today)}
	top := chartRow
	for _, m := range c.Marks {
		top = max(top, m.LabelY+chartRow)
	}
	rounds := countSteps(most)
	y := func(n int) int {
		return chartBottom - int(int64(chartBottom-top)*int64(n)/int64(rounds[len(rounds)-1]))
	}
	c.LevelY = y(level.Count)
	for _, n := range rounds {
		c.Counts = append(c.Counts, ChartTick{At: y(n), Label: strconv.Itoa(n)})
	}
	for _, day := range daySteps(first, last) {
		at, label := x(day), date(day)
		c.Days = append(c.Days, ChartTick{At: at, Label: label, Anchor: anchor(at, label)})
	}
	for i, s := range series {
		if len(s.Points) > 0 {
			c.Lines = append(c.Lines, drawLine(i%ChartStyles, s, x(s.end(today)), x, y))
		}
	}
	if len(series) == 1 {
		c.Area = fmt.Sprintf("%sV%dZ", c.Lines[0].Path, chartBottom)
	}
	return c
}

// ChartRow is a line of the table beside a chart.
type ChartRow struct {
	Day    time.Time
	Counts []string // by series; empty where the line has not begun or has ended
}

// ChartTable has the numbers of the series' lines on each day on which one of them changed, and today's.
func ChartTable(series []Series, today time.Time) []ChartRow {
	today = midnight(today)
	days := []time.Time{today}
	for _, s := range series {
		for _, p := range s.Points {
			days = append(days, p.Day)
		}
	}
	slices.SortFunc(days, time.Time.Compare)
	days = slices.CompactFunc(days, time.Time.Equal)
	rows := make([]ChartRow, len(days))
	for i, day := range days {
		rows[i] = ChartRow{day, make([]string, len(series))}
		for j, s := range series {
			if len(s.Points) > 0 && !day.Before(midnight(s.start())) && !day.After(midnight(s.end(today))) {
				rows[i].Counts[j] = strconv.Itoa(s.at(day))
			}
		}
	}
	return rows
}

// Thin keeps at most so many points of a line, always with the last one.
func Thin(points []Point, most int) []Point {
	every := (len(points) + most - 1) / max(1, most)
	if every <= 1 {
		return points
	}
	var out []Point
	for i, p := range points {
		if (len(points)-1-i)%every == 0 {
			out = append(out, p)
		}
	}
	return out
}

// midnight is the beginning of the day in UTC, as days are counted.
func midnight(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// drawLine draws a step at each day.
func drawLine(style int, s Series, end int, x func(time.Time) int, y func(int) int) ChartLine {
	var b strings.Builder
	fmt.Fprintf(&b, "M%d %d", x(s.start()), y(0))
	for _, p := range s.Points {
		fmt.Fprintf(&b, "H%dV%d", x(p.Day), y(p.Count))
	}
	fmt.Fprintf(&b, "H%d", end)
	return ChartLine{style, b.String(), sign(style, end, y(s.Points[len(s.Points)-1].Count))}
}

// sign is the path of a style's sign around a point: a disc, a square, a triangle, a diamond.
func sign(style, x, y int) string {
	switch style {
	case 1:
		return fmt.Sprintf("M%d %dh10v10h-10Z", x-5, y-5)
	case 2:
		return fmt.Sprintf("M%d %dl7 12h-14Z", x, y-7)
	case 3:
		return fmt.Sprintf("M%d %dl7 7l-7 7l-7 -7Z", x, y-7)
	}
	return fmt.Sprintf("M%d %da6 6 0 1 1 12 0a6 6 0 1 1 -12 0Z", x-6, y)
}

// labelMost is how many letters of a label stand in the picture.
const labelMost = 18

// marks places the labels of moments in rows so that none covers another; what finds no place stands without.
func marks(moments []Moment, x func(time.Time) int, today time.Time) []ChartMark {
	slices.SortStableFunc(moments, func(a, b Moment) int { return a.Day.Compare(b.Day) })
	var free [chartRows]int // where the last label of each row ends
	out := make([]ChartMark, 0, len(moments))
	for _, m := range moments {
		k := ChartMark{X: x(m.Day), Y: chartRow, Minor: m.Minor, Later: midnight(m.Day).After(today)}
		label := []rune(m.Label)
		if len(label) > labelMost {
			label = append(label[:labelMost-1], '…')
		}
		width := len(label) * chartLetter
		from := k.X
		k.LabelX, k.Anchor = from, "start"
		if from+width > chartWidth {
			from, k.Anchor = k.X-width, "end"
		}
		for row := range free {
			if from >= free[row] {
				free[row] = from + width + chartLetter
				k.Label, k.LabelY = string(label), row*chartRow+chartRow-4
				k.Y = k.LabelY + 4
				break
			}
		}
		out = append(out, k)
	}
	return out
}

// anchor keeps a text inside the picture.
func anchor(at int, text string) string {
	half := len([]rune(text)) * chartLetter / 2
	switch {
	case at+half > chartWidth:
		return "end"
	case at-half < 0:
		return "start"
	}
	return "middle"
}

// countSteps are round numbers from 0 to at least n.
func countSteps(n int) []int {
	n = max(n, 1)
	step := 1
	for scale := 1; step*4 < n; scale *= 10 {
		for _, f := range []int{1, 2, 5} {
			if step = f * scale; step*4 >= n {
				break
			}
		}
	}
	out := []int{0}
	for at := step; out[len(out)-1] < n; at += step {
		out = append(out, at)
	}
	return out
}

// mostDays is how many dates fit below the picture in every language.
const mostDays = 4

// daySteps are days of the calendar to write below a picture: every day, or Mondays, or the first days of months or
// of years, as close to each other as they fit.
func daySteps(first, last time.Time) []time.Time {
	monday := first.AddDate(0, 0, (8-int(first.Weekday()))%7)
	for _, step := range []struct {
		from time.Time
		days int
	}{{first, 1}, {first, 2}, {monday, 7}, {monday, 14}} {
		if out := steps(step.from, last, 0, step.days); len(out) <= mostDays {
			return out
		}
	}
	for months := 1; ; months *= 2 {
		if months == 2 {
			months = 3
		}
		from := time.Date(first.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
		for from.Before(first) {
			from = from.AddDate(0, months, 0)
		}
		if out := steps(from, last, months, 0); len(out) <= mostDays {
			return out
		}
	}
}

// steps are the days up to the last, at most one more than fit.
func steps(from, last time.Time, months, days int) []time.Time {
	var out []time.Time
	for at := from; !at.After(last) && len(out) <= mostDays; at = at.AddDate(0, months, days) {
		out = append(out, at)
	}
	return out
}

// Bar holds the lengths of a stacked bar. Its methods give thousandths of the picture's width.
type Bar struct{ Total, Accepted, Older, Declined, Scale int } // Scale is how many fill the width; 0: Total

func (b Bar) of(n int) int {
	scale := b.Scale
	if scale == 0 {
		scale = b.Total
	}
	if scale == 0 {
		return 0
	}
	return n * 1000 / scale
}

// Whole is the length of the whole bar.
func (b Bar) Whole() int {
	if b.Scale == 0 {
		return 1000
	}
	return b.of(b.Total)
}

// Good is the length of the accepted part.
func (b Bar) Good() int { return b.of(b.Accepted) }

// Old is the length of the part that accepted an earlier version only.
func (b Bar) Old() int { return b.of(b.Older) }

// Bad is the length of the declined part.
func (b Bar) Bad() int { return b.of(b.Declined) }

// BadAt is where the declined part starts.
func (b Bar) BadAt() int { return b.Good() + b.Old() }
