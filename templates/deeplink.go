package templates

import "ltipolicy/policy"

// SelectPage lets a teacher choose, from within the platform's "Select content", what a course asks for beside
// the site's own policies.
type SelectPage struct {
	Page
	Course  string
	Form    Form
	Always  []SelectItem // asked everywhere on the site; for information
	Offered []SelectItem
}

// SelectItem is one policy of [SelectPage].
type SelectItem struct {
	Slug       string
	Name, Lang string
	Summary    policy.SafeHTML
	Type       policy.Type
	Kind       policy.Kind
	Asked      bool // by the course already: cannot be chosen twice
}

// HandoverPage carries the answer of "Select content" back to the platform: a form that the page's script
// sends at once, and its button where there is no script.
type HandoverPage struct {
	Page
	Form Form // Action is an address of the platform
}
