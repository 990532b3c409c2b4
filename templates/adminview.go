package templates

import (
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
