package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"ltipolicy/policy"
)

// What the rule looks at in a version v, d of policy p, pd is read everywhere by these columns into an askedRow, and made a
// question by askedRow.asked.
const (
	askedVersionColumns = `d.versionid, p.id AS policyid, d.materialid, d.kind, d.effectivefrom, d.enforcedfrom, d.validity, d.zone, d.activefrom, v.agreementstyle, v.audience, p.sortorder, pd.courses`
	askedColumns        = askedVersionColumns + `, m.versionid AS answered, COALESCE(a.status, s.status) AS status,
		COALESCE(a.lang, s.lang) AS lang, COALESCE(a.usermodified, s.usermodified) AS usermodified,
		COALESCE(a.timemodified, s.timemodified) AS timemodified, COALESCE(a.note, s.note) AS note, s.contextid AS scope`
)

// A person's answer to version m of policy pd: the one for the site, a, or, of what only courses ask, the one for the
// course, s. The person stands behind the first two, the course behind the third.
const (
	siteAnswer   = ` LEFT JOIN tool_policy_acceptances a ON pd.courses = 0 AND a.policyversionid = m.versionid AND a.userid = `
	courseAnswer = ` LEFT JOIN course_acceptance s ON pd.courses = 1 AND s.policyversionid = m.versionid AND s.userid = `
	thatCourse   = ` AND s.contextid = `
)

// askedQuery is the hot query of every page. All of it is look-ups by key: the platform's policies, each
// with its active version, that version's siblings of the same material, and this person's answer to each.
// Its cost does not depend on how many answers are stored. A policy for courses is asked where an activity of
// the course asked for it, one look-up more for each such policy. Rows come in any order: sorting them here is
// cheaper than in a temporary table there.
const askedQuery = `
	SELECT ` + askedColumns + `
	FROM policy_platform pp
	JOIN tool_policy p ON p.id = pp.policyid
	JOIN policy_detail pd ON pd.policyid = p.id
	JOIN tool_policy_versions v ON v.id = p.currentversionid
	JOIN policy_version_detail d ON d.versionid = v.id
	JOIN policy_version_detail m ON m.materialid = d.materialid
	` + siteAnswer + `?` + courseAnswer + `?` + thatCourse + `?
	WHERE pp.platformid = ? AND ` + inCourse

// askedRow is an active version with one of its siblings and the person's answer to that. It is also read over
// outer joins, where nothing may be asked: all of it may be NULL.
type askedRow struct {
	VersionID     sql.NullInt64  `db:"versionid"`
	PolicyID      sql.NullInt64  `db:"policyid"`
	MaterialID    sql.NullInt64  `db:"materialid"`
	Kind          sql.NullString `db:"kind"`
	EffectiveFrom sql.NullTime   `db:"effectivefrom"`
	EnforcedFrom  sql.NullTime   `db:"enforcedfrom"`
	Validity      sql.NullString `db:"validity"`
	Zone          sql.NullString `db:"zone"`
	ActiveFrom    sql.NullTime   `db:"activefrom"`
	Style         sql.NullInt16  `db:"agreementstyle"`
	Audience      sql.NullInt16  `db:"audience"`
	SortOrder     sql.NullInt64  `db:"sortorder"`
	Courses       sql.NullBool   `db:"courses"`
	Answered      sql.NullInt64  `db:"answered"`
	Status        sql.NullInt64  `db:"status"`
	Lang          sql.NullString `db:"lang"`
	ActorID       sql.NullInt64  `db:"usermodified"`
	Time          sql.NullInt64  `db:"timemodified"`
	Note          sql.NullString `db:"note"`
	Scope         sql.NullString `db:"scope"`
}

// fields are where askedColumns go, for who reads them without their names.
func (r *askedRow) fields() []any {
	return []any{
		&r.VersionID, &r.PolicyID, &r.MaterialID, &r.Kind, &r.EffectiveFrom, &r.EnforcedFrom, &r.Validity, &r.Zone, &r.ActiveFrom, &r.Style, &r.Audience, &r.SortOrder, &r.Courses,
		&r.Answered, &r.Status, &r.Lang, &r.ActorID, &r.Time, &r.Note, &r.Scope,
	}
}

// asked is the version as the rule sees it, without an answer.
func (r askedRow) asked() policy.Asked {
	return policy.Asked{
		VersionID: r.VersionID.Int64, PolicyID: r.PolicyID.Int64, MaterialID: r.MaterialID.Int64, Kind: policy.Kind(r.Kind.String),
		Style: policy.Style(r.Style.Int16), Audience: policy.Audience(r.Audience.Int16), SortOrder: int(r.SortOrder.Int64),
		EffectiveFrom: timeOf(r.EffectiveFrom), EnforcedFrom: timeOf(r.EnforcedFrom), ActiveFrom: timeOf(r.ActiveFrom),
		Validity: policy.Validity(r.Validity.String), Zone: r.Zone.String, Courses: r.Courses.Bool,
	}
}

