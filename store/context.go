package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"ltipolicy/lti"
)

// saveContext inserts the course or writes its new title. A launch may have no course.
func saveContext(ctx context.Context, tx *Tx, platformID string, c lti.Context, now time.Time) error {
	if c.ID == "" {
		return nil
	}
	label, title := clip(c.Label, 255), clip(c.Title, 255)
	var old struct {
		Label string `db:"label"`
		Title string `db:"title"`
	}
	err := tx.GetContext(ctx, &old, `SELECT label, title FROM lti_context WHERE platformid = ? AND contextid = ?`, platformID, c.ID)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		_, err = tx.ExecContext(ctx,
			`INSERT INTO lti_context (platformid, contextid, label, title, timecreated) VALUES (?, ?, ?, ?, ?)`,
			platformID, c.ID, label, title, now)
	case err == nil && (old.Label != label || old.Title != title):
		_, err = tx.ExecContext(ctx,
			`UPDATE lti_context SET label = ?, title = ? WHERE platformid = ? AND contextid = ?`, label, title, platformID, c.ID)
	}
	return saved("course", err)
}

// saveResourceLink inserts the activity or writes its new title or course.
func saveResourceLink(ctx context.Context, tx *Tx, platformID, contextID string, l lti.ResourceLink, now time.Time) error {
	if l.ID == "" {
		return nil
	}
	title := clip(l.Title, 255)
	var old struct {
		ContextID string `db:"contextid"`
		Title     string `db:"title"`
	}
	err := tx.GetContext(ctx, &old,
		`SELECT contextid, title FROM lti_resource_link WHERE platformid = ? AND resourcelinkid = ?`, platformID, l.ID)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		_, err = tx.ExecContext(ctx, `
			INSERT INTO lti_resource_link (platformid, resourcelinkid, contextid, title, timecreated)
			VALUES (?, ?, ?, ?, ?)`, platformID, l.ID, contextID, title, now)
	case err == nil && (old.ContextID != contextID || old.Title != title):
		_, err = tx.ExecContext(ctx,
			`UPDATE lti_resource_link SET contextid = ?, title = ? WHERE platformid = ? AND resourcelinkid = ?`,
			contextID, title, platformID, l.ID)
	}
	return saved("activity", err)
}

// saveMembership records the person's signed roles in the course.
func saveMembership(ctx context.Context, tx *Tx, platformID, contextID string, userID int64, roles string, now time.Time) error {
	if contextID == "" {
		return nil
	}
	var old struct {
		Roles      string    `db:"roles"`
		LastLaunch time.Time `db:"lastlaunch"`
	}
	err := tx.GetContext(ctx, &old,
		`SELECT roles, lastlaunch FROM lti_membership WHERE platformid = ? AND contextid = ? AND userid = ?`,
		platformID, contextID, userID)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		_, err = tx.ExecContext(ctx,
			`INSERT INTO lti_membership (platformid, contextid, userid, roles, lastlaunch) VALUES (?, ?, ?, ?, ?)`,
			platformID, contextID, userID, roles, now)
	case err == nil && (old.Roles != roles || now.Sub(old.LastLaunch) >= touchAfter):
		_, err = tx.ExecContext(ctx,
			`UPDATE lti_membership SET roles = ?, lastlaunch = ? WHERE platformid = ? AND contextid = ? AND userid = ?`,
			roles, now, platformID, contextID, userID)
	}
	return saved("membership", err)
}

// saved says what was being written, and has the transaction run again if somebody inserted the row first.
func saved(what string, err error) error {
	if duplicate(err) {
		return errAgain
	}
	if err != nil {
		return fmt.Errorf("saving the %s: %w", what, err)
	}
	return nil
}
