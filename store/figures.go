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

// Figures is how the people of an institution answered one policy: people only, as in [Count]. All of it goes
// by the answers that stand now, each at the time at which it was given: whoever accepted and withdrew later
// does not count on any day, an answer that Moodle had counts at its time there, and one to any version of a
// material counts for the material.
type Figures struct {
	Materials []MaterialFigures // those that are or were active and ask somebody, the oldest first
	Asked     int               // whom the active version asks now; 0: there is none
	Sites     []SiteShare       // where it applies, the most missing first
	// Courses holds the known courses in which it is asked, the most missing first, at most so many that a page
	// has room; More is how many there are beside. A free choice is not counted by course: the numbers of a small
	// one would tell who chose what.
	Courses []CourseShare
	More    int
	Counted time.Time // when, if that was before; zero: for this call
}

// MaterialFigures is one version with its minor changes.
type MaterialFigures struct {
	MaterialID int64
	Days       []DayCount // days in UTC on which somebody accepted, in their order
	Ended      int        // who answered, whatever it was, in courses that have ended since: they count on no day
}

// DayCount is how many people had accepted at the end of a day.
type DayCount struct {
	Day      time.Time
	Accepted int
}

// SiteShare is how many of a platform's people have accepted.
type SiteShare struct {
	PlatformID      string
	Accepted, Asked int
}

// CourseShare is how many of a course's people have accepted, its teachers among them. They are those of the
// platform's last list of participants; where it never gave one, those who opened the course's activity.
type CourseShare struct {
	Course
	Accepted, Asked int
	Listed          time.Time // when the list was fetched; zero: there is none
}

// coursesMost is how many courses [Figures] holds.
const coursesMost = 30

// Figures counts the answers to one of the institution's policies. Where that takes long, figures that were
// counted shortly before are returned again, at most [tallyAge] old. They are shared: do not change them.
func (db *DB) Figures(ctx context.Context, institutionID string, policyID int64) (Figures, error) {
	s, err := db.reportScope(ctx, ReportQuery{InstitutionID: institutionID})
	if err != nil {
		return Figures{}, fmt.Errorf("counting a policy's answers: %w", err)
	}
	f, kept, err := db.figures.get(ctx, db.now, fmt.Sprint(policyID, " ", s.key()), func(ctx context.Context) (Figures, error) { return db.countFigures(ctx, s, policyID) })
	if err != nil {
		return Figures{}, fmt.Errorf("counting a policy's answers: %w", unavailable(err))
	}
	f.Counted = kept
	return f, nil
}

func (db *DB) countFigures(ctx context.Context, s *reportScope, policyID int64) (Figures, error) {
	columns, err := db.materials(ctx, s, policyID)
	if err != nil {
		return Figures{}, err
	}
	var f Figures
	for _, c := range columns {
		days, bySite, err := db.days(ctx, c)
		if err != nil {
			return f, err
		}
		m := MaterialFigures{MaterialID: c.MaterialID, Days: days}
		if c.Courses {
			n, err := db.count(ctx, c, s.platforms)
			if err != nil {
				return f, err
			}
			m.Ended = n.Ended
		}
		f.Materials = append(f.Materials, m)
		if c.VersionID == 0 {
			continue
		}
		people, err := db.people(ctx, c.Platforms)
		if err != nil {
			return f, err
		}
		for _, id := range c.Platforms {
			one := c
			one.Platforms = []string{id}
			asked, err := s.askedPeople(ctx, one, people)
			if err != nil {
				return f, err
			}
			f.Asked += asked
			f.Sites = append(f.Sites, SiteShare{id, bySite[id], asked})
			there := c.in(`r.contextid`)
			asks, args := asksNow(`r`, c.Slug, s.now)
			whom := s.askedThere(there, id, "", asks, args...)
			if c.Kind == policy.Consent || whom.nobody {
				continue
			}
			courses, err := db.courseShares(ctx, there, whom, id)
			if err != nil {
				return f, err
			}
			f.Courses = append(f.Courses, courses...)
		}
	}
	slices.SortStableFunc(f.Sites, func(a, b SiteShare) int {
		return cmp.Or(cmp.Compare(b.Asked-b.Accepted, a.Asked-a.Accepted), cmp.Compare(b.Asked, a.Asked), cmp.Compare(a.PlatformID, b.PlatformID))
	})
	slices.SortStableFunc(f.Courses, func(a, b CourseShare) int {
		return cmp.Or(cmp.Compare(b.Asked-b.Accepted, a.Asked-a.Accepted), cmp.Compare(b.Asked, a.Asked),
			cmp.Compare(a.PlatformID, b.PlatformID), cmp.Compare(a.ID, b.ID))
	})
	if f.More = len(f.Courses) - coursesMost; f.More > 0 {
		f.Courses = slices.Clip(f.Courses[:coursesMost])
	}
	f.More = max(0, f.More)
	return f, nil
}