// Asked returns every active version that is asked in a course of a platform, without texts, with the person's
// latest answer that counts for it: all that [policy.PendingAsked] needs to decide a launch, in one query. User
// id 0, nobody, gets them all unanswered. Without a course only the site's policies are asked.
func (db *DB) Asked(ctx context.Context, platformID, contextID string, userID int64) ([]policy.Asked, error) {
	return askedOf(ctx, db.r, platformID, contextID, userID)
}

func askedOf(ctx context.Context, q sqlx.QueryerContext, platformID, contextID string, userID int64) ([]policy.Asked, error) {
	var rows []askedRow
	if err := sqlx.SelectContext(ctx, q, &rows, askedQuery, userID, userID, contextID, platformID, contextID); err != nil {
		return nil, fmt.Errorf("reading what is asked: %w", unavailable(err))
	}
	return askedFrom(rows), nil
}

// askedFrom makes one question of all rows of a version, and brings the questions into the policies' order.
func askedFrom(rows []askedRow) []policy.Asked {
	slices.SortFunc(rows, func(a, b askedRow) int {
		return cmp.Or(cmp.Compare(a.SortOrder.Int64, b.SortOrder.Int64), cmp.Compare(a.PolicyID.Int64, b.PolicyID.Int64))
	})
	var asked []policy.Asked
	var given []policy.Given
	for i, r := range rows {
		if !r.VersionID.Valid {
			continue
		}
		if r.Status.Valid { // Moodle's NULL means no answer
			given = append(given, policy.Given{
				VersionID: r.Answered.Int64, MaterialID: r.MaterialID.Int64, Scope: r.Scope.String, Accepted: r.Status.Int64 == 1, Lang: r.Lang.String,
				ActorID: r.ActorID.Int64, Note: r.Note.String, Time: time.Unix(r.Time.Int64, 0).UTC(),
			})
		}
		if i+1 < len(rows) && rows[i+1].VersionID == r.VersionID {
			continue
		}
		q := r.asked()
		q.Latest = policy.Latest(given, q.VersionID, q.MaterialID)
		asked, given = append(asked, q), nil
	}
	return asked
}

// Answers returns the latest answer of a person to each version that they answered, in each course if only courses ask for
// it, newest first. A user id belongs to one platform, so these are all of that platform's.
func (db *DB) Answers(ctx context.Context, userID int64) ([]policy.Given, error) {
	var rows []ownAnswerRow
	const columns = `SELECT a.policyversionid, d.materialid, a.status, a.lang, a.usermodified, a.timemodified, COALESCE(a.note, '') AS note, `
	err := db.r.SelectContext(ctx, &rows, columns+`'' AS scope`+fromAnswers+` UNION ALL `+columns+`a.contextid`+fromCourseAnswers, userID, userID)
	if err != nil {
		return nil, fmt.Errorf("reading the answers: %w", unavailable(err))
	}
	gs := make([]policy.Given, 0, len(rows))
	for _, r := range rows {
		gs = append(gs, r.given())
	}
	newestFirst(gs)
	return gs, nil
}

// The standing answers a of one person, with the version's details d: for the site, and in courses. The row of the site's
// table beside one of a course is that of the course.
const (
	fromAnswers = `
	FROM tool_policy_acceptances a
	JOIN policy_version_detail d ON d.versionid = a.policyversionid
	WHERE a.userid = ? AND a.status IS NOT NULL AND ` + ofTheSite
	fromCourseAnswers = `
	FROM course_acceptance a
	JOIN policy_version_detail d ON d.versionid = a.policyversionid
	WHERE a.userid = ?`

	// ofTheSite is the condition that row a of tool_policy_acceptances is no course's.
	ofTheSite = `NOT EXISTS (SELECT 1 FROM course_acceptance oc WHERE oc.policyversionid = a.policyversionid AND oc.userid = a.userid)`
)

type ownAnswerRow struct {
	VersionID  int64  `db:"policyversionid"`
	MaterialID int64  `db:"materialid"`
	Status     int64  `db:"status"`
	Lang       string `db:"lang"`
	ActorID    int64  `db:"usermodified"`
	Time       int64  `db:"timemodified"`
	Note       string `db:"note"`
	Scope      string `db:"scope"`
}

func (r ownAnswerRow) given() policy.Given {
	return policy.Given{
		VersionID: r.VersionID, MaterialID: r.MaterialID, Scope: r.Scope, Accepted: r.Status == 1, Lang: r.Lang,
		ActorID: r.ActorID, Note: r.Note, Time: time.Unix(r.Time, 0).UTC(),
	}
}

func newestFirst(gs []policy.Given) {
	slices.SortFunc(gs, func(a, b policy.Given) int {
		return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(b.VersionID, a.VersionID), cmp.Compare(a.Scope, b.Scope))
	})
}
