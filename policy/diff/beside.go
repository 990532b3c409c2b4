package diff

import (
	"slices"

	"ltipolicy/policy"
	"ltipolicy/policy/markup"

	"golang.org/x/net/html/atom"
)

// Pair is a stretch of two versions of a text side by side: a paragraph, a heading, a list item or a row of a
// table on each side, or what only one side has.
type Pair struct {
	State State
	// Old and New are what stands on each side, with del elements on the one and ins elements on the other.
	// They are for showing only, and empty where nothing stands.
	Old, New policy.SafeHTML
	// Folded counts the pieces of a long stretch without a change. Its words stand in New, once for both.
	Folded int
}

// minFolded is how many pieces without a change are worth being folded away.
const minFolded = 3

// Beside compares two sanitised texts as [Compare] does and keeps each version on a side of its own. Headings
// above a change and o.Context pieces around it stay, longer stretches without a change are folded; LeftOut
// has no meaning. False says that the texts are too long or too far apart: then they stand side by side whole
// and unmarked.
func Beside(before, after policy.SafeHTML, o Options) ([]Pair, bool) {
	changes, ok := aligned(before, after)
	if !ok {
		return []Pair{{State: Changed, Old: before, New: after}}, false
	}
	shown := near(changes, o.Context)
	var out []Pair
	for i := 0; i < len(changes); {
		end := i
		for end < len(changes) && !shown[end] {
			end++
		}
		if end-i >= minFolded {
			out = append(out, Pair{State: Same, Folded: end - i, New: sideOf(changes[i:end], newSide, o)})
			i = end
			continue
		}
		for end = max(end, i+1); i < end; i++ {
			one := changes[i : i+1]
			out = append(out, Pair{State: stateOf(changes[i]), Old: sideOf(one, oldSide, o), New: sideOf(one, newSide, o)})
		}
	}
	return out, true
}

// near says which changes stay: those that are one, n around each, and the heading above it. Negative: all.
func near(changes []change, n int) []bool {
	shown := make([]bool, len(changes))
	heading := -1
	for i, c := range changes {
		if c.shown().heading() {
			heading = i
		}
		if n < 0 {
			shown[i] = true
		}
		if c.same() || n < 0 {
			continue
		}
		for k := max(0, i-n); k <= min(len(changes)-1, i+n); k++ {
			shown[k] = true
		}
		if heading >= 0 {
			shown[heading] = true
		}
	}
	return shown
}

func stateOf(c change) State {
	switch {
	case c.old == nil:
		return Added
	case c.now == nil:
		return Removed
	case c.same():
		return Same
	}
	return Changed
}

// sideOf writes what changes have on one side.
func sideOf(changes []change, s side, o Options) policy.SafeHTML {
	changes = slices.DeleteFunc(slices.Clone(changes), func(c change) bool {
		return s == oldSide && c.old == nil || s == newSide && c.now == nil
	})
	if len(changes) == 0 {
		return ""
	}
	w := writer{Options: o, root: markup.Element(atom.Div), side: s}
	for _, c := range changes {
		w.change(c)
	}
	h, err := markup.Render(w.root)
	if err != nil {
		return ""
	}
	return policy.SafeHTML(h)
}
