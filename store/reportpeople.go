package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"ltipolicy/policy"
)

// details reads the people of a page and their answers.
func (s *reportScope) details(ctx context.Context, keys []ReportKey) ([]ReportRow, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	ids := make([]int64, len(keys))
	at := make(map[int64]int, len(keys))
	for i, k := range keys {
		ids[i], at[k.ID] = k.ID, i
	}
	rows := make([]ReportRow, len(keys))
	// A download reads some hundred people at once several times at once; each part fills rows of its own.
	all := parts(ids, 500)
	errs := make([]error, len(all))
	var wg sync.WaitGroup
	for i, part := range all {
		wg.Go(func() { errs[i] = s.part(ctx, part, rows, at) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	// Somebody may have gone between the two readings.
	return slices.DeleteFunc(rows, func(r ReportRow) bool { return r.User.ID == 0 }), nil
}

// part fills the rows of these people.
func (s *reportScope) part(ctx context.Context, ids []int64, rows []ReportRow, at map[int64]int) error {
	query, args, err := sqlx.In(`SELECT `+userColumns+` FROM lti_user u WHERE u.id IN (?)`, ids)
	if err != nil {
		return err
	}
	var us []User
	if err := s.db.r.SelectContext(ctx, &us, query, args...); err != nil {
		return err
	}
	for _, u := range us {
		u.Created, u.LastLaunch = u.Created.UTC(), u.LastLaunch.UTC()
		rows[at[u.ID]] = ReportRow{
			User: u, Given: make([]*policy.Given, len(s.columns)), Expired: make([]bool, len(s.columns)),
			Asked: make([]bool, len(s.columns)), Ended: make([]bool, len(s.columns)),
		}
	}
	if err := s.given(ctx, ids, rows, at); err != nil {
		return err
	}
	for _, u := range us {
		s.onSite(&rows[at[u.ID]])
	}
	if err := s.inCourses(ctx, ids, rows, at); err != nil {
		return err
	}
	for _, u := range us {
		row := &rows[at[u.ID]]
		for i, c := range s.columns {
			c.Latest = row.Given[i]
			row.Expired[i] = c.Expired(s.now)
		}
	}
	return s.answeredBy(ctx, ids, rows, at)
}

// answeredBy finds the names of those who answered for others.
func (s *reportScope) answeredBy(ctx context.Context, ids []int64, rows []ReportRow, at map[int64]int) error {
	if len(s.columns) != 1 {
		return nil
	}
	actors := map[int64][]int64{}
	for _, id := range ids {
		if row := rows[at[id]]; row.Given != nil && row.Given[0] != nil && row.Given[0].OnBehalf(id) {
			actors[row.Given[0].ActorID] = append(actors[row.Given[0].ActorID], id)
		}
	}
	if len(actors) == 0 {
		return nil
	}
	query, args, err := sqlx.In(`SELECT u.id, u.platformid, u.name FROM lti_user u WHERE u.id IN (?)`, slices.Collect(maps.Keys(actors)))
	if err != nil {
		return err
	}
	var us []User
	if err := s.db.r.SelectContext(ctx, &us, query, args...); err != nil {
		return err
	}
	for _, u := range us {
		for _, id := range actors[u.ID] {
			if row := &rows[at[id]]; row.User.PlatformID == u.PlatformID { // people answer for others of their own platform only
				row.By = u.Name
			}
		}
	}
	return nil
}

// onSite says which columns ask the person, but for those of courses.
func (s *reportScope) onSite(row *ReportRow) {
	for i, c := range s.columns {
		row.Asked[i] = !c.Courses && c.asksOf(row.User, row.Given[i], s.now)
	}
}

type givenRow struct {
	VersionID int64          `db:"policyversionid"`
	UserID    int64          `db:"userid"`
	Status    int64          `db:"status"`
	Lang      string         `db:"lang"`
	ActorID   int64          `db:"usermodified"`
	Time      int64          `db:"timemodified"`
	Note      sql.NullString `db:"note"`
}

func (s *reportScope) given(ctx context.Context, ids []int64, rows []ReportRow, at map[int64]int) error {
	column := map[int64][]int{}
	for i, c := range s.columns {
		if c.Courses {
			continue
		}
		for _, v := range c.Counting {
			column[v] = append(column[v], i)
		}
	}
	if len(column) == 0 {
		return nil
	}
	// Everything that these people answered: versions among the conditions would be looked up one by one.
	query, args, err := sqlx.In(`
		SELECT policyversionid, userid, status, lang, usermodified, timemodified, note
		FROM tool_policy_acceptances WHERE userid IN (?) AND status IS NOT NULL`, ids)
	if err != nil {
		return err
	}
	found, err := s.db.r.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer found.Close() //nolint:errcheck // Err tells what went wrong
	for found.Next() {
		var r givenRow
		if err := found.Scan(&r.VersionID, &r.UserID, &r.Status, &r.Lang, &r.ActorID, &r.Time, &r.Note); err != nil {
			return err
		}
		row := &rows[at[r.UserID]]
		if row.Given == nil {
			continue
		}
		for _, i := range column[r.VersionID] {
			c := s.columns[i]
			g := policy.Given{
				VersionID: r.VersionID, MaterialID: c.MaterialID, Accepted: r.Status == 1, Lang: r.Lang, ActorID: r.ActorID,
				Note: r.Note.String, Time: time.Unix(r.Time, 0).UTC(),
			}
			if row.Given[i] != nil {
				row.Given[i] = policy.Latest([]policy.Given{*row.Given[i], g}, c.VersionID, c.MaterialID)
			} else {
				row.Given[i] = &g
			}
		}
	}
	return found.Err()
}

// inCourses says where people stand with the policies of courses, and whom they ask.
func (s *reportScope) inCourses(ctx context.Context, ids []int64, rows []ReportRow, at map[int64]int) error {
	if !slices.ContainsFunc(s.columns, func(c ReportColumn) bool { return c.Courses }) {
		return nil
	}
	where, args := `m.userid IN (?)`, []any{ids}
	if s.q.ContextID != "" {
		where, args = where+` AND m.contextid = ?`, append(args, s.q.ContextID)
	}
	from, now := askingCourses(s.now)
	query, args, err := sqlx.In(`SELECT DISTINCT m.userid, m.contextid, l.slug FROM `+from+` WHERE `+where+` ORDER BY m.contextid`, append(now, args...)...)
	if err != nil {
		return err
	}
	var members []struct {
		UserID    int64  `db:"userid"`
		ContextID string `db:"contextid"`
		Slug      string `db:"slug"`
	}
	if err := s.db.r.SelectContext(ctx, &members, query, args...); err != nil {
		return err
	}
	answers, ended, err := s.courseAnswers(ctx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if row := &rows[at[id]]; row.Given != nil {
			for i, c := range s.columns {
				if c.Courses { // unless a course asks, see below
					row.Given[i] = policy.Latest(c.counted(answers[memberKey{userID: id}]), c.VersionID, c.MaterialID)
					row.Ended[i] = row.Given[i] != nil && ended[memberKey{id, row.Given[i].Scope}]
				}
			}
		}
	}
	type cell struct{ row, column int }
	asked := map[cell][]policy.Asked{}
	for _, m := range members {
		for i, c := range s.columns {
			if c.Courses && c.Slug == m.Slug {
				a, counts := c.Asked, cell{at[m.UserID], i}
				a.Latest = policy.Latest(c.counted(answers[memberKey{m.UserID, m.ContextID}]), c.VersionID, c.MaterialID)
				asked[counts] = append(asked[counts], a)
			}
		}
	}
	for of, there := range asked {
		row := &rows[of.row]
		if row.Given == nil {
			continue
		}
		a, _ := policy.Among(there, s.now)
		row.Given[of.column], row.Ended[of.column] = a.Latest, false
		row.Asked[of.column] = s.columns[of.column].asksOf(row.User, a.Latest, s.now)
	}
	return nil
}

// memberKey is somebody in a course.
type memberKey struct {
	userID    int64
	contextID string
}

// courseAnswers reads what people answered in courses, or in the one that the report is about: by course, and all of it by
// none; and which of these courses have ended.
func (s *reportScope) courseAnswers(ctx context.Context, ids []int64) (map[memberKey][]policy.Given, map[memberKey]bool, error) {
	query, args, err := sqlx.In(`
		SELECT a.policyversionid, a.userid, a.contextid, a.status, a.lang, a.usermodified, a.timemodified, a.note,
			CASE WHEN `+courseEnded(`u.platformid`, `a.contextid`)+` THEN 1 ELSE 0 END AS ended
		FROM course_acceptance a JOIN lti_user u ON u.id = a.userid WHERE a.userid IN (?) ORDER BY a.contextid`, utc(s.now), ids)
	if err != nil {
		return nil, nil, err
	}
	var rows []struct {
		givenRow
		ContextID string `db:"contextid"`
		Ended     bool   `db:"ended"`
	}
	if err := s.db.r.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, nil, err
	}
	answers, ended := map[memberKey][]policy.Given{}, map[memberKey]bool{}
	for _, r := range rows {
		if s.q.ContextID != "" && s.q.ContextID != r.ContextID {
			continue
		}
		g := policy.Given{
			VersionID: r.VersionID, Scope: r.ContextID, Accepted: r.Status == 1, Lang: r.Lang, ActorID: r.ActorID,
			Note: r.Note.String, Time: time.Unix(r.Time, 0).UTC(),
		}
		for _, key := range []memberKey{{r.UserID, r.ContextID}, {userID: r.UserID}} {
			answers[key] = append(answers[key], g)
		}
		ended[memberKey{r.UserID, r.ContextID}] = r.Ended
	}
	return answers, ended, nil
}

// counted are those of the answers that count for the column, as answers to its material.
func (c ReportColumn) counted(given []policy.Given) []policy.Given {
	var there []policy.Given
	for _, g := range given {
		if slices.Contains(c.Counting, g.VersionID) {
			g.MaterialID = c.MaterialID
			there = append(there, g)
		}
	}
	return there
}