// materials returns the policy's materials that are or were active and ask somebody, the oldest first: the
// active one as the report's column, of the others only what answers are counted by. Answers to all versions of a
// material count, also to one that asked nobody new.
func (db *DB) materials(ctx context.Context, s *reportScope, policyID int64) ([]ReportColumn, error) {
	var rows []struct {
		VersionID  int64  `db:"id"`
		MaterialID int64  `db:"materialid"`
		Asks       bool   `db:"asks"`
		Slug       string `db:"slug"`
		Courses    bool   `db:"courses"`
	}
	err := db.r.SelectContext(ctx, &rows, `
		SELECT v.id, d.materialid, `+asksMembers+` AS asks, pd.slug, `+scopeOfArchived+` AS courses
		FROM policy_detail pd
		JOIN tool_policy p ON p.id = pd.policyid
		JOIN tool_policy_versions v ON v.policyid = p.id
		JOIN policy_version_detail d ON d.versionid = v.id
		WHERE pd.policyid = ? AND pd.institutionid = ? AND (v.archived = 1 OR p.currentversionid = v.id)
		ORDER BY v.timecreated, v.id`, policyID, s.q.InstitutionID)
	if err != nil {
		return nil, err
	}
	counting := map[int64][]int64{}
	for _, r := range rows {
		counting[r.MaterialID] = append(counting[r.MaterialID], r.VersionID)
	}
	var columns []ReportColumn
	for _, r := range rows {
		if r.Asks && !slices.ContainsFunc(columns, func(c ReportColumn) bool { return c.MaterialID == r.MaterialID }) {
			columns = append(columns, ReportColumn{
				Asked: policy.Asked{MaterialID: r.MaterialID, Courses: r.Courses}, Slug: r.Slug, Counting: counting[r.MaterialID], Platforms: s.platforms, now: s.now,
			})
		}
	}
	for _, active := range s.columns {
		if i := slices.IndexFunc(columns, func(c ReportColumn) bool { return c.MaterialID == active.MaterialID }); i >= 0 {
			columns[i] = active
		}
	}
	return columns, nil
}

