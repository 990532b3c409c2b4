package store

import (
	"fmt"
	"slices"
	"time"

	"ltipolicy/policy"
)

// Who is asked now, in SQL. Whether one person must answer one version is [policy.Asked.Pending]; where many people
// are counted or listed, the database has to say it, made of the pieces of this file. Where answers are only counted,
// as in the report's figures and before a publication, they are counted by what counts (noLaterAnswer). What a version
// itself says about it (kind, audience, day) is the rule's to say, once for all people: see ReportColumn.asks. The
// pieces say the rest of a person u: whether the version reaches them, and which answer of theirs counts.
// TestRandomHistoriesAgreeWithTheRule holds them to the rule.

// asksMembers is the condition that active version v, d can ask members at all, as [policy.Asked.Asks] says: other
// versions have no column in the report and no figures.
const asksMembers = `(d.kind <> 'inform' AND v.audience <> 2)`

// What a course asks, one look-up for each policy. They differ in whose course it is.
const (
	askedByCourse = `EXISTS (SELECT 1 FROM lti_link_policy lp WHERE lp.platformid = `

	// inCourse is the condition that policy pd is asked in a course of platform pp; its argument is the course.
	inCourse = `(pd.courses = 0 OR ` + askedByCourse + `pp.platformid AND lp.contextid = ? AND lp.slug = pd.slug))`
	// inVisited is the same of a course of platform y.
	inVisited = `(pd.courses = 0 OR ` + askedByCourse + `y.id AND lp.contextid = ? AND lp.slug = pd.slug))`
	// inScores is the condition that policy pd is asked in the course of score o.
	inScores = `(pd.courses = 0 OR ` + askedByCourse + `o.platformid AND lp.contextid = o.contextid AND lp.slug = pd.slug))`

	// asksIn is the condition that the course of a row asks for a policy; its argument is the slug. That the course goes on
	// is said beside it, see goesOn.
	asksIn = askedByCourse + `%[1]s.platformid AND lp.contextid = %[1]s.contextid AND lp.slug = ?)`
)

// courseEnded is the condition that the course of a platform, both given as they are called in the query, has ended. Its
// argument is the time. [policy.Viewer.In] says the same.
func courseEnded(platform, course string) string {
	return `EXISTS (SELECT 1 FROM lti_context ec WHERE ec.platformid = ` + platform + ` AND ec.contextid = ` + course + ` AND ec.timeend <= ?)`
}

// asksNow is the condition that the course of a row of the name asks for a policy: an activity of it does, and it has not
// ended.
func asksNow(row, slug string, now time.Time) (string, []any) {
	return fmt.Sprintf(asksIn, row) + ` AND NOT ` + courseEnded(row+`.platformid`, row+`.contextid`), []any{slug, utc(now)}
}

// askingCourses joins the members m of courses that have not ended with what activities l of these courses ask for. Its
// arguments come before those of the conditions.
func askingCourses(now time.Time) (string, []any) {
	return `lti_membership m JOIN lti_link_policy l ON l.platformid = m.platformid AND l.contextid = m.contextid
		AND NOT ` + courseEnded(`l.platformid`, `l.contextid`), []any{utc(now)}
}

// statusEnded stands, as a value of standing, for an answer that was given in a course that has ended since.
const statusEnded = -2

// asking are the courses that ask the column of person u, by their members m; of one course alone where the report is
// about that.
func (c ReportColumn) asking() (string, []any) {
	from, args := askingCourses(c.now)
	from, args = from+` WHERE m.userid = u.id AND l.slug = ?`, append(args, c.Slug)
	if c.only != "" {
		from, args = from+` AND m.contextid = ?`, append(args, c.only)
	}
	return from, args
}

// inAsking is the condition that person u is in a course that asks for the column.
func (c ReportColumn) inAsking() (string, []any) {
	from, args := c.asking()
	return `EXISTS (SELECT 1 FROM ` + from + `)`, args
}

// in is the column as one course asks it, whose id is the value of the expression: it is asked there or not, and answered
// there or not. Otherwise it stands for all courses that ask, as [policy.Among] says.
func (c ReportColumn) in(course string) ReportColumn {
	c.course = course
	return c
}

// asks reports whether the column's version asks people of a class anything now, wherever it applies.
func (c ReportColumn) asks(class string, now time.Time) bool {
	return c.Asks(personRow{Class: class}.Person().At(now))
}

// asksOf reports whether the column asks a person anything now who answered so; of a policy for courses, if they are in
// a course that asks for it.
func (c ReportColumn) asksOf(u User, latest *policy.Given, now time.Time) bool {
	a := c.Asked
	a.Latest = latest
	return slices.Contains(c.Platforms, u.PlatformID) && a.Asks(u.Person().At(now))
}

