package policy

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"time"
)

// Answer is what a reader, or somebody for the reader, did with a version.
type Answer string

// The answers an event can hold.
const (
	Accepted    Answer = "accepted"
	Declined    Answer = "declined"
	Withdrawn   Answer = "withdrawn"
	CarriedOver Answer = "carried_over" // a minor change kept an earlier acceptance
	Imported    Answer = "imported"     // taken over from Moodle's tool_policy, never a click here
	Erased      Answer = "erased"
)

// Event is one act of answering, as evidence: append-only, never updated or deleted by the program. It
// copies what it mentions, so that it can be read alone, and holds no name or address of a person: who
// acted is (issuer, sub). Times are UTC with microseconds.
type Event struct {
	ID   string // UUIDv7
	Time time.Time

	// Who: the person concerned and the person who acted; equal unless somebody answered on behalf.
	InstitutionID string
	PlatformID    string
	Issuer        string
	UserID        int64
	Sub           string
	ActorID       int64
	ActorSub      string

	// What was shown.
	PolicyID   int64
	VersionID  int64
	MaterialID int64
	PolicyName string
	Revision   string
	Kind       Kind
	Lang       string // language of the text shown
	UILang     string // language of the page around it
	Digest     string // Text.Digest of the text shown
	Statement  string // exact wording beside the control
	Button     string // exact wording of the button that was pressed

	Answer Answer
	// Standing is the projection's value after this event, Moodle's status: 1 accepted, 0 declined or
	// withdrawn. It is derived from Answer except for carried-over and imported answers.
	Standing int
	Note     string

	// Where from.
	LaunchID       string
	DeploymentID   string
	ContextID      string
	ResourceLinkID string
	Roles          string // the signed roles, space separated
	// Presentation identifies the rendered form, so that sending it twice records once.
	Presentation string

	Hash string // hexadecimal SHA-256, see Sum
}

// Sum is the SHA-256, in lower-case hexadecimal, over the canonical encoding of every other field: the
// text "ltipolicy event 1\n", then for each field, in the order of the struct, its length in bytes (8 bytes,
// big endian) and its bytes. Times are RFC 3339 in UTC with exactly six decimals, numbers decimal.
func (e Event) Sum() string {
	h := sha256.New()
	h.Write([]byte("ltipolicy event 1\n"))
	for _, s := range []string{
		e.ID, e.Time.UTC().Format("2006-01-02T15:04:05.000000Z"),
		e.InstitutionID, e.PlatformID, e.Issuer, strconv.FormatInt(e.UserID, 10), e.Sub,
		strconv.FormatInt(e.ActorID, 10), e.ActorSub,
		strconv.FormatInt(e.PolicyID, 10), strconv.FormatInt(e.VersionID, 10), strconv.FormatInt(e.MaterialID, 10),
		e.PolicyName, e.Revision, string(e.Kind), e.Lang, e.UILang, e.Digest, e.Statement, e.Button,
		string(e.Answer), strconv.Itoa(e.Standing), e.Note,
		e.LaunchID, e.DeploymentID, e.ContextID, e.ResourceLinkID, e.Roles, e.Presentation,
	} {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	return hex.EncodeToString(h.Sum(nil))
}
