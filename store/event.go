package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"ltipolicy/policy"
)

type eventRow struct {
	ID             string         `db:"id"`
	Time           time.Time      `db:"timecreated"`
	InstitutionID  string         `db:"institutionid"`
	PlatformID     string         `db:"platformid"`
	Issuer         string         `db:"issuer"`
	UserID         int64          `db:"userid"`
	Sub            string         `db:"sub"`
	ActorID        int64          `db:"actorid"`
	ActorSub       string         `db:"actorsub"`
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
	Answer         string         `db:"answer"`
	Standing       int            `db:"standing"`
	Note           string         `db:"note"`
	LaunchID       string         `db:"launchid"`
	DeploymentID   string         `db:"deploymentid"`
	ContextID      string         `db:"contextid"`
	ResourceLinkID string         `db:"resourcelinkid"`
	Roles          string         `db:"roles"`
	Presentation   sql.NullString `db:"presentation"`
	Hash           string         `db:"hash"`
}

const eventColumns = `e.id, e.timecreated, e.institutionid, e.platformid, e.issuer, e.userid, e.sub, e.actorid, e.actorsub,
	e.policyid, e.versionid, e.materialid, e.policyname, e.revision, e.kind, e.lang, e.uilang, e.digest, e.statement,
	e.button, e.answer, e.standing, e.note, e.launchid, e.deploymentid, e.contextid, e.resourcelinkid, e.roles,
	e.presentation, e.hash`

func rowOf(e policy.Event) eventRow {
	return eventRow{
		ID: e.ID, Time: e.Time, InstitutionID: e.InstitutionID, PlatformID: e.PlatformID, Issuer: e.Issuer,
		UserID: e.UserID, Sub: e.Sub, ActorID: e.ActorID, ActorSub: e.ActorSub,
		PolicyID: e.PolicyID, VersionID: e.VersionID, MaterialID: e.MaterialID, PolicyName: e.PolicyName,
		Revision: e.Revision, Kind: string(e.Kind), Lang: e.Lang, UILang: e.UILang, Digest: e.Digest,
		Statement: e.Statement, Button: e.Button, Answer: string(e.Answer), Standing: e.Standing, Note: e.Note,
		LaunchID: e.LaunchID, DeploymentID: e.DeploymentID, ContextID: e.ContextID, ResourceLinkID: e.ResourceLinkID,
		Roles: e.Roles, Presentation: sql.NullString{String: e.Presentation, Valid: e.Presentation != ""}, Hash: e.Hash,
	}
}

func (r eventRow) event() policy.Event {
	return policy.Event{
		ID: r.ID, Time: r.Time.UTC(), InstitutionID: r.InstitutionID, PlatformID: r.PlatformID, Issuer: r.Issuer,
		UserID: r.UserID, Sub: r.Sub, ActorID: r.ActorID, ActorSub: r.ActorSub,
		PolicyID: r.PolicyID, VersionID: r.VersionID, MaterialID: r.MaterialID, PolicyName: r.PolicyName,
		Revision: r.Revision, Kind: policy.Kind(r.Kind), Lang: r.Lang, UILang: r.UILang, Digest: r.Digest,
		Statement: r.Statement, Button: r.Button, Answer: policy.Answer(r.Answer), Standing: r.Standing, Note: r.Note,
		LaunchID: r.LaunchID, DeploymentID: r.DeploymentID, ContextID: r.ContextID, ResourceLinkID: r.ResourceLinkID,
		Roles: r.Roles, Presentation: r.Presentation.String, Hash: r.Hash,
	}
}

const insertEventQuery = `
		INSERT INTO acceptance_event (id, timecreated, institutionid, platformid, issuer, userid, sub, actorid, actorsub,
			policyid, versionid, materialid, policyname, revision, kind, lang, uilang, digest, statement,
			button, answer, standing, note, launchid, deploymentid, contextid, resourcelinkid, roles,
			presentation, hash)
		VALUES (:id, :timecreated, :institutionid, :platformid, :issuer, :userid, :sub, :actorid, :actorsub,
			:policyid, :versionid, :materialid, :policyname, :revision, :kind, :lang, :uilang, :digest, :statement,
			:button, :answer, :standing, :note, :launchid, :deploymentid, :contextid, :resourcelinkid, :roles,
			:presentation, :hash)`

// insertEvents writes events and queues them for the log, in two statements for up to a hundred. An event
// that is there already, by its id or as the same form's answer, is errAgain: another tab or replica was first.
func insertEvents(ctx context.Context, tx *Tx, events []policy.Event) error {
	rows := make([]eventRow, len(events))
	for i, e := range events {
		rows[i] = rowOf(e)
	}
	for _, part := range parts(rows, 100) {
		_, err := tx.NamedExecContext(ctx, insertEventQuery, part)
		if duplicate(err) {
			return errAgain
		}
		if err != nil {
			return fmt.Errorf("writing the events: %w", err)
		}
		args := make([]any, len(part))
		for i, r := range part {
			args[i] = r.ID
		}
		query := `INSERT INTO evidence_queue (eventid) VALUES (?)` + strings.Repeat(`, (?)`, len(part)-1)
		if _, err := tx.ExecContext(ctx, query, args...); err != nil {
			return fmt.Errorf("queueing the events: %w", err)
		}
	}
	return nil
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
	var row eventRow
	err := db.r.GetContext(ctx, &row, `
		SELECT `+eventColumns+` FROM acceptance_event e WHERE e.id = ? AND e.userid = ?`, id, userID)
	if err != nil {
		return policy.Event{}, missing("event", err)
	}
	return row.event(), nil
}
