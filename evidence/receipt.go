package evidence

import (
	"fmt"
	"time"

	"ltipolicy/policy"
)

// ReceiptForm is what a receipt of this form says of itself. It is the acknowledgement of an answer; a consent receipt in the
// sense of ISO/IEC TS 27560 would have to name purposes, recipients and periods, which no policy here holds.
const ReceiptForm = "ltipolicy acknowledgement 1"

// Receipt is one answer with what proves it. Its fields are what the file holds, in this order.
type Receipt struct {
	Form        string    `json:"receipt"`
	Made        time.Time `json:"made"` // UTC
	Tool        string    `json:"tool"` // its public address
	Institution string    `json:"institution"`
	Site        string    `json:"site"`
	// Person and By are the names by which whoever asked for the receipt knows the person and whoever acted: no part of
	// the evidence, which knows people by issuer and sub.
	Person string `json:"person"`
	By     string `json:"by"`

	Answer Answer  `json:"answer"`
	Opens  Opens   `json:"opens"`
	Text   Text    `json:"text"`
	Images []Image `json:"images"`

	// Log proves that the answer is in the log. Without it the receipt is a promise: the tool signs that the entry will
	// be in its log, at this shard and number.
	Log *Proof `json:"log"`
	// Key verifies the receipt and the checkpoint (golang.org/x/mod/sumdb/note). Whoever has it from elsewhere compares.
	Key string `json:"key"`
}

// Answer is an event as it is hashed, see docs/evidence.md, "Encoding 2".
type Answer struct {
	Shard        int               `json:"shard"`
	Number       int64             `json:"number"`
	Recorded     string            `json:"recorded"`
	ID           string            `json:"id"`
	Time         string            `json:"time"`
	Institution  string            `json:"institution"`
	Platform     string            `json:"platform"`
	Issuer       string            `json:"issuer"`
	Subject      policy.Commitment `json:"subject"`
	Actor        policy.Commitment `json:"actor"`
	Relation     policy.Relation   `json:"relation"`
	Policy       int64             `json:"policy"`
	Version      int64             `json:"version"`
	Material     int64             `json:"material"`
	Name         string            `json:"name"`
	Revision     string            `json:"revision"`
	Kind         policy.Kind       `json:"kind"`
	Lang         string            `json:"lang"`
	PageLang     string            `json:"page_lang"`
	Digest       string            `json:"digest"`
	Statement    string            `json:"statement"`
	Button       string            `json:"button"`
	Opened       string            `json:"opened"`
	Rule         string            `json:"rule"`
	Answer       policy.Answer     `json:"answer"`
	Standing     int               `json:"standing"`
	Noted        policy.Commitment `json:"noted"`
	Scope        string            `json:"scope"`
	Until        string            `json:"until"`
	Circumstance policy.Commitment `json:"circumstance"`
	Deployment   string            `json:"deployment"`
	Context      string            `json:"context"`
	ResourceLink string            `json:"resource_link"`
	Roles        string            `json:"roles"`
}

// Opens is what opens the commitments of this one answer.
type Opens struct {
	Key          policy.EntryKey `json:"key"`
	Sub          string          `json:"sub"`
	Note         string          `json:"note"`
	Launch       string          `json:"launch"`
	Presentation string          `json:"presentation"`
	ActorKey     policy.EntryKey `json:"actor_key"` // Key where the person acted alone
	ActorSub     string          `json:"actor_sub"`
}

// Text is the text exactly as it was shown: summary and content are HTML.
type Text struct {
	Lang    string `json:"lang"`
	Name    string `json:"name"`
	Summary string `json:"summary"`
	Content string `json:"content"`
}

// Image is an image of the text; the text names it by its digest.
type Image struct {
	Digest string `json:"digest"`
	Type   string `json:"type"`
	Data   []byte `json:"data"`
}

// Proof leads from an entry to a signed checkpoint of the log, as in RFC 6962.
type Proof struct {
	Leaf       int64    `json:"leaf"`
	Hashes     [][]byte `json:"hashes"`     // from the leaf's sibling up
	Checkpoint string   `json:"checkpoint"` // a signed note over the log's size and hash
}

// AnswerOf is what an event says in a receipt. The event's own hash, names and clear ids are left out: [VerifyReceipt] computes the
// one, [Opens] holds the others.
func AnswerOf(e policy.Event) Answer {
	return Answer{
		Shard: e.Shard, Number: e.Number, Recorded: stamp(e.Recorded), ID: e.ID, Time: stamp(e.Time),
		Institution: e.InstitutionID, Platform: e.PlatformID, Issuer: e.Issuer, Subject: e.Subject, Actor: e.Actor, Relation: e.Relation,
		Policy: e.PolicyID, Version: e.VersionID, Material: e.MaterialID, Name: e.PolicyName, Revision: e.Revision, Kind: e.Kind,
		Lang: e.Lang, PageLang: e.UILang, Digest: e.Digest, Statement: e.Statement, Button: e.Button, Opened: e.Opened, Rule: e.Rule,
		Answer: e.Answer, Standing: e.Standing, Noted: e.Noted, Scope: e.Scope, Until: stamp(e.Until), Circumstance: e.Circumstance,
		Deployment: e.DeploymentID, Context: e.ContextID, ResourceLink: e.ResourceLinkID, Roles: e.Roles,
	}
}

// event is the event that the answer was made of, without what is not hashed.
func (a Answer) event() (policy.Event, error) {
	e := policy.Event{
		Shard: a.Shard, Number: a.Number, ID: a.ID, InstitutionID: a.Institution, PlatformID: a.Platform, Issuer: a.Issuer,
		Subject: a.Subject, Actor: a.Actor, Relation: a.Relation, PolicyID: a.Policy, VersionID: a.Version, MaterialID: a.Material,
		PolicyName: a.Name, Revision: a.Revision, Kind: a.Kind, Lang: a.Lang, UILang: a.PageLang, Digest: a.Digest,
		Statement: a.Statement, Button: a.Button, Opened: a.Opened, Rule: a.Rule, Answer: a.Answer, Standing: a.Standing,
		Noted: a.Noted, Scope: a.Scope, Circumstance: a.Circumstance, DeploymentID: a.Deployment, ContextID: a.Context,
		ResourceLinkID: a.ResourceLink, Roles: a.Roles,
	}
	for _, at := range []struct {
		from string
		to   *time.Time
	}{{a.Recorded, &e.Recorded}, {a.Time, &e.Time}, {a.Until, &e.Until}} {
		var err error
		if *at.to, err = parseStamp(at.from); err != nil {
			return policy.Event{}, err
		}
	}
	return e, nil
}

// stampForm is how encoding 2 writes a time.
const stampForm = "2006-01-02T15:04:05.000000Z"

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(stampForm)
}

func parseStamp(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(stampForm, s)
	if err != nil || stamp(t) != s {
		return time.Time{}, fmt.Errorf("%q is no time of an entry", s)
	}
	return t, nil
}

// Event is the event of a receipt that [VerifyReceipt] returned, with what its keys opened.
func (r Receipt) Event() (policy.Event, error) {
	e, err := r.Answer.event()
	if err != nil {
		return policy.Event{}, err
	}
	o := r.Opens
	e.Sub, e.Note, e.LaunchID, e.Presentation, e.ActorSub = o.Sub, o.Note, o.Launch, o.Presentation, o.ActorSub
	e.Hash = e.Sum()
	return e, nil
}
