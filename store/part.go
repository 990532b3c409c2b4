package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// A part is those rows of a table that may still be changed or deleted, where the table's other rows never are. On a
// server it is a view, and the account that serves has rights on the view alone: what has left it, such as a draft that
// was published, is out of its reach for good. SQLite has no accounts, and views that are read only: there the table
// stands for its part.
type part struct {
	view, table string
	rows        string // the condition
	needs       string // a column that a migration adds after the table was made; empty: none
	change      string // what the serving account may do with the rows
}

// Whatever people could read is in none of these parts.
const unpublished = `NOT EXISTS (SELECT d.versionid FROM policy_version_detail d WHERE d.published = 1 AND d.versionid = `

var (
	draftVersion = part{view: "draft_version", table: "tool_policy_versions", rows: unpublished + `tool_policy_versions.id)`, change: "UPDATE, DELETE"}
	draftDetail  = part{view: "draft_detail", table: "policy_version_detail", rows: `published = 0`, change: "UPDATE, DELETE"}
	// What was announced has one thing still to come: that it becomes active.
	announcedDetail = part{
		view: "announced_detail", table: "policy_version_detail",
		rows: `published = 1 AND announcedfrom IS NOT NULL AND activefrom IS NULL`, needs: "announcedfrom", change: "UPDATE (activefrom)",
	}
	draftText  = part{view: "draft_text", table: "policy_version_text", rows: unpublished + `policy_version_text.versionid)`, change: "DELETE"}
	draftImage = part{view: "draft_image", table: "policy_image_use", rows: unpublished + `policy_image_use.versionid)`, change: "DELETE"}
	spareImage = part{view: "spare_image", table: "policy_image",
		rows: `NOT EXISTS (SELECT u.digest FROM policy_image_use u WHERE u.digest = policy_image.digest)`, change: "DELETE"}
	spareCheckpoint = part{view: "spare_checkpoint", table: "evidence_checkpoint", rows: `kept = 0`, change: "UPDATE (kept), DELETE"}
	seen            = part{view: "admin_log_seen", table: "admin_log", rows: `action IN ('` + strings.Join(viewed[:], `', '`) + `')`, change: "DELETE"}
)

func allParts() []part {
	return []part{draftVersion, draftDetail, announcedDetail, draftText, draftImage, spareImage, spareCheckpoint, seen}
}

// open is what a statement names that changes or deletes rows of the part.
func (db *DB) open(p part) string {
	if db.mysql {
		return p.view
	}
	return p.table
}

// partsMissing is what a schema lacks whose migrations are all made, but not the views.
const partsMissing = "views of what may still change"

// makeParts makes the views that do not stand, and says so in did unless it tells of migrations already.
func (db *DB) makeParts(ctx context.Context, pool *sql.DB, did []string) ([]string, error) {
	if !db.mysql {
		return did, nil
	}
	some := false
	for _, p := range allParts() {
		made, err := db.makePart(ctx, pool, p)
		if err != nil {
			return did, fmt.Errorf("making the view %s: %w", p.view, err)
		}
		some = some || made
	}
	if some && len(did) == 0 {
		did = append(did, partsMissing)
	}
	return did, nil
}

// makePart makes the view, unless it stands: of all columns that its table has by now, and as this account's, because a
// view may what the account may that made it, and ends with that account. One that is whole and somebody else's is left
// as it is by an account that may make none. What tells a view is its name: another condition takes another one.
func (db *DB) makePart(ctx context.Context, pool *sql.DB, p part) (made bool, _ error) {
	running := context.WithoutCancel(ctx) // with the migrations before it
	tx, err := pool.BeginTx(running, nil)
	if err != nil {
		return false, err
	}
	defer tx.Rollback() //nolint:errcheck // a server commits a view by itself
	var want, have sql.NullString
	var mine int
	err = tx.QueryRowContext(running, `
		SELECT (SELECT GROUP_CONCAT(COLUMN_NAME ORDER BY ORDINAL_POSITION) FROM information_schema.COLUMNS
				WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?),
			(SELECT GROUP_CONCAT(COLUMN_NAME ORDER BY ORDINAL_POSITION) FROM information_schema.COLUMNS
				WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?),
			(SELECT COUNT(TABLE_NAME) FROM information_schema.VIEWS
				WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND DEFINER = CURRENT_USER())`,
		p.table, p.view, p.view).Scan(&want, &have, &mine)
	whole := have == want
	if p.needs != "" && !slices.Contains(strings.Split(want.String, ","), p.needs) { // the migrations stopped before it
		return false, err
	}
	if err != nil || whole && mine > 0 {
		return false, err
	}
	err = db.giveWay(running, ctx, tx, p.view,
		`CREATE OR REPLACE SQL SECURITY DEFINER VIEW `+p.view+` AS SELECT `+want.String+` FROM `+p.table+` WHERE `+p.rows)
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok && whole && faultOf(e) == refused {
		return false, nil
	}
	return err == nil, err
}

// partsThere reports whether the database has every view.
func partsThere(tables []string) bool {
	return !slices.ContainsFunc(allParts(), func(p part) bool { return !slices.Contains(tables, p.view) })
}
