package transfer

import (
	"fmt"
	"slices"
	"strings"

	"ltipolicy/transfer/toolpolicy"
)

// Meant are the policies that are published although their texts lose something that their sources say: by the names of
// their folders, or by Moodle's numbers. Nil are none. It is a flag's value.
type Meant []string

// String is empty: nothing is meant before the flag is given.
func (m *Meant) String() string { return "" }

// Set takes names with commas between them.
func (m *Meant) Set(list string) error {
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name == "" {
			return fmt.Errorf("%q names no policy at one place", list)
		}
		*m = append(*m, name)
	}
	return nil
}

// among is an error if something is meant of a policy that is not there: it was meant of another.
func (m Meant) among(names []string, where string) error {
	for _, name := range m {
		if !slices.Contains(names, name) {
			return fmt.Errorf("-with-losses %s: there is no policy %s in %s", name, name, where)
		}
	}
	return nil
}

// losing says why a version waits for somebody's word; empty if it loses nothing.
func losing(v toolpolicy.Version, c toolpolicy.Converted) string {
	n := 0
	for _, found := range c.Findings {
		for _, f := range found {
			if f.Loss() {
				n += f.Count
			}
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("version %d would lose at %d places what its text says, see below: mend it in Moodle, or say that it is meant with -with-losses %d", v.ID, n, v.PolicyID)
}
