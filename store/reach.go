package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"ltipolicy/policy"
)

// ReachPlatform is what publishing a version means for one platform.
type ReachPlatform struct {
	PlatformID string
	People     int // whom the version concerns
	Asked      int // of those, who will be asked: exactly who is pending right after publishing
	Courses    int // courses with a score, which close until their people answered; 0 for what never gates
}

// Reach says who will be asked when a version becomes active on platforms, before it is: as material, all
// whom it concerns; as a minor change, those who are pending now. v needs PolicyID, Kind, Audience and
// Courses.
func (db *DB) Reach(ctx context.Context, institutionID string, v policy.Version, platformIDs []string, minor bool) ([]ReachPlatform, error) {
	s, err := db.reachScope(ctx, institutionID, v, platformIDs, minor)
	if err != nil || s == nil {
		return nil, err
	}
	people, err := db.people(ctx, s.platforms)
	if err != nil {
		return nil, fmt.Errorf("counting who will be asked: %w", unavailable(err))
	}
	var answered map[string]Count
	for _, c := range s.columns {
		if answered, err = db.answeredOn(ctx, c); err != nil {
			return nil, fmt.Errorf("counting who answered: %w", unavailable(err))
		}
	}
	var out []ReachPlatform
	for _, id := range s.platforms {
		r := ReachPlatform{PlatformID: id}
		for _, c := range s.columns {
			c.Platforms = []string{id}
			if r, err = s.reachOn(ctx, c, id, people, answered[id]); err != nil {
				return nil, fmt.Errorf("counting who will be asked: %w", unavailable(err))
			}
		}
		out = append(out, r)
	}
	return out, nil
}

// answeredOn counts a column's answers by platform. Everybody is asked but those whose answer suffices, and
// answers are counted faster than people who gave none; "+ 0" as in [DB.days].
func (db *DB) answeredOn(ctx context.Context, c ReportColumn) (map[string]Count, error) {
	if len(c.Counting) == 0 || c.Courses {
		return nil, nil
	}
	query, args := `
		SELECT u.platformid, `+c.status()+` AS stands, COUNT(a.userid) AS n FROM tool_policy_acceptances a
		JOIN lti_user u ON u.id = a.userid + 0
		WHERE a.policyversionid IN (?) AND a.status IS NOT NULL AND u.platformid IN (?) AND u.class = ''`, []any{c.Counting, c.Platforms}
	if len(c.Counting) > 1 {
		last, more := c.noLaterAnswer()
		query, args = query+` AND `+last, append(args, more...)
	}
	query, args, err := sqlx.In(query+` GROUP BY u.platformid, stands`, args...)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		PlatformID string `db:"platformid"`
		Status     int    `db:"stands"`
		N          int    `db:"n"`
	}
	if err := db.r.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, err
	}
	counts := map[string]Count{}
	for _, r := range rows {
		n := counts[r.PlatformID]
		n.add(r.Status, r.N)
		counts[r.PlatformID] = n
	}
	return counts, nil
}

// reachScope is the report that there would be about a version alone if it were active on platforms: with the
// answers that count for it then, and without any column where it asks nobody. It is nil without platforms.
func (db *DB) reachScope(ctx context.Context, institutionID string, v policy.Version, platformIDs []string, minor bool) (*reportScope, error) {
	if platformIDs = sitesOf(platformIDs); len(platformIDs) == 0 {
		return nil, nil
	}
	s, err := db.bareScope(ctx, ReportQuery{InstitutionID: institutionID, PlatformIDs: platformIDs, Status: ReportPending})
	if err != nil {
		return nil, fmt.Errorf("finding who will be asked: %w", err)
	}
	var slug []string
	err = db.r.SelectContext(ctx, &slug, `SELECT slug FROM policy_detail WHERE policyid = ? AND institutionid = ?`, v.PolicyID, institutionID)
	if err != nil {
		return nil, fmt.Errorf("finding who will be asked: %w", unavailable(err))
	}
	c := ReportColumn{Asked: policy.Ask(v, nil, ""), Slug: strings.Join(slug, ""), Platforms: s.platforms, now: s.now}
	c.MaterialID, c.EffectiveFrom, c.ActiveFrom = v.ID, time.Time{}, utc(s.now) // as it would be if it applied at once
	if minor {
		if err := db.keepMaterial(ctx, &c, institutionID); err != nil {
			return nil, fmt.Errorf("finding whose answers stay good: %w", unavailable(err))
		}
	}
	if c.asks("", s.now) {
		s.columns = []ReportColumn{c.at(s.now)}
	}
	return s, nil
}

