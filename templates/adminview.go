package templates

import (
	"io"
	"strconv"

	"ltipolicy/policy"
)

// AdminText is one text of a version, prepared for the page.
type AdminText struct {
	Page    Page
	ID      string
	Text    policy.Text
	Reading Reading
}

// Text prepares the text at i for the page.
func (p AdminVersionPage) Text(i int) AdminText {
	id := "text-" + strconv.Itoa(i)
	return AdminText{Page: p.Page, ID: id, Text: p.Texts[i], Reading: p.Reading(p.Texts[i], id, 4, 5)}
}

// AdminList renders the list of policies.
func (s *Set) AdminList(w io.Writer, p AdminListPage) error {
	return s.render(w, "adminlist", p.Page, p)
}

// AdminPolicy renders the versions of a policy.
func (s *Set) AdminPolicy(w io.Writer, p AdminPolicyPage) error {
	return s.render(w, "adminpolicy", p.Page, p)
}

// AdminVersion renders a version as people see it.
func (s *Set) AdminVersion(w io.Writer, p AdminVersionPage) error {
	return s.render(w, "adminversion", p.Page, p)
}

// AdminCompare renders the comparison of two versions.
func (s *Set) AdminCompare(w io.Writer, p AdminComparePage) error {
	return s.render(w, "admincompare", p.Page, p)
}

// AdminConfirm renders the question before an act.
func (s *Set) AdminConfirm(w io.Writer, p AdminConfirmPage) error {
	return s.render(w, "adminconfirm", p.Page, p)
}
