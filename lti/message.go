package lti

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Message types that the tool accepts.
const (
	ResourceLinkRequest = "LtiResourceLinkRequest"
	DeepLinkingRequest  = "LtiDeepLinkingRequest"
)

// Message is a launch whose signature and claims were verified; only [Tool.Verify] makes one. Text that
// comes from people (names, titles, custom values) is as the platform sent it and must be escaped.
type Message struct {
	Key          string // digest of the key that signed it
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

// Particulars are what a platform says of a person and of the course beside the claims of LTI, because the tool asked
// for it when it was registered. What is not said, or not well formed, is empty: a platform that does not know a variable
// sends its name in its place. A teacher's own parameter of an activity may have one of these names; Moodle takes the
// tool's, so that it counts only where the tool was registered without.
type Particulars struct {
	Country  string    // two capital letters (ISO 3166-1)
	TimeZone string    // name of the person's own zone (IANA); empty also where it is the server's
	Groups   []string  // ids of the person's groups in this course
	History  []string  // ids of the courses that this one was made from
	Begin    time.Time // of the course
	End      time.Time
	// SaysHistory and SaysEnd tell a course that was made from none, and one that has no end, from a launch that says nothing
	// of it.
	SaysHistory, SaysEnd bool
}

// Names of the custom parameters that hold them.
const (
	paramCountry  = "ltipolicy_country"
	paramTimeZone = "ltipolicy_timezone"
	paramGroups   = "ltipolicy_groups"
	paramHistory  = "ltipolicy_history"
	paramBegin    = "ltipolicy_begin"
	paramEnd      = "ltipolicy_end"
)

var asked = map[string]string{
	paramCountry:  "$Person.address.country",
	paramTimeZone: "$Person.address.timezone",
	paramGroups:   "$Moodle.Person.userGroupIds",
	paramHistory:  "$Context.id.history",
	paramBegin:    "$CourseSection.timeFrame.begin",
	paramEnd:      "$CourseSection.timeFrame.end",
}

// AskedParameters are the custom parameters by which a registration asks for [Particulars]. Nobody's user name and
// number are among them: Moodle would send them even where the tool is not to be sent names.
func AskedParameters() map[string]string { return maps.Clone(asked) }

// AskedLines are the same as they are typed into Moodle's form of a tool, under Custom parameters.
func AskedLines() []string {
	var lines []string
	for name, variable := range asked {
		lines = append(lines, name+"="+variable)
	}
	slices.Sort(lines)
	return lines
}

// moodleServerZone is what Moodle says of a person who keeps the server's zone, never which zone that is.
const moodleServerZone = "99"

var (
	countryCode = regexp.MustCompile(`^[A-Z]{2}$`)
	zoneName    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$`)
	idList      = regexp.MustCompile(`^[0-9]{1,19}(,[0-9]{1,19})*$`)
)

// Particulars reads them from the launch's custom parameters, strictly.
func (m *Message) Particulars() Particulars {
	var p Particulars
	if v := m.Custom[paramCountry]; countryCode.MatchString(v) {
		p.Country = v
	}
	if v := m.Custom[paramTimeZone]; v != moodleServerZone && len(v) <= 64 && zoneName.MatchString(v) {
		p.TimeZone = v
	}
	p.Groups, p.History = ids(m.Custom[paramGroups]), ids(m.Custom[paramHistory])
	p.Begin, p.End = instant(m.Custom[paramBegin]), instant(m.Custom[paramEnd])
	history, said := m.Custom[paramHistory]
	p.SaysHistory = said && (history == "" || len(p.History) > 0)
	end, said := m.Custom[paramEnd]
	p.SaysEnd = said && (end == "" || !p.End.IsZero())
	return p
}

func ids(v string) []string {
	if len(v) > 4000 || !idList.MatchString(v) {
		return nil
	}
	return strings.Split(v, ",")
}

// instant reads a time of this world: some databases hold no others.
func instant(v string) time.Time {
	t, err := time.Parse(time.RFC3339, v)
	if t = t.UTC(); err != nil || t.Year() < 1970 || t.Year() > 9998 {
		return time.Time{}
	}
	return t
}
