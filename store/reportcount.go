package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"ltipolicy/policy"
)

// Count is how many people stand how with a version, people only: tests, services and guests do not count.
// Asked is who is asked now, answered or not, 0 for a version that asks nobody: an archived one, one for guests, one to
// read only, one whose day has not come.
type Count struct {
	Accepted int
	Declined int // or withdrawn
	Expired  int // accepted once, for a time that is over
	Ended    int // answered, whatever it was, in courses that have ended since
	Asked    int
}

// Counts returns the figures of all versions of the institution that are or were active, by version id. An
// answer to any version of a material counts for the active one; an archived version has its own answers.
//
// Where counting takes long, because there are very many answers, figures that were counted shortly before
// are returned again, at most [tallyAge] old, with when that was; otherwise the time is zero. The map is shared: do not
// change it.
func (db *DB) Counts(ctx context.Context, institutionID string) (map[int64]Count, time.Time, error) {
	s, err := db.reportScope(ctx, ReportQuery{InstitutionID: institutionID})
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("counting answers: %w", err)
	}
	return db.counts.get(ctx, db.now, s.key(), func(ctx context.Context) (map[int64]Count, error) { return db.countAll(ctx, s) })
}

func (db *DB) countAll(ctx context.Context, s *reportScope) (map[int64]Count, error) {
	people, err := db.people(ctx, s.platforms)
	if err != nil {
		return nil, fmt.Errorf("counting people: %w", unavailable(err))
	}
	columns := slices.Clone(s.columns)
	var archived []struct {
		ID       int64           `db:"id"`
		Slug     string          `db:"slug"`
		Courses  bool            `db:"courses"`
		Validity policy.Validity `db:"validity"`
		Zone     string          `db:"zone"`
	}
	err = db.r.SelectContext(ctx, &archived, `
		SELECT v.id, pd.slug, d.validity, d.zone, `+scopeOfArchived+` AS courses FROM policy_detail pd
		JOIN tool_policy_versions v ON v.policyid = pd.policyid
		JOIN policy_version_detail d ON d.versionid = v.id
		WHERE pd.institutionid = ? AND v.archived = 1 ORDER BY v.id`, s.q.InstitutionID)
	if err != nil {
		return nil, fmt.Errorf("counting answers: %w", unavailable(err))
	}
	for _, v := range archived {
		columns = append(columns, ReportColumn{
			Asked: policy.Asked{VersionID: v.ID, Validity: v.Validity, Zone: v.Zone, Courses: v.Courses}, Slug: v.Slug,
			Counting: []int64{v.ID}, Platforms: s.platforms, now: s.now,
		}.at(s.now))
	}
	counts := make(map[int64]Count, len(columns))
	for i, c := range columns {
		n, err := db.count(ctx, c, s.platforms)
		if err == nil && i < len(s.columns) {
			n.Asked, err = s.askedPeople(ctx, c, people)
		}
		if err != nil {
			return nil, fmt.Errorf("counting answers: %w", unavailable(err))
		}
		counts[c.VersionID] = n
	}
	return counts, nil
}

// people counts the people of each platform.
func (db *DB) people(ctx context.Context, platforms []string) (map[string]int, error) {
	n := map[string]int{}
	for _, id := range platforms {
		var count int
		err := db.r.GetContext(ctx, &count, `SELECT COUNT(u.id) FROM lti_user u WHERE u.platformid = ? AND u.class = ''`, id)
		if err != nil {
			return nil, err
		}
		n[id] = count
	}
	return n, nil
}

