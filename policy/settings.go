package policy

import (
	"reflect"
	"time"
)

// Settings is the version with nothing but what somebody chose about it beside its texts. A field that is added to
// Version is one, and counts wherever settings are compared, unless it is left out here.
func (v Version) Settings() Version {
	v.ID, v.PolicyID, v.MaterialID, v.Edit, v.UserModified = 0, 0, 0, 0, 0
	v.Archived, v.Current, v.Announced, v.SortOrder = false, false, false, 0
	v.TimeCreated, v.TimeModified, v.ActiveFrom = time.Time{}, time.Time{}, time.Time{}
	v.Texts, v.Images = nil, nil
	v.EffectiveFrom, v.EnforcedFrom, v.AnnouncedFrom = v.EffectiveFrom.UTC(), v.EnforcedFrom.UTC(), v.AnnouncedFrom.UTC()
	return v
}

// SameSettings reports whether two versions differ at most in their texts, and in what nobody chose about them.
func SameSettings(a, b Version) bool { return reflect.DeepEqual(a.Settings(), b.Settings()) }

// SameQuestion reports whether two versions of a policy ask the same: for the same kind of answer, of the site or of
// courses, for as long, and named to the same people. Only then can one be a minor change of the other; who answered one
// statement answered no other.
func (v Version) SameQuestion(o Version) bool {
	return v.Kind == o.Kind && v.Courses == o.Courses && v.Validity == o.Validity && v.Visibility == o.Visibility
}
