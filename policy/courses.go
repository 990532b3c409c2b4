package policy

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// CoursePoliciesParameter is the custom parameter with which an activity asks for policies in addition to
// the site's. The platform signs it in every launch and copies it with the course.
const CoursePoliciesParameter = "policies"

// maxCoursePolicies bounds what one activity can ask for.
const maxCoursePolicies = 32

var slugForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// IsSlug reports whether s can name a policy of an institution: small letters, digits and hyphens.
func IsSlug(s string) bool { return slugForm.MatchString(s) }

// CourseSlugs reads the parameter: slugs with commas or white space between them. What cannot be a slug is
// passed over, because teachers may write the parameter by hand.
func CourseSlugs(parameter string) []string {
	var slugs []string
	for _, s := range strings.FieldsFunc(parameter, func(r rune) bool { return r == ',' || r == ';' || r <= ' ' }) {
		if IsSlug(s) && !slices.Contains(slugs, s) && len(slugs) < maxCoursePolicies {
			slugs = append(slugs, s)
		}
	}
	slices.Sort(slugs)
	return slugs
}

// CourseParameter is the inverse of [CourseSlugs].
func CourseParameter(slugs []string) string {
	return strings.Join(slices.Compact(slices.Sorted(slices.Values(slugs))), ",")
}

// Gate is whether a course is open to a learner, who has accepted everything compulsory that it asks, and when that is
// to be looked at again although nobody does anything, see [Next].
type Gate struct {
	Open bool
	// Kept says that it is closed by nothing but what a course asked that has ended. Whoever had come through stays in: a
	// version that is published afterwards cannot be answered there any more.
	Kept bool
	Next time.Time
}

// GateOf is the gate of a course that asks the rows. Whoever the person is elsewhere, only their answers count here. The
// end of the course does not open it: who never answered has not come through.
func GateOf(rows []Asked, w Viewer) Gate {
	w.Admin, w.Guest = false, false
	before := w.In(time.Time{})
	open := !HoldsUp(PendingAsked(rows, before), before)
	return Gate{Open: open, Kept: !open && !HoldsUp(PendingAsked(rows, w), w), Next: Next(rows, before)}
}
