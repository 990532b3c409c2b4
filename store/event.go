package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"ltipolicy/policy"
)

type eventRow struct {
	ID             string         `db:"id"`
	Shard          int            `db:"shard"`
	Number         int64          `db:"number"`
	Recorded       time.Time      `db:"timerecorded"`
	Time           time.Time      `db:"timecreated"`
	InstitutionID  string         `db:"institutionid"`
	PlatformID     string         `db:"platformid"`
	Issuer         string         `db:"issuer"`
	UserID         int64          `db:"userid"`
	Sub            string         `db:"sub"`
	ActorID        int64          `db:"actorid"`
	ActorSub       string         `db:"actorsub"`
	Relation       string         `db:"relation"`
	PolicyID       int64          `db:"policyid"`
	VersionID      int64          `db:"versionid"`
	MaterialID     int64          `db:"materialid"`
	PolicyName     string         `db:"policyname"`
	Revision       string         `db:"revision"`
	Kind           string         `db:"kind"`
	Lang           string         `db:"lang"`
	UILang         string         `db:"uilang"`
	Digest         string         `db:"digest"`
	Statement      string         `db:"statement"`
	Button         string         `db:"button"`
	Opened         string         `db:"opened"`
	Rule           string         `db:"rule"`
	Answer         string         `db:"answer"`
	Standing       int            `db:"standing"`
	Note           string         `db:"note"`
	Scope          string         `db:"scope"`
	Until          sql.NullTime   `db:"validuntil"`
	LaunchID       string         `db:"launchid"`
	DeploymentID   string         `db:"deploymentid"`
	ContextID      string         `db:"contextid"`
	ResourceLinkID string         `db:"resourcelinkid"`
	Roles          string         `db:"roles"`
	Presentation   sql.NullString `db:"presentation"`
	Subject        []byte         `db:"subject"`
	Actor          []byte         `db:"actor"`
	Noted          []byte         `db:"noted"`
	Circumstance   []byte         `db:"circumstance"`
	Hash           string         `db:"hash"`
}

const eventColumns = `e.id, e.shard, e.number, e.timerecorded, e.timecreated, e.institutionid, e.platformid, e.issuer, e.userid, e.sub, e.actorid, e.actorsub, e.relation,
	e.policyid, e.versionid, e.materialid, e.policyname, e.revision, e.kind, e.lang, e.uilang, e.digest, e.statement,
	e.button, e.opened, e.rule, e.answer, e.standing, e.note, e.scope, e.validuntil, e.launchid, e.deploymentid, e.contextid, e.resourcelinkid, e.roles,
	e.presentation, e.subject, e.actor, e.noted, e.circumstance, e.hash`

func rowOf(e policy.Event) eventRow {
	return eventRow{
		ID: e.ID, Shard: e.Shard, Number: e.Number, Recorded: e.Recorded, Time: e.Time,
		InstitutionID: e.InstitutionID, PlatformID: e.PlatformID, Issuer: e.Issuer,
		UserID: e.UserID, Sub: e.Sub, ActorID: e.ActorID, ActorSub: e.ActorSub, Relation: string(e.Relation),
		PolicyID: e.PolicyID, VersionID: e.VersionID, MaterialID: e.MaterialID, PolicyName: e.PolicyName,
		Revision: e.Revision, Kind: string(e.Kind), Lang: e.Lang, UILang: e.UILang, Digest: e.Digest,
		Statement: e.Statement, Button: e.Button, Opened: e.Opened, Rule: e.Rule, Answer: string(e.Answer), Standing: e.Standing,
		Note: e.Note, Scope: e.Scope, Until: timeOrNull(e.Until),
		LaunchID: e.LaunchID, DeploymentID: e.DeploymentID, ContextID: e.ContextID, ResourceLinkID: e.ResourceLinkID,
		Roles: e.Roles, Presentation: sql.NullString{String: e.Presentation, Valid: e.Presentation != ""},
		Subject: e.Subject[:], Actor: e.Actor[:], Noted: e.Noted[:], Circumstance: e.Circumstance[:], Hash: e.Hash,
	}
}

func (r eventRow) event() policy.Event {
	return policy.Event{
		ID: r.ID, Shard: r.Shard, Number: r.Number, Recorded: r.Recorded.UTC(), Time: r.Time.UTC(),
		InstitutionID: r.InstitutionID, PlatformID: r.PlatformID, Issuer: r.Issuer,
		UserID: r.UserID, Sub: r.Sub, ActorID: r.ActorID, ActorSub: r.ActorSub, Relation: policy.Relation(r.Relation),
		PolicyID: r.PolicyID, VersionID: r.VersionID, MaterialID: r.MaterialID, PolicyName: r.PolicyName,
		Revision: r.Revision, Kind: policy.Kind(r.Kind), Lang: r.Lang, UILang: r.UILang, Digest: r.Digest,
		Statement: r.Statement, Button: r.Button, Opened: r.Opened, Rule: r.Rule,
		Answer: policy.Answer(r.Answer), Standing: r.Standing, Note: r.Note, Scope: r.Scope, Until: timeOf(r.Until),
		LaunchID: r.LaunchID, DeploymentID: r.DeploymentID, ContextID: r.ContextID, ResourceLinkID: r.ResourceLinkID,
		Roles: r.Roles, Presentation: r.Presentation.String,
		Subject: commitmentOf(r.Subject), Actor: commitmentOf(r.Actor), Noted: commitmentOf(r.Noted),
		Circumstance: commitmentOf(r.Circumstance), Hash: r.Hash,
	}
}

// commitmentOf is the zero commitment, which is to nothing, for a value of another length.
func commitmentOf(b []byte) policy.Commitment { return policy.Commitment(hashOf(b)) }

// insertEvents writes events that were entered, in one statement for up to a hundred. An event that is there already,
// by its id, as the same form's answer or by its number, is errAgain: another tab or replica was first.
func insertEvents(ctx context.Context, tx *Tx, events []policy.Event) error {
	rows := make([]eventRow, len(events))
	for i, e := range events {
		rows[i] = rowOf(e)
	}
	return insertRows(ctx, tx, "acceptance_event", rows)
}

// Events returns everything that was recorded about a person, newest first.
func (db *DB) Events(ctx context.Context, userID int64) ([]policy.Event, error) {
	var rows []eventRow
	err := db.r.SelectContext(ctx, &rows, `
		SELECT `+eventColumns+`
		FROM acceptance_event e WHERE e.userid = ?`, userID)
	if err != nil {
		return nil, fmt.Errorf("reading the events: %w", unavailable(err))
	}
	es := make([]policy.Event, 0, len(rows))
	for _, r := range rows {
		es = append(es, r.event())
	}
	slices.SortFunc(es, func(a, b policy.Event) int { return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(b.ID, a.ID)) })
	return es, nil
}

// Event returns one event about a person, or policy.ErrNotFound, also if it is about somebody else.
func (db *DB) Event(ctx context.Context, userID int64, id string) (policy.Event, error) {
	if !isID(id) {
		return policy.Event{}, missing("event", sql.ErrNoRows)
	}
	var row eventRow
	err := db.r.GetContext(ctx, &row, `
		SELECT `+eventColumns+` FROM acceptance_event e WHERE e.id = ? AND e.userid = ?`, id, userID)
	if err != nil {
		return policy.Event{}, missing("event", err)
	}
	return row.event(), nil
}
