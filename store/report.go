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

// ReportStatus is what the report is filtered by.
type ReportStatus string

// The filters by status. With several columns, accepted means all of them, the others any of them.
const (
	ReportAny      ReportStatus = ""
	ReportAccepted ReportStatus = "accepted"
	ReportDeclined ReportStatus = "declined" // or withdrawn
	ReportExpired  ReportStatus = "expired"  // accepted once, for a time that is over
	ReportPending  ReportStatus = "pending"  // asked now: no answer, or none that suffices
)

// ReportQuery says which people the report lists and what it says about them. The zero value of a field does
// not filter.
type ReportQuery struct {
	InstitutionID string
	PlatformIDs   []string // of the institution; empty: all of them
	PolicyID      int64    // only this policy's active version
	VersionID     int64    // only this version, active or archived
	Status        ReportStatus
	ContextID     string // a course; needs exactly one platform
	Role          string // part of a signed role, such as "membership#Instructor", in that course or in any
	Text          string // words that name, address, user name or number hold, folded; all of them
	Class         string // "": people; a class of lti_user: those instead
	Limit         int    // people on a page; 0: 100
	After         ReportKey
}

// ReportKey is a place in the order of the report: after this person.
type ReportKey struct {
	Name string // folded
	ID   int64
}

func (k ReportKey) compare(o ReportKey) int {
	return cmp.Or(cmp.Compare(k.Name, o.Name), cmp.Compare(k.ID, o.ID))
}

// ReportColumn is a version that the report tells about, as the rule sees it, without an answer. Of an archived version
// the report tells as if it were asked still: it has no day. What only courses ask is answered in each that asks for it.
type ReportColumn struct {
	policy.Asked
	Slug      string
	Name      string
	Revision  string
	Platforms []string // where it applies
	Counting  []int64  // the versions whose answers count for it

	now    time.Time // when it is asked: courses end
	only   string    // the one course that the report is about
	course string    // see in
	cutoff int64     // see at
}

// scopeOfArchived says whether archived version v, d of policy pd was asked by courses: as its material was answered, or, if
// that never was, as the policy is asked now.
const scopeOfArchived = `CASE
	WHEN EXISTS (SELECT 1 FROM policy_version_detail om WHERE om.materialid = d.materialid
		AND (SELECT oc.id FROM course_acceptance oc WHERE oc.policyversionid = om.versionid LIMIT 1) IS NOT NULL) THEN 1
	WHEN EXISTS (SELECT 1 FROM policy_version_detail om WHERE om.materialid = d.materialid
		AND (SELECT oa.id FROM tool_policy_acceptances oa WHERE oa.policyversionid = om.versionid AND oa.status IS NOT NULL LIMIT 1) IS NOT NULL) THEN 0
	ELSE pd.courses END`

// ReportRow is one person. Given, Asked and Ended are by column: the answer that counts, nil if there is none,
// whether the version asks the person now, whatever they answered, and whether that answer was given in a course that has
// ended since.
type ReportRow struct {
	User    User
	Given   []*policy.Given
	Expired []bool // the answer that counts was an acceptance and has ended
	Asked   []bool
	Ended   []bool
	// By is the name of who answered for the person. It is looked up where the report tells about one version
	// alone, and empty for who is not known here.
	By string
}

// Reported is what the report says, by column.
func (r ReportRow) Reported() []policy.Reported {
	out := make([]policy.Reported, len(r.Given))
	for i, g := range r.Given {
		out[i] = policy.Report(g, r.Expired[i], r.Asked[i], r.User.ID).In(r.Ended[i])
	}
	return out
}

// ReportPage is one page of the report.
type ReportPage struct {
	Columns []ReportColumn
	Rows    []ReportRow
	// More says that there may be further people after Next. A page may have fewer rows than asked for, even
	// none: where a filter finds few people, a page ends after looking at some ten thousand of them, so that
	// no page takes long.
	More bool
	Next ReportKey
}

// Report returns a page of people by name, with where they stand. Its cost does not grow with the number of
// people or answers.
func (db *DB) Report(ctx context.Context, q ReportQuery) (ReportPage, error) {
	s, err := db.reportScope(ctx, q)
	if err != nil {
		return ReportPage{}, fmt.Errorf("reading the report: %w", err)
	}
	p, err := s.page(ctx, q.After)
	if err != nil {
		return ReportPage{}, fmt.Errorf("reading the report: %w", unavailable(err))
	}
	return p, nil
}

// ReportEach hands over everybody whom the query finds, by name, in constant memory. Limit and After do not
// count. An error of f ends it and is returned.
func (db *DB) ReportEach(ctx context.Context, q ReportQuery, f func(ReportRow) error) error {
	q.Limit = 2000
	s, err := db.reportScope(ctx, q)
	if err != nil {
		return fmt.Errorf("reading the report: %w", err)
	}
	for after := (ReportKey{}); ; {
		p, err := s.page(ctx, after)
		if err != nil {
			return fmt.Errorf("reading the report: %w", unavailable(err))
		}
		for _, r := range p.Rows {
			if err := f(r); err != nil {
				return err
			}
		}
		if !p.More {
			return nil
		}
		after = p.Next
	}
}

// ReportOn returns what the report says of one person of the institution, whatever they are. Somebody who is not there
// is policy.ErrNotFound.
func (db *DB) ReportOn(ctx context.Context, institutionID string, u User) (ReportPage, error) {
	s, err := db.reportScope(ctx, ReportQuery{InstitutionID: institutionID, PlatformIDs: []string{u.PlatformID}})
	if err != nil {
		return ReportPage{}, fmt.Errorf("reading the report on a person: %w", err)
	}
	rows, err := s.details(ctx, []ReportKey{{ID: u.ID}})
	if err != nil {
		return ReportPage{}, fmt.Errorf("reading the report on a person: %w", unavailable(err))
	}
	if len(rows) == 0 {
		return ReportPage{}, policy.E(policy.ErrNotFound, "").Because(fmt.Errorf("person %d", u.ID))
	}
	return ReportPage{Columns: s.columns, Rows: rows}, nil
}