// keepMaterial lets the answers count that stay good if the column's version becomes active as a minor change: those
// to all versions of the active one's material, whatever the active one itself asks of whom.
func (db *DB) keepMaterial(ctx context.Context, c *ReportColumn, institutionID string) error {
	var rows []struct {
		VersionID  int64 `db:"versionid"`
		MaterialID int64 `db:"materialid"`
	}
	err := db.r.SelectContext(ctx, &rows, `
		SELECT m.versionid, m.materialid
		FROM policy_detail pd
		JOIN tool_policy p ON p.id = pd.policyid
		JOIN policy_version_detail d ON d.versionid = p.currentversionid
		JOIN policy_version_detail m ON m.materialid = d.materialid
		WHERE pd.policyid = ? AND pd.institutionid = ?
		ORDER BY m.versionid`, c.PolicyID, institutionID)
	for _, r := range rows {
		c.MaterialID, c.Counting = r.MaterialID, append(c.Counting, r.VersionID)
	}
	return err
}

func (s *reportScope) reachOn(ctx context.Context, c ReportColumn, platform string, people map[string]int, answered Count) (ReachPlatform, error) {
	r := ReachPlatform{PlatformID: platform}
	var err error
	if r.People, err = s.askedPeople(ctx, c, people); err != nil {
		return r, err
	}
	r.Asked = r.People
	switch whom := s.asked(c, platform, ""); {
	case len(c.Counting) == 0 || whom.nobody:
	case whom.everybody():
		if r.Asked -= answered.Accepted; c.Kind.Sufficient(&policy.Given{}) {
			r.Asked -= answered.Declined
		}
	default:
		fits, args := c.pending(whom)
		err := s.db.r.GetContext(ctx, &r.Asked, `SELECT COUNT(u.id) FROM lti_user u WHERE u.platformid = ? AND u.class = '' AND `+fits,
			append([]any{platform}, args...)...)
		if err != nil {
			return r, err
		}
	}
	if !c.Kind.Compulsory() {
		return r, nil
	}
	where, args := closing(c, platform)
	return r, s.db.r.GetContext(ctx, &r.Courses, `SELECT COUNT(DISTINCT i.contextid) FROM lti_line_item i WHERE `+where, args...)
}

// closing is the condition that a score of the course of line item i depends on a compulsory version. Where the course
// has ended that asks for it, whoever has the score keeps it.
func closing(c ReportColumn, platform string) (string, []any) {
	where, args := `i.platformid = ? AND i.url <> ''`, []any{platform}
	if c.Courses {
		asks, more := asksNow(`i`, c.Slug, c.now)
		where, args = where+` AND `+asks, append(args, more...)
	}
	return where, args
}

// ReachPeople returns a page of those whom [DB.Reach] counts as asked, by name, of those platforms together.
// Its cost does not grow with the number of people; where few of many are asked, a page may have fewer than
// limit, see [ReportPage].
func (db *DB) ReachPeople(ctx context.Context, institutionID string, v policy.Version, platformIDs []string, minor bool, after ReportKey, limit int) (ReportPage, error) {
	s, err := db.reachScope(ctx, institutionID, v, platformIDs, minor)
	if err != nil || s == nil || len(s.columns) == 0 {
		return ReportPage{}, err
	}
	s.q.Limit = limit
	p, err := s.page(ctx, after)
	if err != nil {
		return ReportPage{}, fmt.Errorf("listing who will be asked: %w", unavailable(err))
	}
	return p, nil
}

// ClosingCourse is a course that closes to its learners until they answered.
type ClosingCourse struct {
	ContextID string `db:"contextid"`
	Title     string `db:"title"`
	Open      int    // learners who have its score now
}

const closingQuery = `
	SELECT DISTINCT i.contextid, COALESCE(c.title, '') AS title
	FROM lti_line_item i
	LEFT JOIN lti_context c ON c.platformid = i.platformid AND c.contextid = i.contextid
	WHERE `

const openQuery = `
	SELECT COUNT(DISTINCT o.userid) FROM outbox o JOIN lti_user u ON u.id = o.userid
	WHERE o.platformid = ? AND o.contextid = ? AND o.wanted = 1 AND u.class = ''`

// ClosingCourses returns at most limit of the courses that [DB.Reach] counts for a material change on a
// platform, by title.
func (db *DB) ClosingCourses(ctx context.Context, institutionID string, v policy.Version, platformID string, limit int) ([]ClosingCourse, error) {
	s, err := db.reachScope(ctx, institutionID, v, []string{platformID}, false)
	if err != nil || len(s.columns) == 0 || !v.Kind.Compulsory() {
		return nil, err
	}
	where, args := closing(s.columns[0], platformID)
	var list []ClosingCourse
	err = db.r.SelectContext(ctx, &list, closingQuery+where+` ORDER BY title, i.contextid LIMIT ?`, append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("listing the courses that close: %w", unavailable(err))
	}
	for i := range list {
		if err := db.r.GetContext(ctx, &list[i].Open, openQuery, platformID, list[i].ContextID); err != nil {
			return nil, fmt.Errorf("listing the courses that close: %w", unavailable(err))
		}
	}
	return list, nil
}
