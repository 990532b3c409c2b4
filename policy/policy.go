package policy

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// Type is Moodle's policy type: a label without behaviour (tool_policy_versions.type).
type Type int16

// The values of Type are Moodle's.
const (
	TypeSite       Type = 0
	TypePrivacy    Type = 1
	TypeThirdParty Type = 2
	TypeOther      Type = 99
)

// Audience says whom a version concerns (tool_policy_versions.audience).
type Audience int16

// The values of Audience are Moodle's.
const (
	AudienceAll      Audience = 0
	AudienceLoggedIn Audience = 1
	AudienceGuests   Audience = 2
)

// Style says where a version is answered (tool_policy_versions.agreementstyle).
type Style int16

// The values of Style are Moodle's: together with the others, or on a page of its own before them.
const (
	StyleConsentPage Style = 0
	StyleOwnPage     Style = 1
)

// Status of a version is computed as in Moodle, never stored.
type Status int

// A version is active while its policy names it as current, archived when it was active once, else a draft.
const (
	Draft Status = iota
	Active
	Archived
)

// Kind is what a version asks of the reader.
type Kind string

// The kinds. Moodle's "optional" is 1 exactly for Consent.
const (
	// Acknowledge: "I have read it". The default for privacy policies.
	Acknowledge Kind = "acknowledge"
	// Agree: rules that the reader undertakes to follow.
	Agree Kind = "agree"
	// Consent: a free choice. Always optional, withdrawable, never gates. Teachers see nobody's by name unless the version
	// says so to those who choose, see [Visibility].
	Consent Kind = "consent"
	// Inform: nothing to answer.
	Inform Kind = "inform"
)

// DefaultKind is what a compulsory policy of the type asks for if nobody said: universities can rarely rely
// on consent for a privacy notice, so it is to be acknowledged; the others are rules.
func DefaultKind(t Type) Kind {
	if t == TypePrivacy {
		return Acknowledge
	}
	return Agree
}

// Form is what the texts of a version must consist of.
type Form string

// The forms. A version has none, or this one.
const (
	FormNone Form = ""
	// FormResearch is a consent to take part in research: its texts have the six items of package research, and it
	// asks for consent.
	FormResearch Form = "research"
)

// Policy is one policy document of an institution. Its content stands in its versions.
type Policy struct {
	ID               int64
	InstitutionID    string
	Slug             string // stable name within the institution, such as the file it was loaded from
	SortOrder        int
	CurrentVersionID int64 // 0: no active version, the policy does not apply
}

// Version is one version of a policy: all settings and texts live here, as in Moodle.
// Times are UTC; Moodle's columns hold whole seconds.
type Version struct {
	ID           int64
	PolicyID     int64
	Type         Type
	Audience     Audience
	Style        Style
	Kind         Kind
	Archived     bool
	Current      bool // the policy's currentversionid names this version
	Revision     string
	UserModified int64
	TimeCreated  time.Time
	TimeModified time.Time

	// MaterialID is the id of the first version with this content: a minor change keeps it, and an answer
	// to any version with the same MaterialID counts for all of them.
	MaterialID    int64
	EffectiveFrom time.Time // when it comes into force; zero: at once; of a draft it is a plan, and publishes nothing
	// EnforcedFrom is until when those who are asked may put their answer off; from then on a compulsory version holds up
	// and closes gates. Zero: from the beginning.
	EnforcedFrom time.Time
	// AnnouncedFrom is when it was, or is to be, shown to everybody before it comes into force. Zero: not before.
	AnnouncedFrom time.Time
	// Announced says that it is shown already, and can be answered, although it is not in force yet. What people could
	// read and answer never changes any more.
	Announced bool
	Zone      string // IANA name of the time zone in which these times were meant, and days end; empty: none was named
	Validity  Validity
	// ActiveFrom is when it became active. Zero: never, or nobody wrote it down.
	ActiveFrom time.Time
	ChangeNote string
	Contact    string // whom to ask about it
	// Visibility is who learns by name how people answered, see [Version.Named].
	Visibility Visibility
	Form       Form // what its texts must have before it is published
	// Edit counts the saves of a draft, so that of two editors the second sees that the first was there.
	Edit int64

	// Texts holds the primary language first, then the translations.
	Texts []Text
	// Images are those of the texts' images that may not be stored yet. They go in with the version; a version
	// that was read has none.
	Images []Image
	// SortOrder is the policy's, so that a list of versions can be ordered without its policies.
	SortOrder int
	// Courses is the policy's too: it is asked only in courses that ask for it, not on the whole site.
	Courses bool
}

// Status computes the version's status as Moodle does (admin/tool/policy/classes/api.php).
func (v Version) Status() Status {
	switch {
	case v.Current:
		return Active
	case v.Archived:
		return Archived
	default:
		return Draft
	}
}

// Optional reports whether refusing is a sufficient answer, Moodle's "optional".
func (v Version) Optional() bool { return v.Kind == Consent }

// Asks reports whether the version wants an answer at all.
func (v Version) Asks() bool { return v.Kind != Inform }

// SafeHTML is HTML that went through Sanitize of package source. Nothing else may be shown unescaped.
type SafeHTML string

// Text is one version in one language.
type Text struct {
	Lang    string // BCP 47, such as "ro" or "sr-Cyrl"
	Name    string
	Summary SafeHTML
	Content SafeHTML
}

// Digest is the SHA-256, in lower-case hexadecimal, over name, summary and content, each preceded by its
// length in bytes (8 bytes, big endian). It identifies exactly what a reader was shown: images stand in the text
// as the SHA-256 of their bytes, see [Image].
func (t Text) Digest() string {
	h := sha256.New()
	for _, s := range []string{t.Name, string(t.Summary), string(t.Content)} {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Primary is the text in the version's own language. It panics on a version without texts, which the store
// never returns.
func (v Version) Primary() Text { return v.Texts[0] }