// ReportColumns returns the versions that the report tells about for a query.
func (db *DB) ReportColumns(ctx context.Context, q ReportQuery) ([]ReportColumn, error) {
	s, err := db.reportScope(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("reading the report's columns: %w", err)
	}
	return s.columns, nil
}

// reportScope is a query with what it needs to know of the institution.
type reportScope struct {
	db        *DB
	q         ReportQuery
	now       time.Time // when it is asked
	platforms []string
	erased    map[string]time.Time // since when people were erased, of the platforms where some were
	columns   []ReportColumn
}

func (db *DB) reportScope(ctx context.Context, q ReportQuery) (*reportScope, error) {
	s, err := db.bareScope(ctx, q)
	if err == nil {
		s.columns, err = db.reportColumns(ctx, q, s.now)
	}
	if err == nil {
		for i, c := range s.columns {
			s.columns[i] = c.at(s.now)
		}
	}
	return s, err
}

// bareScope is a scope without columns.
func (db *DB) bareScope(ctx context.Context, q ReportQuery) (*reportScope, error) {
	s := &reportScope{db: db, q: q, now: db.now(), erased: map[string]time.Time{}}
	if s.q.Limit <= 0 {
		s.q.Limit = 100
	}
	var rows []struct {
		ID     string       `db:"id"`
		Erased sql.NullTime `db:"erasedsince"`
	}
	err := db.r.SelectContext(ctx, &rows, `SELECT id, erasedsince FROM lti_platform WHERE institutionid = ? ORDER BY id`, q.InstitutionID)
	if err != nil {
		return nil, unavailable(err)
	}
	var own []string
	for _, r := range rows {
		own = append(own, r.ID)
		if r.Erased.Valid {
			s.erased[r.ID] = r.Erased.Time
		}
	}
	s.platforms = own
	if len(q.PlatformIDs) > 0 {
		for _, id := range q.PlatformIDs {
			if !slices.Contains(own, id) {
				return nil, policy.E(policy.ErrNotFound, "").Because(fmt.Errorf("platform %s", id))
			}
		}
		s.platforms = slices.Compact(slices.Sorted(slices.Values(q.PlatformIDs)))
	}
	if q.ContextID != "" && len(s.platforms) != 1 {
		return nil, policy.E(policy.ErrInvalid, "").Because(fmt.Errorf("a course of %d platforms", len(s.platforms)))
	}
	return s, nil
}

// key changes with all that figures depend on except people and answers: what is published and where it applies, a
// version's day that comes, platforms that come and go, the first of a platform's people to be erased.
func (s *reportScope) key() string {
	k := fmt.Sprint(s.q.InstitutionID, " ", s.platforms, " ", s.erased)
	for _, c := range s.columns {
		c.now = time.Time{}
		k += fmt.Sprintf(" %+v %v", c, c.asks("", s.now))
	}
	return k
}

func (db *DB) reportColumns(ctx context.Context, q ReportQuery, now time.Time) ([]ReportColumn, error) {
	where, args := `p.currentversionid = v.id AND `+asksMembers, []any{q.InstitutionID}
	switch {
	case q.VersionID != 0:
		where = `v.id = ? AND (p.currentversionid = v.id OR v.archived = 1)`
		args = append(args, q.VersionID)
	case q.PolicyID != 0:
		where += ` AND p.id = ?`
		args = append(args, q.PolicyID)
	}
	var rows []struct {
		askedRow
		Slug     string `db:"slug"`
		Name     string `db:"name"`
		Revision string `db:"revision"`
		Archived bool   `db:"archived"`
		Asking   bool   `db:"asking"` // asked by courses
	}
	err := db.r.SelectContext(ctx, &rows, `
		SELECT `+askedVersionColumns+`, pd.slug, v.name, v.revision, v.archived,
			CASE WHEN v.archived = 1 THEN `+scopeOfArchived+` ELSE pd.courses END AS asking
		FROM policy_detail pd
		JOIN tool_policy p ON p.id = pd.policyid
		JOIN tool_policy_versions v ON v.policyid = p.id
		JOIN policy_version_detail d ON d.versionid = v.id
		WHERE pd.institutionid = ? AND `+where+`
		ORDER BY p.sortorder, p.id`, args...)
	if err != nil {
		return nil, unavailable(err)
	}
	if len(rows) == 0 && (q.VersionID != 0 || q.PolicyID != 0) {
		return nil, policy.E(policy.ErrNotFound, "").Because(fmt.Errorf("version %d, policy %d", q.VersionID, q.PolicyID))
	}
	applies, err := db.PolicyPlatforms(ctx, q.InstitutionID)
	if err != nil {
		return nil, err
	}
	columns := make([]ReportColumn, 0, len(rows))
	for _, r := range rows {
		a := r.asked()
		a.Courses = r.Asking
		c := ReportColumn{
			Asked: a, Slug: r.Slug, Name: r.Name, Revision: r.Revision,
			Platforms: sitesOf(applies[a.PolicyID]), Counting: []int64{a.VersionID}, now: now, only: q.ContextID,
		}
		if r.Archived {
			c.EffectiveFrom = time.Time{}
		} else {
			err := db.r.SelectContext(ctx, &c.Counting, `SELECT versionid FROM policy_version_detail WHERE materialid = ? ORDER BY versionid`, a.MaterialID)
			if err != nil {
				return nil, unavailable(err)
			}
		}
		columns = append(columns, c)
	}
	return columns, nil
}