// asked is whom of a class on one platform a column asks something now, whatever they answered.
type asked struct {
	nobody bool
	of     string // of those the ones of whom this condition about person u holds; empty: everybody
	args   []any
}

// everybody reports that the column asks all of them: only then may people be counted without looking at each.
func (a asked) everybody() bool { return !a.nobody && a.of == "" }

// asked says whom of a class the column asks on a platform.
func (s *reportScope) asked(c ReportColumn, platform, class string) asked {
	there, args := c.inAsking()
	return s.askedThere(c, platform, class, there, args...)
}

// askedThere is asked of the people of courses; there says that a course asks for the column. What a rule looks at in a
// person is said here, of person u, who is NULL if they never came.
func (s *reportScope) askedThere(c ReportColumn, platform, class, there string, args ...any) asked {
	a := asked{nobody: !slices.Contains(c.Platforms, platform) || !c.asks(class, s.now)}
	if c.Courses {
		a.and(there, args...)
	}
	// Who was erased is spared what became active later. A version of before the first of them concerns nobody so.
	if since, some := s.erased[platform]; some && !c.ActiveFrom.Before(since) {
		settled, args := c.settled()
		a.and(`(u.timeerased IS NULL OR u.timeerased > ? OR `+settled+`)`, append([]any{utc(c.ActiveFrom)}, args...)...)
	}
	return a
}

// and narrows whom it is asked of.
func (a *asked) and(of string, args ...any) {
	if a.of != "" {
		of = a.of + ` AND ` + of
	}
	a.of, a.args = of, append(a.args, args...)
}

// pending is the condition that person u must answer the column now, which asks somebody of the platform.
func (c ReportColumn) pending(whom asked) (string, []any) {
	standing, args := c.standing()
	sql := `COALESCE(` + standing + `, 0) <> 1`
	if c.Kind.Sufficient(&policy.Given{}) {
		sql = `COALESCE(` + standing + `, ` + ended + `) = ` + ended
	}
	if whom.everybody() {
		return sql, args
	}
	return `(` + sql + ` AND ` + whom.of + `)`, append(args, whom.args...)
}

// settled is the condition that the answer of person u that counts for the column suffices.
func (c ReportColumn) settled() (string, []any) {
	standing, args := c.standing()
	if c.Kind.Sufficient(&policy.Given{}) {
		return `COALESCE(` + standing + `, ` + ended + `) <> ` + ended, args
	}
	return standing + ` = 1`, args
}

// ended is the value of an answer that was an acceptance and has ended, see [policy.Asked.Expired]. It is less than a
// refusal, because it needs doing before that.
const ended = `-1`

// at is the column at a time, by which acceptances of before the cutoff have ended, see [policy.Validity.Cutoff].
func (c ReportColumn) at(now time.Time) ReportColumn {
	c.cutoff = 0
	if t := c.Cutoff(now); !t.IsZero() {
		c.cutoff = t.Unix()
	}
	return c
}

// status is the value of answer a.
func (c ReportColumn) status() string {
	if c.cutoff == 0 {
		return `a.status`
	}
	return fmt.Sprintf(`CASE WHEN a.status = 1 AND a.timemodified < %d THEN `+ended+` ELSE a.status END`, c.cutoff)
}

// stands is the condition that the answer of person u that counts for the column is this one, 1 accepted, 0
// declined or ended, whether or not they are asked.
func (c ReportColumn) stands(status string) (string, []any) {
	standing, args := c.standing()
	return standing + ` = ` + status, args
}

// accepted is the condition that person u accepted the column or is not asked it: who was not asked and yet declined has
// not accepted.
func (c ReportColumn) accepted(whom asked) (string, []any) {
	standing, args := c.standing()
	if c.Courses { // what ended is not asked either
		standing = fmt.Sprintf(`NULLIF(%s, %d)`, standing, statusEnded)
	}
	switch {
	case whom.nobody:
		return `COALESCE(` + standing + `, 1) = 1`, args
	case whom.everybody():
		return standing + ` = 1`, args
	default:
		return `COALESCE(` + standing + `, CASE WHEN ` + whom.of + ` THEN 0 ELSE 1 END) = 1`, append(args, whom.args...)
	}
}

