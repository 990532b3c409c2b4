package lti

import "time"

// Message types that the tool accepts.
const (
	ResourceLinkRequest = "LtiResourceLinkRequest"
	DeepLinkingRequest  = "LtiDeepLinkingRequest"
)

// Message is a launch whose signature and claims were verified; only [Tool.Verify] makes one. Text that
// comes from people (names, titles, custom values) is as the platform sent it and must be escaped.
type Message struct {
	PlatformID   string
	Type         string // ResourceLinkRequest or DeepLinkingRequest
	DeploymentID string
	Nonce        string
	IssuedAt     time.Time
	Expires      time.Time // when the nonce may be forgotten: exp plus leeway

	Sub    string // empty: anonymous
	Person Person
	Roles  Roles

	TargetLinkURI string
	Context       Context
	ResourceLink  ResourceLink
	Presentation  Presentation
	Custom        map[string]string
	NRPS          NRPS
	AGS           AGS
	DeepLinking   *DeepLinking // for DeepLinkingRequest only
}

// Person is what the platform tells of the user; every field may be empty, depending on its privacy settings.
type Person struct {
	Name, GivenName, FamilyName, Email string
	Username                           string // Moodle's ext.user_username
	IDNumber                           string // lis.person_sourcedid
}

// Context is the course.
type Context struct {
	ID, Label, Title string
	Types            []string
}

// ResourceLink is the activity.
type ResourceLink struct{ ID, Title, Description string }

// Presentation is the launch_presentation claim.
type Presentation struct {
	Locale         string // Moodle's language code, such as "ro" or "sr_cr"
	DocumentTarget string // "iframe", "frame" or "window"
	ReturnURL      string // empty unless it is on the platform's own origin
}

// NRPS is the names and role service claim.
type NRPS struct{ MembershipsURL string }

// AGS is the assignment and grade service claim.
type AGS struct {
	LineItems, LineItem string
	Scopes              []string
}

// DeepLinking is the deep_linking_settings claim.
type DeepLinking struct {
	ReturnURL      string
	AcceptTypes    []string
	AcceptMultiple bool
	AcceptLineItem bool
	Data           string
	Title, Text    string
}
