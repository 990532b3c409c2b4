package transfer

import (
	"fmt"
	"strconv"
	"strings"

	"ltipolicy/transfer/toolpolicy"
)

// Langs says in which language texts are that do not tell it: of single policies, by Moodle's id, and of all
// others. Where it says nothing, the words do, or the policy has to wait. It is a flag's value.
type Langs struct {
	All      string
	Policies map[int64]string
}

// String is empty: nothing is said before the flag is given.
func (l *Langs) String() string { return "" }

// Set takes languages of all texts or, with a number, of one policy, separated by commas.
func (l *Langs) Set(list string) error {
	for one := range strings.SplitSeq(list, ",") {
		id, code, single := strings.Cut(strings.TrimSpace(one), "=")
		if !single {
			code = id
		}
		tag := toolpolicy.Tag(code)
		if tag == "" {
			return fmt.Errorf("%q is no language; write a code such as pl, or 3=pl for Moodle's policy 3", code)
		}
		if !single {
			if l.All != "" && l.All != tag {
				return fmt.Errorf("both %s and %s for all texts; for one policy write its number, such as 3=%s", l.All, tag, tag)
			}
			l.All = tag
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(id), 10, 64)
		if err != nil || n <= 0 {
			return fmt.Errorf("%q is no number of a policy in Moodle", id)
		}
		if old := l.Policies[n]; old != "" && old != tag {
			return fmt.Errorf("both %s and %s for policy %d", old, tag, n)
		}
		if l.Policies == nil {
			l.Policies = map[int64]string{}
		}
		l.Policies[n] = tag
	}
	return nil
}
