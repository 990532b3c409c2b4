package store

import (
	"context"
	"database/sql"
	"fmt"

	"ltipolicy/policy"
)

// answerRow is an event with what the other tables say about its people.
type answerRow struct {
	eventRow
	PersonSub   sql.NullString `db:"personsub"`
	PersonPlace sql.NullString `db:"personplace"`
	Secret      []byte         `db:"secret"`
	OtherSub    sql.NullString `db:"othersub"`
	OtherPlace  sql.NullString `db:"otherplace"`
	OtherSecret []byte         `db:"othersecret"`
	// Ghosts took the place of people who were erased.
	PersonErased sql.NullTime `db:"personerased"`
	OtherErased  sql.NullTime `db:"othererased"`
	// PlaceOf is the institution of the site.
	PlaceOf sql.NullString `db:"placeof"`
}

const answerColumns = eventColumns + `,
	u.sub AS personsub, u.platformid AS personplace, s.secret, o.sub AS othersub, o.platformid AS otherplace, t.secret AS othersecret,
	u.timeerased AS personerased, o.timeerased AS othererased, f.institutionid AS placeof`

// answerPeople joins event e with its people and their site.
const answerPeople = `
	LEFT JOIN lti_user u ON u.id = e.userid
	LEFT JOIN person_secret s ON s.userid = e.userid
	LEFT JOIN lti_user o ON o.id = e.actorid
	LEFT JOIN person_secret t ON t.userid = e.actorid
	LEFT JOIN lti_platform f ON f.id = e.platformid`

// loggedAnswers are the entries of a page of leaves.
func (v *verification) loggedAnswers(ctx context.Context, start, end int64, entries map[place]checked) error {
	var rows []answerRow
	err := v.db.r.SelectContext(ctx, &rows, `
		SELECT `+answerColumns+`
		FROM evidence_leaf l
		JOIN acceptance_event e ON e.shard = l.shard AND e.number = l.number`+answerPeople+`
		WHERE l.idx >= ? AND l.idx < ?`, start, end)
	for i := range rows {
		entries[place{rows[i].Shard, rows[i].Number}] = &rows[i]
	}
	return err
}

// waitingAnswers are some entries of a shard above a number.
func (v *verification) waitingAnswers(ctx context.Context, shard int, above int64) ([]checked, error) {
	var rows []answerRow
	err := v.db.r.SelectContext(ctx, &rows, `
		SELECT `+answerColumns+` FROM acceptance_event e`+answerPeople+`
		WHERE e.shard = ? AND e.number > ? ORDER BY e.number LIMIT ?`, shard, above, verifyPage)
	entries := make([]checked, len(rows))
	for i := range rows {
		entries[i] = &rows[i]
	}
	return entries, err
}

func (r *answerRow) entry() string { return r.ID }
func (r *answerRow) hash() string  { return r.Hash }
func (r *answerRow) at() place     { return place{r.Shard, r.Number} }

func (r *answerRow) count(v *verification) {
	v.Events++
	if r.PersonErased.Valid {
		v.Erased++
	}
	if r.OtherErased.Valid && r.ActorID != r.UserID {
		v.acted++
	}
}

func (r *answerRow) fault(v *verification, covered span) string {
	e := r.event()
	switch {
	case e.Sum() != e.Hash:
		return "the event was changed: it does not match its hash"
	case !covered.holds(e.Recorded):
		return covered.against("written", e.Recorded)
	}
	for _, fault := range []func(*verification, policy.Event) string{r.timely, r.shown, r.persons} {
		if what := fault(v, e); what != "" {
			return what
		}
	}
	return ""
}

// timely says why the answer cannot have been given when it says. What was taken over from Moodle was given there.
func (r *answerRow) timely(v *verification, e policy.Event) string {
	if e.Answer == policy.Imported {
		return ""
	}
	if !(span{e.Recorded, e.Recorded}).holds(e.Time) {
		return "it was given " + at(e.Time) + " and written " + at(e.Recorded)
	}
	return v.answerable(e)
}

// shown says why the text cannot be the one that was shown.
func (r *answerRow) shown(v *verification, e policy.Event) string {
	if seen, ok := v.versions[e.VersionID]; ok && seen.policy != e.PolicyID {
		return fmt.Sprintf("version %d is of another policy", e.VersionID)
	}
	if e.Digest == "" {
		return ""
	}
	d, ok := v.digests[textKey(e.VersionID, e.Lang)]
	switch {
	case !ok:
		return fmt.Sprintf("the text of version %d in %q, which was shown, is missing", e.VersionID, e.Lang)
	case d != e.Digest:
		return fmt.Sprintf("the text of version %d in %q is not the one that was shown", e.VersionID, e.Lang)
	}
	return ""
}

// persons says why the event cannot be of these people.
func (r *answerRow) persons(v *verification, e policy.Event) string {
	subject, actor := fmt.Sprintf("user %d", e.UserID), fmt.Sprintf("user %d, who acted,", e.ActorID)
	if r.PlaceOf.String != e.InstitutionID {
		return "its site belongs to another institution"
	}
	is := e
	var keys [2]policy.EntryKey
	for i, p := range []struct {
		name, sub, names string
		known            sql.NullString
		place            sql.NullString
		erased           sql.NullTime
		id               int64
		secret           []byte
	}{
		{subject, e.Sub, e.Note, r.PersonSub, r.PersonPlace, r.PersonErased, e.UserID, r.Secret},
		{actor, e.ActorSub, "", r.OtherSub, r.OtherPlace, r.OtherErased, e.ActorID, r.OtherSecret},
	} {
		switch {
		case !p.known.Valid:
			return p.name + " is missing"
		case p.place.String != e.PlatformID:
			return p.name + " is not the person that the event names"
		case p.erased.Valid && !(span{to: p.erased.Time}).holds(e.Recorded):
			return "it was written " + at(e.Recorded) + ", after the person was erased"
		case p.erased.Valid && (p.secret != nil || p.sub+p.names+e.LaunchID+e.Presentation != ""):
			return "what was erased is there again"
		case p.erased.Valid:
			continue
		case p.known.String != p.sub:
			return p.name + " is not the person that the event names"
		case p.secret == nil:
			return "the secret of " + p.name + " is missing"
		}
		secret, err := v.db.openSecret(p.id, p.secret)
		if err != nil {
			return "the secret of " + p.name + " cannot be opened"
		}
		keys[i] = policy.KeyOf(secret, e.ID)
	}
	is.Commit(keys[0], keys[1])
	switch {
	case !r.PersonErased.Valid && is.Subject != e.Subject:
		return "it commits to another person than " + subject
	case !r.OtherErased.Valid && is.Actor != e.Actor:
		return "it commits to another person than " + actor
	case !r.PersonErased.Valid && is.Noted != e.Noted:
		return "the note was changed"
	case !r.PersonErased.Valid && !r.OtherErased.Valid && is.Circumstance != e.Circumstance:
		return "the launch or the form that it came from was changed"
	}
	return ""
}
