package templates

import (
	"io"
	"strconv"

	"ltipolicy/policy"
	"ltipolicy/policy/lint"
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
	id := textID(i)
	return AdminText{Page: p.Page, ID: id, Text: p.Texts[i], Reading: p.Reading(lint.Anchored(p.Texts[i], p.Findings), id, 4, 5)}
}

func textID(i int) string { return "text-" + strconv.Itoa(i) }

// Lint is what the linter says of the texts of the page.
func (p AdminVersionPage) Lint() Lint { return NewLint(p.Locale, p.Texts, p.Findings, textID) }

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

// AdminConfirm renders the question before an act.
func (s *Set) AdminConfirm(w io.Writer, p AdminConfirmPage) error {
	return s.render(w, "adminconfirm", p.Page, p)
}
