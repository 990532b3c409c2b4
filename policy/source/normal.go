package source

import "ltipolicy/policy/normal"

// Normal is the normal form of a source of any format (package normal), with findings of what had to change. What an HTML
// source writes as entities is for [Sanitize], which does the same with what they stand for.
func Normal(src string) (string, []Finding) {
	var t tally
	out := t.normal(src, true)
	return out, t.findings()
}

var normalKinds = map[normal.Kind]string{normal.Replaced: FoundControl, normal.Removed: FoundInvisible, normal.Composed: FoundComposed}

// normal brings s into its form and counts what changed, under its lines if those are lines of the source.
func (t *tally) normal(s string, lines bool) string {
	s, changes := normal.Text(s)
	for _, c := range changes {
		if !lines {
			c.Line = 0
		}
		t.add(normalKinds[c.Kind], c.Line, c.What)
	}
	return s
}
