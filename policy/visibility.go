package policy

import "fmt"

// Visibility is who learns by name how people answered a free choice, beside those who may see the report.
type Visibility string

// The visibilities.
const (
	// VisibleToNobody tells teachers nothing but a number, from five on. It is what a version has of which nobody said
	// anything else.
	VisibleToNobody Visibility = ""
	// VisibleToTeachers names to the teachers of a course who has agreed there and who has not, so that it can be honoured.
	// The statement that people answer says so.
	VisibleToTeachers Visibility = "teachers"
)

// VisibilityAllowed is policy.ErrInvalid if the version names people to somebody who must not learn it. What the whole site
// asks has no teachers of its own, and an answer that is no free choice is shown to teachers anyway. Every rule about what
// may be named to whom stands here: the store, the editor, files and pages ask nobody else.
func (v Version) VisibilityAllowed() error {
	refuse := func(why string) error {
		return E(ErrInvalid, "admin.problem.visibility").Because(fmt.Errorf("visibility %q: %s", v.Visibility, why))
	}
	switch {
	case v.Visibility == VisibleToNobody:
		return nil
	case v.Visibility != VisibleToTeachers:
		return refuse("there is none of that name")
	case v.Kind != Consent:
		return refuse("only a consent has it")
	case !v.Courses:
		return refuse("only what courses ask for has it")
	case v.Form == FormResearch:
		return refuse("who takes part in research is nobody else's to know")
	}
	return nil
}

// Named reports whether the teachers of a course see by name who has agreed there. A version that may not name anybody
// never does, whatever is written down of it.
func (v Version) Named() bool {
	return v.Visibility == VisibleToTeachers && v.VisibilityAllowed() == nil
}
