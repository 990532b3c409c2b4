package store

import (
	"context"
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
}

// Enrolments returns the courses of a person, the latest first.
func (db *DB) Enrolments(ctx context.Context, platformID string, userID int64) ([]Enrolment, error) {
	var es []Enrolment
	err := db.r.SelectContext(ctx, &es, `
		SELECT m.contextid, COALESCE(c.label, '') AS label, COALESCE(c.title, '') AS title, m.roles, m.lastlaunch
		FROM lti_membership m
		LEFT JOIN lti_context c ON c.platformid = m.platformid AND c.contextid = m.contextid
		WHERE m.userid = ? AND m.platformid = ?
		ORDER BY m.lastlaunch DESC, m.contextid`, userID, platformID)
	if err != nil {
		return nil, fmt.Errorf("reading the courses: %w", unavailable(err))
	}
	for i := range es {
		es[i].LastLaunch = es[i].LastLaunch.UTC()
	}
	return es, nil
}
