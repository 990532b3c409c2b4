package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"ltipolicy/policy"
)

// A publication is that a version became active, or was not any more.
type publication struct{ Before, After *logged }

// publications are the acts by which a version becomes active, or is not any more.
var publications = []string{"policy.publish", "version.publish", "version.activate", "version.inactivate"}

// The acts by which a version is shown to everybody, who may answer it, before it is active, and by which that is taken back.
const (
	announceAct = "version.announce"
	retractAct  = "version.retract"
)

const (
	sweepAct       = "looks.sweep" // looks were swept
	institutionAct = "institution.add"
)

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
	v.announced, v.retracted = map[int64][]time.Time{}, map[int64][]time.Time{}
	v.published, v.sweeps = map[string]string{}, map[int]swept{}
	v.told, v.names, v.still = map[int64]logged{}, map[string]string{}, map[int64]bool{}
	if err := v.eachAct(ctx, append(slices.Clone(publications), announceAct, retractAct, sweepAct, institutionAct), v.take); err != nil {
		return err
	}
	var still []int64
	err := v.db.r.SelectContext(ctx, &still, `
		SELECT currentversionid FROM tool_policy WHERE currentversionid IS NOT NULL
		UNION ALL
		SELECT v.id FROM tool_policy p
		JOIN tool_policy_versions v ON v.policyid = p.id
		JOIN policy_version_detail d ON d.versionid = v.id
		WHERE `+isAnnounced)
	for _, id := range still {
		v.still[id] = true
	}
	return err
}

// take takes in what one act says.
func (v *verification) take(r *actRow) error {
	at := r.Recorded.UTC()
	if r.Action == institutionAct {
		v.names[r.InstitutionID] = r.Object
		return nil
	}
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
	begun, ended := v.beginnings, v.endings
	if r.Action == announceAct || r.Action == retractAct {
		begun, ended = v.announced, v.retracted
	}
	if p.Before != nil {
		ended[p.Before.Version] = append(ended[p.Before.Version], at)
	}
	if p.After == nil {
		return nil
	}
	if len(p.After.Digests) == 0 {
		return errors.New("it names no text")
	}
	if was, ok := v.told[p.After.Version]; ok && !maps.Equal(was.Digests, p.After.Digests) {
		return fmt.Errorf("version %d was published with other texts before", p.After.Version)
	}
	v.told[p.After.Version] = *p.After
	begun[p.After.Version] = append(begun[p.After.Version], at)
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
	begun := slices.Concat(v.announced[e.VersionID], v.beginnings[e.VersionID])
	for _, b := range begun {
		if (span{from: b}).holds(e.Time) && b.After(from) {
			from = b
		}
	}
	if from.IsZero() {
		if len(begun) == 0 {
			return fmt.Sprintf("version %d was never published", e.VersionID)
		}
		return fmt.Sprintf("it was given %s, and version %d became active %s", at(e.Time), e.VersionID, at(begun[0]))
	}
	for _, end := range slices.Concat(v.retracted[e.VersionID], v.endings[e.VersionID]) {
		if end.After(from) && (to.IsZero() || end.Before(to)) {
			to = end
		}
	}
	if !(span{to: to}).holds(e.Time) {
		return fmt.Sprintf("it was given %s, and version %d was active until %s", at(e.Time), e.VersionID, at(to))
	}
	return ""
}

// publication compares the versions that there are, and institutions, with what was published.
func (v *verification) publication(ctx context.Context) error {
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
		if _, ok := v.published[key]; !ok && len(v.beginnings[version])+len(v.announced[version]) > 0 {
			return &Break{Leaf: -1, What: "a text was added after the publication: version " + key}
		}
	}
	for _, check := range []func() error{v.settings, v.activity, v.announcements} {
		if err := check(); err != nil {
			return err
		}
	}
	return v.institutions(ctx)
}

// settings compares what was chosen about each version with what was when it was published.
func (v *verification) settings() error {
	for _, id := range slices.Sorted(maps.Keys(v.told)) {
		if seen, ok := v.versions[id]; ok {
			if name := v.told[id].strays(seen.is); name != "" {
				return &Break{Leaf: -1, What: fmt.Sprintf("version %d is not as it was published: %s", id, name)}
			}
		}
	}
	return nil
}

// strays names a setting in which two logged versions differ. Whether a version waits for its day and whether courses ask
// for it are not the version's own.
func (l logged) strays(o logged) string {
	var both [2]map[string]any
	for i, x := range []logged{l, o} {
		x.Courses, x.Scheduled = false, false
		b, err := json.Marshal(x)
		if err == nil {
			err = json.Unmarshal(b, &both[i])
		}
		if err != nil {
			return err.Error()
		}
	}
	names := maps.Clone(both[0])
	maps.Copy(names, both[1])
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !reflect.DeepEqual(both[0][name], both[1][name]) {
			return name
		}
	}
	return ""
}

// activity compares which versions are active with what was last done to each.
func (v *verification) activity() error {
	current := map[int64]bool{}
	for _, id := range v.current {
		current[id] = true
		if len(v.beginnings[id]) == 0 {
			return &Break{Leaf: -1, What: fmt.Sprintf("version %d is active and was never published", id)}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(v.beginnings)) {
		begun, ended := slices.MaxFunc(v.beginnings[id], time.Time.Compare), time.Time{}
		if ends := v.endings[id]; len(ends) > 0 {
			ended = slices.MaxFunc(ends, time.Time.Compare)
		}
		switch {
		case current[id] != v.still[id]: // something was published while the acts were read
		case begun.After(ended) && !current[id]:
			return &Break{Leaf: -1, What: fmt.Sprintf("version %d is not active, and nobody made it so", id)}
		case ended.After(begun) && current[id]:
			return &Break{Leaf: -1, What: fmt.Sprintf("version %d is active, and nobody made it so", id)}
		}
	}
	return nil
}

// announcements compares which versions are announced with what was last done to each, and which say that they were active
// with those that became so.
func (v *verification) announcements() error {
	ids := slices.AppendSeq(slices.Collect(maps.Keys(v.announced)), maps.Keys(v.coming))
	for _, id := range distinct(ids) {
		last := func(times ...time.Time) time.Time {
			return slices.MaxFunc(append(times, time.Time{}), time.Time.Compare)
		}
		begun, ended := last(v.announced[id]...), last(slices.Concat(v.retracted[id], v.beginnings[id])...)
		switch {
		case v.coming[id] != v.still[id]: // it was announced, taken back, or came into force while the acts were read
		case begun.After(ended) && !v.coming[id]:
			return &Break{Leaf: -1, What: fmt.Sprintf("version %d is not announced any more, and nobody took it back", id)}
		case v.coming[id] && !begun.After(ended):
			return &Break{Leaf: -1, What: fmt.Sprintf("version %d is announced, and nobody made it so", id)}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(v.versions)) {
		if v.versions[id].begun && len(v.beginnings[id]) == 0 {
			return &Break{Leaf: -1, What: fmt.Sprintf("version %d says that it was active, and nobody made it so", id)}
		}
	}
	return nil
}

// institutions compares their names, which receipts bear, with those that they were added by.
func (v *verification) institutions(ctx context.Context) error {
	all, err := v.db.Institutions(ctx)
	if err != nil {
		return err
	}
	for _, i := range all {
		if name, ok := v.names[i.ID]; ok && name != i.Name {
			return &Break{Leaf: -1, What: fmt.Sprintf("the name of institution %s is not the one that it was added by", i.ID)}
		}
	}
	return nil
}
