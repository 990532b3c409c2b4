package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"ltipolicy/lti"
	"ltipolicy/policy"
)

// visit is what is stored of what a launch tells: the person, the course, the activity, the person's roles in
// the course, the course's roster, the activity's line item and the policies that it asks for. What is not
// stored has no value.
type visit struct {
	user        User
	label       sql.NullString
	title       sql.NullString
	linkContext sql.NullString
	linkTitle   sql.NullString
	roles       sql.NullString
	lastLaunch  sql.NullTime
	rosterURL   sql.NullString
	itemContext sql.NullString
	itemURL     sql.NullString
	asks        []asks
}

// asks is a policy that the activity asked for at its last launch, from which course.
type asks struct{ slug, contextID string }

// visitOf reads a visit in one query, all of it look-ups by key, a row for each policy that the activity asks for.
func visitOf(ctx context.Context, q sqlx.QueryerContext, m *lti.Message, platformID string) (visit, error) {
	rows, err := q.QueryxContext(ctx, `
		SELECT u.id, u.name, u.givenname, u.familyname, u.email, u.username, u.idnumber, u.lang, u.class,
			u.timecreated, u.lastlaunch, c.label, c.title, l.contextid, l.title, r.roles, r.lastlaunch, o.url, i.contextid, i.url,
			a.slug, a.contextid
		FROM lti_platform p
		LEFT JOIN lti_user u ON u.platformid = p.id AND u.sub = ?
		LEFT JOIN lti_context c ON c.platformid = p.id AND c.contextid = ?
		LEFT JOIN lti_resource_link l ON l.platformid = p.id AND l.resourcelinkid = ?
		LEFT JOIN lti_membership r ON r.platformid = p.id AND r.contextid = ? AND r.userid = u.id
		LEFT JOIN lti_roster o ON o.platformid = p.id AND o.contextid = ?
		LEFT JOIN lti_line_item i ON i.platformid = p.id AND i.resourcelinkid = ?
		LEFT JOIN lti_link_policy a ON a.platformid = p.id AND a.resourcelinkid = ?
		WHERE p.id = ?`,
		m.Sub, m.Context.ID, m.ResourceLink.ID, m.Context.ID, m.Context.ID, m.ResourceLink.ID, m.ResourceLink.ID, platformID)
	if err != nil {
		return visit{}, fmt.Errorf("reading what is known of the launch: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var v visit
	for rows.Next() {
		var u struct {
			id                                                                 sql.NullInt64
			name, given, family, email, username, idnumber, lang, class, asked sql.NullString
			from                                                               sql.NullString
			created, last                                                      sql.NullTime
		}
		err := rows.Scan(&u.id, &u.name, &u.given, &u.family, &u.email, &u.username, &u.idnumber, &u.lang, &u.class,
			&u.created, &u.last, &v.label, &v.title, &v.linkContext, &v.linkTitle, &v.roles, &v.lastLaunch, &v.rosterURL,
			&v.itemContext, &v.itemURL, &u.asked, &u.from)
		if err != nil {
			return visit{}, fmt.Errorf("reading what is known of the launch: %w", err)
		}
		if u.id.Valid {
			v.user = User{
				ID: u.id.Int64, PlatformID: platformID, Sub: m.Sub, Name: u.name.String, GivenName: u.given.String,
				FamilyName: u.family.String, Email: u.email.String, Username: u.username.String, IDNumber: u.idnumber.String,
				Lang: u.lang.String, Class: u.class.String, Created: timeOf(u.created), LastLaunch: timeOf(u.last),
			}
		}
		if u.asked.Valid {
			v.asks = append(v.asks, asks{u.asked.String, u.from.String})
		}
	}
	if err := rows.Err(); err != nil {
		return visit{}, fmt.Errorf("reading what is known of the launch: %w", err)
	}
	return v, nil
}

// write is a statement that a launch needs.
type write struct {
	what  string
	gate  bool // what the course asks for, or where its scores go, is another now
	query string
	args  []any
}

// writes are the statements that bring what is stored to what the launch tells, none if it is so already. The
// person is stored before them.
func (v visit) writes(m *lti.Message, u User, now time.Time) []write {
	var ws []write
	add := func(gate bool, what, query string, args ...any) { ws = append(ws, write{what, gate, query, args}) }
	if m.Context.ID != "" {
		v.courseWrites(m, u, now, add)
	}
	if m.ResourceLink.ID != "" {
		title := clip(m.ResourceLink.Title, 255)
		switch {
		case !v.linkContext.Valid:
			add(false, "activity", `
				INSERT INTO lti_resource_link (platformid, resourcelinkid, contextid, title, timecreated)
				VALUES (?, ?, ?, ?, ?)`, u.PlatformID, m.ResourceLink.ID, m.Context.ID, title, now)
		case v.linkContext.String != m.Context.ID || v.linkTitle.String != title:
			add(false, "activity", `UPDATE lti_resource_link SET contextid = ?, title = ? WHERE platformid = ? AND resourcelinkid = ?`,
				m.Context.ID, title, u.PlatformID, m.ResourceLink.ID)
		}
	}
	if isActivity(m) {
		v.activityWrites(m, u, add)
	}
	return ws
}

type addWrite func(gate bool, what, query string, args ...any)

func (v visit) courseWrites(m *lti.Message, u User, now time.Time, add addWrite) {
	label, title := clip(m.Context.Label, 255), clip(m.Context.Title, 255)
	switch {
	case !v.label.Valid:
		add(false, "course", `INSERT INTO lti_context (platformid, contextid, label, title, timecreated) VALUES (?, ?, ?, ?, ?)`,
			u.PlatformID, m.Context.ID, label, title, now)
	case v.label.String != label || v.title.String != title:
		add(false, "course", `UPDATE lti_context SET label = ?, title = ? WHERE platformid = ? AND contextid = ?`,
			label, title, u.PlatformID, m.Context.ID)
	}
	roles := m.Roles.String()
	switch {
	case !v.roles.Valid:
		add(false, "membership", `INSERT INTO lti_membership (platformid, contextid, userid, roles, lastlaunch) VALUES (?, ?, ?, ?, ?)`,
			u.PlatformID, m.Context.ID, u.ID, roles, now)
	case v.roles.String != roles || now.Sub(v.lastLaunch.Time) >= touchAfter:
		add(false, "membership", `UPDATE lti_membership SET roles = ?, lastlaunch = ? WHERE platformid = ? AND contextid = ? AND userid = ?`,
			roles, now, u.PlatformID, m.Context.ID, u.ID)
	}
	address := m.NRPS.MembershipsURL
	if len(address) > addressMax {
		address = ""
	}
	switch {
	case !v.rosterURL.Valid && address != "":
		add(false, "roster's address", `
			INSERT INTO lti_roster (platformid, contextid, url, generation, filling, stale, members, failure)
			VALUES (?, ?, ?, '', '', '', 0, '')`, u.PlatformID, m.Context.ID, address)
	case v.rosterURL.Valid && v.rosterURL.String != address:
		add(false, "roster's address", `UPDATE lti_roster SET url = ? WHERE platformid = ? AND contextid = ?`,
			address, u.PlatformID, m.Context.ID)
	}
}

// activityWrites keep which policies the activity asks its course for, and its line item. A slug that names
// nothing, or a policy of the whole site, is kept and changes nothing.
func (v visit) activityWrites(m *lti.Message, u User, add addWrite) {
	wants := policy.CourseSlugs(m.Custom[policy.CoursePoliciesParameter])
	for _, had := range v.asks {
		if had.contextID == m.Context.ID && slices.Contains(wants, had.slug) {
			wants = slices.DeleteFunc(wants, func(s string) bool { return s == had.slug })
			continue
		}
		add(true, "course's policies", `DELETE FROM lti_link_policy WHERE platformid = ? AND resourcelinkid = ? AND slug = ?`,
			u.PlatformID, m.ResourceLink.ID, had.slug)
	}
	for _, slug := range wants {
		add(true, "course's policies", `INSERT INTO lti_link_policy (platformid, resourcelinkid, contextid, slug) VALUES (?, ?, ?, ?)`,
			u.PlatformID, m.ResourceLink.ID, m.Context.ID, slug)
	}
	address := m.AGS.LineItem
	if !slices.Contains(m.AGS.Scopes, lti.ScopeScore) || len(address) > addressMax {
		address = ""
	}
	switch {
	case !v.itemContext.Valid:
		add(false, "line item", `INSERT INTO lti_line_item (platformid, resourcelinkid, contextid, url) VALUES (?, ?, ?, ?)`,
			u.PlatformID, m.ResourceLink.ID, m.Context.ID, address)
	case v.itemURL.String != address || v.itemContext.String != m.Context.ID:
		add(true, "line item", `UPDATE lti_line_item SET contextid = ?, url = ? WHERE platformid = ? AND resourcelinkid = ?`,
			m.Context.ID, address, u.PlatformID, m.ResourceLink.ID)
	}
}
