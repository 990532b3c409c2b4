package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Enrolment is a course in which somebody opened an activity, with the roles of the last time.
type Enrolment struct {
	ID         string    `db:"contextid"`
	Label      string    `db:"label"`
	Title      string    `db:"title"`
	Roles      string    `db:"roles"`
	LastLaunch time.Time `db:"lastlaunch"`
	End        time.Time `db:"-"` // of the course; zero: it does not end, or nothing is known of it
}

// Enrolments returns the courses of a person, the latest first.
func (db *DB) Enrolments(ctx context.Context, platformID string, userID int64) ([]Enrolment, error) {
	var rows []struct {
		Enrolment
		TimeEnd sql.NullTime `db:"timeend"`
	}
	err := db.r.SelectContext(ctx, &rows, `
		SELECT m.contextid, COALESCE(c.label, '') AS label, COALESCE(c.title, '') AS title, m.roles, m.lastlaunch, c.timeend
		FROM lti_membership m
		LEFT JOIN lti_context c ON c.platformid = m.platformid AND c.contextid = m.contextid
		WHERE m.userid = ? AND m.platformid = ?
		ORDER BY m.lastlaunch DESC, m.contextid`, userID, platformID)
	if err != nil {
		return nil, fmt.Errorf("reading the courses: %w", unavailable(err))
	}
	es := make([]Enrolment, 0, len(rows))
	for _, r := range rows {
		r.LastLaunch, r.End = r.LastLaunch.UTC(), timeOf(r.TimeEnd)
		es = append(es, r.Enrolment)
	}
	return es, nil
}
