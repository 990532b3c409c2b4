package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"time"
)

// Demand is what a platform asks of its members at one moment: the material ids of the active versions that
// want an answer, in ascending order, each once. It does not depend on who is asked. A minor change leaves
// it as it is; a new material version, a policy more or less, and a date that arrives change it.
type Demand []int64

// DemandOf reduces what a platform asks to the demand on its members at a time.
func DemandOf(rows []Asked, now time.Time) Demand {
	member := Person{}.At(now)
	d := Demand{}
	for _, a := range rows {
		if a.Asks(member) {
			d = append(d, a.material())
		}
	}
	slices.Sort(d)
	return slices.Compact(d)
}

// Settled returns the part of the demand at a time that a person's answers settle.
func Settled(rows []Asked, now time.Time) Demand {
	var done []Asked
	for _, a := range rows {
		if a.Settled(now) {
			done = append(done, a)
		}
	}
	return DemandOf(done, now)
}

// Covers reports whether the demand holds all of another one.
func (d Demand) Covers(other Demand) bool {
	for _, id := range other {
		if !slices.Contains(d, id) {
			return false
		}
	}
	return true
}

// Hash identifies the demand: the SHA-256, in lower-case hexadecimal, of "ltipolicy demand 1" and the ids in
// decimal, each part followed by a line feed.
func (d Demand) Hash() string {
	h := sha256.New()
	h.Write([]byte("ltipolicy demand 1\n"))
	for _, id := range d {
		h.Write([]byte(strconv.FormatInt(id, 10) + "\n"))
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (a Asked) material() int64 {
	if a.MaterialID == 0 {
		return a.VersionID
	}
	return a.MaterialID
}