// standing is the answer of person u that counts for the column, as a value: 1, 0, ended or NULL. It is what
// [policy.Latest] says, and, where several courses ask, [policy.Among]. Whom none asks any more stands as they answered last,
// which is statusEnded if that was in a course that has ended.
func (c ReportColumn) standing() (string, []any) {
	switch {
	case len(c.Counting) == 0: // nobody can have answered what is not active yet
		return `NULL`, nil
	case !c.Courses:
		return c.standingIn(c.status(), `tool_policy_acceptances a WHERE `, ``)
	case c.course != "":
		return c.standingIn(c.status(), `course_acceptance a WHERE a.contextid = `+c.course+` AND `, ``)
	}
	asks, args := c.inAsking()
	one, more := c.standingIn(c.status(), `course_acceptance a WHERE a.contextid = m.contextid AND `, ``)
	from, courses := c.asking()
	last, any := c.answeredLast()
	return `CASE WHEN ` + asks + ` THEN (SELECT ` + one + ` AS st FROM ` + from + ` ORDER BY st LIMIT 1)
		ELSE ` + last + ` END`, slices.Concat(args, more, courses, any) // NULL comes before all, ended before 0 and 1
}

// standingIn is standing among some rows a, of which the last column of the order decides between equals. value is what
// the row says that counts.
func (c ReportColumn) standingIn(value, rows, order string) (string, []any) {
	if len(c.Counting) == 1 && order == "" {
		return `(SELECT ` + value + ` FROM ` + rows + `a.policyversionid = ? AND a.userid = u.id)`, []any{c.Counting[0]}
	}
	return `(SELECT ` + value + ` FROM ` + rows + `a.userid = u.id AND a.policyversionid IN (` + marks(len(c.Counting)) + `) AND a.status IS NOT NULL
		ORDER BY a.timemodified DESC, CASE WHEN a.policyversionid = ? THEN 1 ELSE 0 END DESC, a.policyversionid DESC` + order + ` LIMIT 1)`,
		append(c.counting(), c.VersionID)
}

// answeredLast is the last answer of person u in whichever course, or in the one that the report is about.
func (c ReportColumn) answeredLast() (string, []any) {
	value := fmt.Sprintf(`CASE WHEN %s THEN %d ELSE %s END`, courseEnded(`u.platformid`, `a.contextid`), statusEnded, c.status())
	rows, args := `course_acceptance a WHERE `, []any{utc(c.now)}
	if c.only != "" {
		rows, args = rows+`a.contextid = ? AND `, append(args, c.only)
	}
	last, more := c.standingIn(value, rows, `, a.contextid`)
	return last, slices.Concat(args, more)
}

// counting are the versions whose answers count, as arguments.
func (c ReportColumn) counting() []any {
	args := make([]any, 0, len(c.Counting)+2)
	for _, v := range c.Counting {
		args = append(args, v)
	}
	return args
}

// answerers are people u of the column's platforms who answered the column in courses: those whom courses ask it, and
// those whom none asks any more. The two are counted one after the other, because neither is found by looking at everybody.
type answerers struct {
	from string
	args []any
	day  string // on which they answered last where it counts, in UTC and Unix seconds
	days []any
}

func (c ReportColumn) answerers() []answerers {
	asks, slug := c.inAsking()
	asking, courses := c.asking()
	members, now := askingCourses(c.now)
	on := marks(len(c.Platforms))
	var platforms []any
	for _, id := range c.Platforms {
		platforms = append(platforms, id)
	}
	people := `lti_user u WHERE u.platformid IN (` + on + `) AND u.class = '' AND `
	day := `(SELECT MAX(a.timemodified - a.timemodified % 86400) FROM course_acceptance a
		WHERE a.userid = u.id AND a.policyversionid IN (` + marks(len(c.Counting)) + `)`
	return []answerers{
		{
			from: people + `u.id IN (SELECT m.userid FROM ` + members + ` WHERE l.platformid IN (` + on + `) AND l.slug = ?)`,
			args: slices.Concat(platforms, now, platforms, []any{c.Slug}),
			day:  day + ` AND a.contextid IN (SELECT m.contextid FROM ` + asking + `))`, days: slices.Concat(c.counting(), courses),
		},
		{
			from: people + `u.id IN (SELECT ca.userid FROM course_acceptance ca WHERE ca.policyversionid IN (` + marks(len(c.Counting)) + `)) AND NOT ` + asks,
			args: slices.Concat(platforms, c.counting(), slug),
			day:  day + `)`, days: c.counting(),
		},
	}
}

// noLaterAnswer is the condition that of a person's answers to the column's versions, answer a is the one that
// counts, as [policy.Latest] says: the last one, and of two in one second the one to the active version, whose id
// need not be the highest.
func (c ReportColumn) noLaterAnswer() (string, []any) {
	return `NOT EXISTS (
			SELECT 1 FROM tool_policy_acceptances b
			WHERE b.userid = a.userid AND b.policyversionid IN (?) AND b.status IS NOT NULL
				AND (b.timemodified > a.timemodified OR (b.timemodified = a.timemodified AND a.policyversionid <> ?
					AND (b.policyversionid = ? OR b.policyversionid > a.policyversionid))))`, []any{c.Counting, c.VersionID, c.VersionID}
}
