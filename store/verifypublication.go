package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"ltipolicy/policy"
)

// A publication is that a version became active, or was not any more.
type publication struct {
	Before, After *struct {
		Version int64             `json:"version"`
		Digests map[string]string `json:"digests"`
	}
}

// publications are the acts by which a version becomes active, or is not any more.
var publications = []string{"policy.publish", "version.publish", "version.activate", "version.inactivate"}

// sweepAct is that looks were swept.
const sweepAct = "looks.sweep"

// sweepDetail is how far looks were swept, by shard.
type sweepDetail struct {
	Before time.Time     `json:"before"`
	UpTo   map[int]int64 `json:"up_to"`
	Looks  int64         `json:"looks"`
	Erased int64         `json:"erased"` // names in them that were erased before
}

// swept is how far the looks of a shard were swept, and when that was last done.
type swept struct {
	upTo int64
	at   time.Time
}

// acts reads what the acts of the log say about the other tables. Whether they are whole is seen later.
func (v *verification) acts(ctx context.Context) error {
	v.beginnings, v.endings = map[int64][]time.Time{}, map[int64][]time.Time{}
	v.published, v.sweeps = map[string]string{}, map[int]swept{}
	return v.eachAct(ctx, append(slices.Clone(publications), sweepAct), v.told)
}

// told takes in what one act says.
func (v *verification) told(r *actRow) error {
	at := r.Recorded.UTC()
	if r.Action == sweepAct {
		var d sweepDetail
		if err := json.Unmarshal([]byte(r.Detail), &d); err != nil {
			return err
		}
		for shard, upTo := range d.UpTo {
			if s := v.sweeps[shard]; upTo > s.upTo {
				v.sweeps[shard] = swept{upTo: upTo, at: at}
			}
		}
		return nil
	}
	var p publication
	if err := json.Unmarshal([]byte(r.Detail), &p); err != nil {
		return err
	}
	if p.Before != nil {
		v.endings[p.Before.Version] = append(v.endings[p.Before.Version], at)
	}
	if p.After == nil {
		return nil
	}
	if len(p.After.Digests) == 0 {
		return errors.New("it names no text")
	}
	v.beginnings[p.After.Version] = append(v.beginnings[p.After.Version], at)
	for lang, digest := range p.After.Digests {
		v.published[textKey(p.After.Version, lang)] = digest
	}
	return nil
}

// swept reports whether a leaf's entry is a look that was swept, and was old enough for that.
func (v *verification) swept(leaf leafRow, covered span) bool {
	s := v.sweeps[leaf.Shard]
	return kindOf(leaf.Shard) == looks && leaf.Number <= s.upTo && !covered.to.IsZero() && (span{to: s.at.Add(signedAfter - viewsKept)}).holds(covered.to)
}

// answerable says why a version could not be answered when the event says.
func (v *verification) answerable(e policy.Event) string {
	if e.Answer == policy.Withdrawn { // also what was active once
		return ""
	}
	var from, to time.Time
	for _, b := range v.beginnings[e.VersionID] {
		if (span{from: b}).holds(e.Time) && b.After(from) {
			from = b
		}
	}
	if from.IsZero() {
		if len(v.beginnings[e.VersionID]) == 0 {
			return fmt.Sprintf("version %d was never published", e.VersionID)
		}
		return fmt.Sprintf("it was given %s, and version %d became active %s", at(e.Time), e.VersionID, at(v.beginnings[e.VersionID][0]))
	}
	for _, end := range v.endings[e.VersionID] {
		if end.After(from) && (to.IsZero() || end.Before(to)) {
			to = end
		}
	}
	if !(span{to: to}).holds(e.Time) {
		return fmt.Sprintf("it was given %s, and version %d was active until %s", at(e.Time), e.VersionID, at(to))
	}
	return ""
}

// publication compares the texts that there are with those that were published.
func (v *verification) publication(context.Context) error {
	for _, key := range slices.Sorted(maps.Keys(v.published)) {
		if have, ok := v.digests[key]; !ok {
			return &Break{Leaf: -1, What: "a text that was published is missing: version " + key}
		} else if have != v.published[key] {
			return &Break{Leaf: -1, What: "a text is not the one that was published: version " + key}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(v.digests)) {
		var version int64
		if _, err := fmt.Sscan(key, &version); err != nil {
			return err
		}
		if _, ok := v.published[key]; !ok && len(v.beginnings[version]) > 0 {
			return &Break{Leaf: -1, What: "a text was added after the publication: version " + key}
		}
	}
	for _, version := range v.current {
		if len(v.beginnings[version]) == 0 {
			return &Break{Leaf: -1, What: fmt.Sprintf("version %d is active and was never published", version)}
		}
	}
	return nil
}