// days counts the people who accepted, by day and by platform. From the answers to the people, by "+ 0", takes a
// third of the time of the other direction, which databases like better.
func (db *DB) days(ctx context.Context, c ReportColumn) ([]DayCount, map[string]int, error) {
	bySite := map[string]int{}
	if len(c.Platforms) == 0 {
		return nil, bySite, nil
	}
	rows, err := db.byDay(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	slices.SortFunc(rows, func(a, b dayRow) int { return cmp.Compare(a.Day, b.Day) })
	var days []DayCount
	total := 0
	for _, r := range rows {
		total += r.N
		bySite[r.PlatformID] += r.N
		day := time.Unix(r.Day, 0).UTC()
		if n := len(days); n == 0 || !days[n-1].Day.Equal(day) {
			days = append(days, DayCount{Day: day})
		}
		days[len(days)-1].Accepted = total
	}
	return days, bySite, nil
}

// dayRow is how many people of a platform accepted on a day.
type dayRow struct {
	PlatformID string `db:"platformid"`
	Day        int64  `db:"day"`
	N          int    `db:"n"`
}

// byDay counts the people who accepted. A policy of courses is accepted when the last course that asks for it is.
func (db *DB) byDay(ctx context.Context, c ReportColumn) ([]dayRow, error) {
	if c.Courses {
		standing, last := c.standing()
		var all []dayRow
		for _, some := range c.answerers() {
			var rows []dayRow
			err := db.r.SelectContext(ctx, &rows, `SELECT u.platformid, `+some.day+` AS day, COUNT(u.id) AS n FROM `+some.from+` AND `+standing+` = 1
				GROUP BY u.platformid, day`, slices.Concat(some.days, some.args, last)...)
			if err != nil {
				return nil, err
			}
			all = append(all, rows...)
		}
		return all, nil
	}
	query := `
		SELECT u.platformid, a.timemodified - a.timemodified % 86400 AS day, COUNT(a.userid) AS n
		FROM tool_policy_acceptances a
		JOIN lti_user u ON u.id = a.userid + 0
		WHERE a.policyversionid IN (?) AND a.status = 1 AND u.platformid IN (?) AND u.class = ''`
	args := []any{c.Counting, c.Platforms}
	if c.cutoff != 0 {
		query, args = query+` AND a.timemodified >= ?`, append(args, c.cutoff)
	}
	if len(c.Counting) > 1 {
		last, more := c.noLaterAnswer()
		query, args = query+` AND `+last, append(args, more...)
	}
	query, args, err := sqlx.In(query+` GROUP BY u.platformid, day`, args...)
	if err != nil {
		return nil, err
	}
	var rows []dayRow
	err = db.r.SelectContext(ctx, &rows, query, args...)
	return rows, err
}

// The people of the courses that have a list of participants, and of those that have none.
const (
	listedShares = `
		SELECT r.contextid, COUNT(x.sub) AS asked, SUM(CASE WHEN %s = 1 THEN 1 ELSE 0 END) AS accepted
		FROM lti_roster r
		JOIN lti_roster_member x ON x.generation = r.generation
		LEFT JOIN lti_user u ON u.platformid = r.platformid AND u.sub = x.sub
		WHERE r.platformid = ? AND r.generation <> '' AND COALESCE(u.class, '') = ''%s
		GROUP BY r.contextid`
	openedShares = `
		SELECT r.contextid, COUNT(r.userid) AS asked, SUM(CASE WHEN %s = 1 THEN 1 ELSE 0 END) AS accepted
		FROM lti_membership r
		LEFT JOIN lti_roster o ON o.platformid = r.platformid AND o.contextid = r.contextid
		JOIN lti_user u ON u.id = r.userid + 0
		WHERE r.platformid = ? AND COALESCE(o.generation, '') = '' AND u.class = ''%s
		GROUP BY r.contextid`
)

// courseShares counts the people of each known course of a platform whom the column asks.
func (db *DB) courseShares(ctx context.Context, c ReportColumn, whom asked, platformID string) ([]CourseShare, error) {
	standing, args := c.standing()
	args, where := append(args, platformID), ""
	if !whom.everybody() {
		where, args = ` AND `+whom.of, append(args, whom.args...)
	}
	type share struct {
		ContextID string `db:"contextid"`
		Asked     int    `db:"asked"`
		Accepted  int    `db:"accepted"`
	}
	var rows []share
	for _, query := range []string{listedShares, openedShares} {
		var some []share
		if err := db.r.SelectContext(ctx, &some, fmt.Sprintf(query, standing, where), args...); err != nil {
			return nil, err
		}
		rows = append(rows, some...)
	}
	var courses []struct {
		Course
		Listed sql.NullTime `db:"timefetched"`
	}
	err := db.r.SelectContext(ctx, &courses, `
		SELECT c.platformid, c.contextid, c.label, c.title, r.timefetched
		FROM lti_context c LEFT JOIN lti_roster r ON r.platformid = c.platformid AND r.contextid = c.contextid
		WHERE c.platformid = ?`, platformID)
	if err != nil {
		return nil, err
	}
	known := make(map[string]CourseShare, len(courses))
	for _, c := range courses {
		known[c.ID] = CourseShare{Course: c.Course, Listed: timeOf(c.Listed)}
	}
	shares := make([]CourseShare, 0, len(rows))
	for _, r := range rows {
		c := known[r.ContextID]
		c.PlatformID, c.ID, c.Asked, c.Accepted = platformID, r.ContextID, r.Asked, r.Accepted
		shares = append(shares, c)
	}
	return shares, nil
}