// askedPeople counts whom a column asks now, whatever they answered.
func (s *reportScope) askedPeople(ctx context.Context, c ReportColumn, people map[string]int) (int, error) {
	total := 0
	for _, id := range c.Platforms {
		whom := s.asked(c, id, "")
		if whom.nobody {
			continue
		}
		if whom.everybody() {
			total += people[id]
			continue
		}
		from, args := `lti_user u WHERE u.platformid = ?`, []any{id}
		if c.Courses { // read from the courses that ask, which are few
			members, now := askingCourses(s.now)
			from, args = members+` JOIN lti_user u ON u.id = m.userid WHERE l.platformid = ? AND l.slug = ?`, append(now, id, c.Slug)
		}
		var n int
		err := s.db.r.GetContext(ctx, &n, `SELECT COUNT(DISTINCT u.id) FROM `+from+` AND u.class = '' AND `+whom.of, append(args, whom.args...)...)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// count counts a column's answers. Where it applies everywhere, as policies mostly do, they are counted in
// the index alone, and the few that are not people's are taken off; elsewhere each answer's person is looked
// up.
func (db *DB) count(ctx context.Context, c ReportColumn, all []string) (Count, error) {
	if c.Courses && len(c.Platforms) > 0 { // where each person stands among the courses that ask, who are few
		standing, args := c.standing()
		var all Count
		for _, some := range c.answerers() {
			n, err := db.countIn(ctx, `SELECT `+standing+` AS stands, COUNT(u.id) AS n FROM `+some.from+` GROUP BY stands HAVING stands IS NOT NULL`,
				slices.Concat(args, some.args)...)
			if err != nil {
				return all, err
			}
			all.Accepted, all.Declined = all.Accepted+n.Accepted, all.Declined+n.Declined
			all.Expired, all.Ended = all.Expired+n.Expired, all.Ended+n.Ended
		}
		return all, nil
	}
	if len(c.Counting) == 1 && len(c.Platforms) == len(all) {
		every, err := db.countIn(ctx, `
			SELECT `+c.status()+` AS stands, COUNT(a.userid) AS n FROM tool_policy_acceptances a
			WHERE a.policyversionid = ? AND a.status IS NOT NULL GROUP BY stands`, c.Counting[0])
		if err != nil || len(all) == 0 {
			return every, err
		}
		query, args, err := sqlx.In(`
			SELECT `+c.status()+` AS stands, COUNT(a.userid) AS n FROM lti_user u
			JOIN tool_policy_acceptances a ON a.userid = u.id
			WHERE u.platformid IN (?) AND u.class IN ('test', 'service', 'guest', 'admin', 'deleted', 'suspended') AND a.policyversionid = ? AND a.status IS NOT NULL
			GROUP BY stands`, all, c.Counting[0])
		if err != nil {
			return Count{}, err
		}
		others, err := db.countIn(ctx, query, args...)
		return Count{Accepted: every.Accepted - others.Accepted, Declined: every.Declined - others.Declined, Expired: every.Expired - others.Expired}, err
	}
	if len(c.Platforms) == 0 {
		return Count{}, nil
	}
	// Of several answers to one material the last one counts.
	last, more := c.noLaterAnswer()
	query, args, err := sqlx.In(`
		SELECT `+c.status()+` AS stands, COUNT(a.userid) AS n FROM tool_policy_acceptances a
		JOIN lti_user u ON u.id = a.userid
		WHERE a.policyversionid IN (?) AND a.status IS NOT NULL AND u.platformid IN (?) AND u.class = '' AND `+last+`
		GROUP BY stands`, append([]any{c.Counting, c.Platforms}, more...)...)
	if err != nil {
		return Count{}, err
	}
	return db.countIn(ctx, query, args...)
}

func (db *DB) countIn(ctx context.Context, query string, args ...any) (Count, error) {
	var rows []struct {
		Status int `db:"stands"`
		N      int `db:"n"`
	}
	if err := db.r.SelectContext(ctx, &rows, query, args...); err != nil {
		return Count{}, err
	}
	var c Count
	for _, r := range rows {
		c.add(r.Status, r.N)
	}
	return c, nil
}

// add counts people whose answer has a value of [ReportColumn.standing].
func (n *Count) add(status, people int) {
	switch status {
	case 1:
		n.Accepted += people
	case 0:
		n.Declined += people
	case statusEnded:
		n.Ended += people
	default:
		n.Expired += people
	}
}
