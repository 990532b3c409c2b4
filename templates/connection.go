package templates

import (
	"html/template"
	"time"

	"ltipolicy/connection"
	"ltipolicy/policy/normal"
)

// Connection is the table of how a site and the tool reach each other, in words. Pages show it, the command prints it, and
// the plugin's settings page gets it.
type Connection struct {
	*Locale
	Lines []connection.Line
	Time  time.Time // when it was looked at; zero: it is not known yet
}

// Bad is how many lines have something wrong.
func (c Connection) Bad() int { return connection.Bad(c.Lines) }

// Summary is the whole table in a sentence.
func (c Connection) Summary() string {
	switch n := c.Bad(); {
	case c.Time.IsZero():
		return c.T("connection.waiting")
	case n > 0:
		return c.N("connection.bad", n)
	}
	return c.T("connection.good")
}

// Checked says when the table was made.
func (c Connection) Checked() string { return c.T("connection.checked", "Time", c.DateTime(c.Time)) }

// What names the thing of a line.
func (c Connection) What(l connection.Line) string { return c.T("connection.check." + string(l.Check)) }

// State says how it stands with it.
func (c Connection) State(l connection.Line) string {
	return c.T("connection.state." + string(l.State))
}

// Cause says what was found.
func (c Connection) Cause(l connection.Line) string {
	return c.T("connection.cause."+string(l.Cause), c.with(l)...)
}

// Step says what to do; empty: nothing.
func (c Connection) Step(l connection.Line) string {
	if l.Step == "" {
		return ""
	}
	return c.T("connection.step."+string(l.Step), c.with(l)...)
}

// Found is [Connection.Cause] for a page.
func (c Connection) Found(l connection.Line) template.HTML {
	return c.H("connection.cause."+string(l.Cause), c.with(l)...)
}

// Todo is [Connection.Step] for a page.
func (c Connection) Todo(l connection.Line) template.HTML {
	if l.Step == "" {
		return ""
	}
	return c.H("connection.step."+string(l.Step), c.with(l)...)
}

func (c Connection) with(l connection.Line) []any {
	var pairs []any
	for name, value := range l.With {
		if at, err := time.Parse(time.RFC3339, value); name == "Time" && err == nil {
			value = c.DateTime(at)
		}
		pairs = append(pairs, name, normal.Undirected(value))
	}
	return pairs
}
