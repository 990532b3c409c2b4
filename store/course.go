package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"ltipolicy/policy"
)

// Course is a course that somebody opened an activity in.
type Course struct {
	PlatformID string `db:"platformid"`
	ID         string `db:"contextid"`
	Label      string `db:"label"`
	Title      string `db:"title"`
}

// Course returns a course of one of the institution's platforms, or policy.ErrNotFound.
func (db *DB) Course(ctx context.Context, institutionID, platformID, contextID string) (Course, error) {
	var c Course
	err := db.r.GetContext(ctx, &c, `
		SELECT c.platformid, c.contextid, c.label, c.title
		FROM lti_platform p JOIN lti_context c ON c.platformid = p.id
		WHERE p.id = ? AND p.institutionid = ? AND c.contextid = ?`, platformID, institutionID, contextID)
	if err != nil {
		return Course{}, missing("course", err)
	}
	return c, nil
}

// NamedCourse is a course as people know it.
type NamedCourse struct {
	Name string    // the title, or the short name, or, of a course that is known by neither, the id
	End  time.Time // zero: it does not end, or nothing is known of it
}

// CourseNames returns how people know courses of a platform, by id. Without ids nothing is read.
func (db *DB) CourseNames(ctx context.Context, platformID string, ids []string) (map[string]NamedCourse, error) {
	names := map[string]NamedCourse{}
	for _, id := range ids {
		names[id] = NamedCourse{Name: id}
	}
	for _, part := range parts(distinct(ids), 500) {
		query, args, err := sqlx.In(`SELECT contextid, label, title, timeend FROM lti_context WHERE platformid = ? AND contextid IN (?)`, platformID, part)
		if err != nil {
			return nil, err
		}
		var rows []struct {
			ID    string       `db:"contextid"`
			Label string       `db:"label"`
			Title string       `db:"title"`
			End   sql.NullTime `db:"timeend"`
		}
		if err := db.r.SelectContext(ctx, &rows, query, args...); err != nil {
			return nil, fmt.Errorf("reading the courses' names: %w", unavailable(err))
		}
		for _, r := range rows {
			names[r.ID] = NamedCourse{cmp.Or(r.Title, r.Label, r.ID), timeOf(r.End)}
		}
	}
	return names, nil
}

// FindCourses returns the institution's courses, on one platform if it is given, whose title, label and number
// hold all words of the text, by title, at most limit and one more; the words are compared as in a search for
// people. Where the text is exactly the number, label or title of some, it is those alone.
func (db *DB) FindCourses(ctx context.Context, institutionID, platformID, text string, limit int) ([]Course, error) {
	query, args := `
		SELECT c.platformid, c.contextid, c.label, c.title
		FROM lti_platform p JOIN lti_context c ON c.platformid = p.id
		WHERE p.institutionid = ?`, []any{institutionID}
	if platformID != "" {
		query, args = query+` AND p.id = ?`, append(args, platformID)
	}
	// Names are compared here and not by the database, whose ideas of letters are not ours: ten thousand
	// courses take a few hundredths of a second.
	rows, err := db.r.QueryxContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("finding courses: %w", unavailable(err))
	}
	defer rows.Close() //nolint:errcheck // Err tells what went wrong
	type match struct {
		Course
		key string // begins with the title
	}
	whole := policy.Fold(text)
	var found, exact []match
	for rows.Next() {
		var c Course
		if err := rows.Scan(&c.PlatformID, &c.ID, &c.Label, &c.Title); err != nil {
			return nil, fmt.Errorf("finding courses: %w", unavailable(err))
		}
		m := match{c, policy.SearchKey(c.Title, c.Label, c.ID)}
		if !policy.Matches(m.key, whole) {
			continue
		}
		found = append(found, m)
		if strings.Contains(" "+m.key+" ", " "+whole+" ") && // else the three need not be folded one by one
			slices.ContainsFunc([]string{c.ID, c.Label, c.Title}, func(s string) bool { return policy.Fold(s) == whole }) {
			exact = append(exact, m)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("finding courses: %w", unavailable(err))
	}
	if len(exact) > 0 {
		found = exact
	}
	slices.SortFunc(found, func(a, b match) int {
		return cmp.Or(strings.Compare(a.key, b.key), strings.Compare(a.PlatformID, b.PlatformID))
	})
	var out []Course
	for _, m := range found[:min(len(found), limit+1)] {
		out = append(out, m.Course)
	}
	return out, nil
}

// SomeCourses returns at most limit of the institution's courses, in no order: all of them, if they are fewer.
func (db *DB) SomeCourses(ctx context.Context, institutionID string, limit int) ([]Course, error) {
	var cs []Course
	err := db.r.SelectContext(ctx, &cs, `
		SELECT c.platformid, c.contextid, c.label, c.title
		FROM lti_platform p JOIN lti_context c ON c.platformid = p.id
		WHERE p.institutionid = ? LIMIT ?`, institutionID, limit)
	if err != nil {
		return nil, fmt.Errorf("reading courses: %w", unavailable(err))
	}
	return cs, nil
}
