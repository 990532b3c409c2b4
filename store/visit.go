package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"ltipolicy/lti"
	"ltipolicy/policy"
)

// visit is what is stored of what a launch tells: the platform, the person, the course, the person's roles in
// the course, the course's roster, the activity's line item and the policies that it asks for, the learner's
// score for it, and what the course asks of the person. What is not stored has no value.
type visit struct {
	platform    platformRow // without what a launch does not depend on
	deployed    bool        // the message's deployment is one of the platform's
	zone        Zone        // the institution's
	user        User
	label       sql.NullString
	title       sql.NullString
	roles       sql.NullString
	lastLaunch  sql.NullTime
	rosterURL   sql.NullString
	end         sql.NullTime
	copied      sql.NullBool
	itemContext sql.NullString
	itemURL     sql.NullString
	score       outboxRow // without a platform, if there is none
	asks        []asks
	asked       []policy.Asked
}

// asks is a policy that the activity asked for at its last launch, from which course.
type asks struct{ slug, contextID string }

// visitQuery reads a visit, all of it look-ups by key: a row for each answer that could count for a policy of the
// platform, and for each policy that the activity asked for.
const visitQuery = `
	SELECT y.institutionid, y.issuer, y.clientid, y.jwksurl, y.anonymous, y.status, g.deploymentid IS NOT NULL, t.zone,
		u.id, u.name, u.givenname, u.familyname, u.email, u.username, u.idnumber, u.lang, u.timecreated, u.lastlaunch, ` + personColumns + `,
		c.label, c.title, r.roles, r.lastlaunch, c.rosterurl, c.timeend, c.copied, i.contextid, i.url,
		o.platformid, o.contextid, o.lineitem, o.wanted, o.sent, o.stamp, o.revision, o.due, o.owedsince, o.attempts, o.dead,
		o.failure, o.waits, k.slug, k.contextid,
		` + inVisited + `,
		` + askedColumns + `
	FROM lti_platform y
	LEFT JOIN institution t ON t.id = y.institutionid
	LEFT JOIN lti_deployment g ON g.platformid = y.id AND g.deploymentid = ?
	LEFT JOIN lti_user u ON u.platformid = y.id AND u.sub = ?
	LEFT JOIN lti_context c ON c.platformid = y.id AND c.contextid = ?
	LEFT JOIN lti_membership r ON r.platformid = y.id AND r.contextid = ? AND r.userid = u.id
	LEFT JOIN lti_line_item i ON i.platformid = y.id AND i.resourcelinkid = ?
	LEFT JOIN outbox o ON o.platformid = y.id AND o.resourcelinkid = ? AND o.userid = u.id
	LEFT JOIN lti_link_policy k ON k.platformid = y.id AND k.resourcelinkid = ?
	LEFT JOIN policy_platform pp ON pp.platformid = y.id
	LEFT JOIN tool_policy p ON p.id = pp.policyid
	LEFT JOIN policy_detail pd ON pd.policyid = p.id
	LEFT JOIN tool_policy_versions v ON v.id = p.currentversionid
	LEFT JOIN policy_version_detail d ON d.versionid = v.id
	LEFT JOIN policy_version_detail m ON m.materialid = d.materialid
	` + siteAnswer + `u.id` + courseAnswer + `u.id` + thatCourse + `?
	WHERE y.id = ?`

// visitOf reads a visit.
func visitOf(ctx context.Context, q sqlx.QueryerContext, m *lti.Message, platformID string) (visit, error) {
	course, link := m.Context.ID, m.ResourceLink.ID
	rows, err := q.QueryxContext(ctx, visitQuery, course, m.DeploymentID, m.Sub, course, course, link, link, link, course, platformID)
	if err != nil {
		return visit{}, fmt.Errorf("reading what is known of the launch: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var v visit
	var asked []askedRow
	known := false
	for rows.Next() {
		var slug, from sql.NullString
		var applies sql.NullBool
		var a askedRow
		var first visitRow
		to := first.fields(&v)
		if known { // all rows begin alike
			for i := range to {
				to[i] = skip{}
			}
		}
		to = append(append(to, &slug, &from, &applies), a.fields()...)
		if err := rows.Scan(to...); err != nil {
			return visit{}, fmt.Errorf("reading what is known of the launch: %w", err)
		}
		if !known {
			known = true
			first.fill(&v, m, platformID)
		}
		if had := (asks{slug.String, from.String}); slug.Valid && !slices.Contains(v.asks, had) {
			v.asks = append(v.asks, had)
		}
		if applies.Bool {
			asked = append(asked, a)
		}
	}
	if err := rows.Err(); err != nil {
		return visit{}, fmt.Errorf("reading what is known of the launch: %w", err)
	}
	if !known {
		return visit{}, missing("platform", sql.ErrNoRows)
	}
	v.asked = askedFrom(asked)
	return v, nil
}

// skip takes a column that was read before.
type skip struct{}

// Scan does nothing.
func (skip) Scan(any) error { return nil }

// visitRow is what of a visit may be NULL where nothing is stored.
type visitRow struct {
	personRow
	id                                                   sql.NullInt64
	name, given, family, email, username, idnumber, lang sql.NullString
	created, last                                        sql.NullTime
	scorePlatform, scoreContext, item, failure           sql.NullString
	wanted, sent, revision, attempts                     sql.NullInt64
	dead, waits                                          sql.NullBool
}

func (r *visitRow) fields(v *visit) []any {
	p, o := &v.platform, &v.score
	return slices.Concat([]any{
		&p.InstitutionID, &p.Issuer, &p.ClientID, &p.JWKSURL, &p.Anonymous, &p.Status, &v.deployed, &v.zone,
		&r.id, &r.name, &r.given, &r.family, &r.email, &r.username, &r.idnumber, &r.lang, &r.created, &r.last,
	}, r.personRow.fields(), []any{
		&v.label, &v.title, &v.roles, &v.lastLaunch, &v.rosterURL, &v.end, &v.copied, &v.itemContext, &v.itemURL,
		&r.scorePlatform, &r.scoreContext, &r.item, &r.wanted, &r.sent, &o.Stamp, &r.revision, &o.Due, &o.OwedSince, &r.attempts,
		&r.dead, &r.failure, &r.waits,
	})
}

func (r *visitRow) fill(v *visit, m *lti.Message, platformID string) {
	v.platform.ID = platformID
	if r.id.Valid {
		v.user = User{
			ID: r.id.Int64, PlatformID: platformID, Sub: m.Sub, Name: r.name.String, GivenName: r.given.String,
			FamilyName: r.family.String, Email: r.email.String, Username: r.username.String, IDNumber: r.idnumber.String,
			Lang: r.lang.String, personRow: r.personRow, Created: timeOf(r.created), LastLaunch: timeOf(r.last),
		}
	}
	o := &v.score
	o.PlatformID, o.ResourceLinkID, o.UserID, o.ContextID, o.Sub = r.scorePlatform.String, m.ResourceLink.ID, r.id.Int64, r.scoreContext.String, m.Sub
	o.LineItem, o.Failure, o.Dead, o.Waits = r.item.String, r.failure.String, r.dead.Bool, r.waits.Bool
	o.Wanted, o.Sent, o.Revision, o.Attempts = int(r.wanted.Int64), int(r.sent.Int64), r.revision.Int64, int(r.attempts.Int64)
}

// of reports whether the platform is the one that the message was verified for.
func (v visit) of(p lti.Platform, m *lti.Message) bool {
	return v.platform == launchPlatform(p) && v.deployed == slices.Contains(p.Deployments, m.DeploymentID)
}

// launchPlatform is what a launch depends on.
func launchPlatform(p lti.Platform) platformRow {
	return platformRow{
		ID: p.ID, InstitutionID: p.InstitutionID, Issuer: p.Issuer, ClientID: p.ClientID, JWKSURL: p.JWKSURL,
		Anonymous: p.Anonymous, Status: string(p.Status),
	}
}

// write is a statement that a launch needs.
type write struct {
	what  string
	gate  bool // what the course asks for, or where its scores go, is another now
	query string
	args  []any
	// person says that it is about the person, and finds no row where they are not there any more.
	person bool
}

// writes are the statements that bring what is stored to what the launch tells, none if it is so already. The
// person is stored before them, or, if there is nothing new about them, held as they are.
func (v visit) writes(m *lti.Message, u User, now time.Time, held string) []write {
	var ws []write
	add := func(gate bool, what, query string, args ...any) {
		ws = append(ws, write{what: what, gate: gate, query: query, args: args})
	}
	if m.Context.ID != "" {
		v.courseWrites(m, u, now, add)
		if w, is := v.membershipWrite(m, u, now, held); is {
			ws = append(ws, w)
		}
	}
	if isActivity(m) {
		v.activityWrites(m, u, add)
	}
	return ws
}

type addWrite func(gate bool, what, query string, args ...any)

func (v visit) courseWrites(m *lti.Message, u User, now time.Time, add addWrite) {
	label, title, roster := clip(m.Context.Label, 255), clip(m.Context.Title, 255), m.NRPS.MembershipsURL
	if len(roster) > addressMax {
		roster = ""
	}
	end, copied := v.courseSays(m)
	switch {
	case !v.label.Valid:
		add(false, "course", `INSERT INTO lti_context (platformid, contextid, label, title, rosterurl, timeend, copied, timecreated) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			u.PlatformID, m.Context.ID, label, title, roster, timeOrNull(end), copied, now)
	case v.label.String != label || v.title.String != title || v.rosterURL.String != roster || !end.Equal(timeOf(v.end)) || copied != v.copied.Bool:
		// While a course had ended, scores that it would not give any more were kept.
		again := v.end.Valid && !now.Before(timeOf(v.end)) && (end.IsZero() || now.Before(end))
		add(again, "course", `UPDATE lti_context SET label = ?, title = ?, rosterurl = ?, timeend = ?, copied = ? WHERE platformid = ? AND contextid = ?`,
			label, title, roster, timeOrNull(end), copied, u.PlatformID, m.Context.ID)
	}
}

// courseSays is when the course ends and whether it was made from another one, as the launch says, or, of what it does
// not speak, as it was known before.
func (v visit) courseSays(m *lti.Message) (end time.Time, copied bool) {
	end, copied = timeOf(v.end), v.copied.Bool
	if m.Context.ID == "" {
		return time.Time{}, false
	}
	says := m.Particulars()
	if says.SaysEnd {
		end = time.Time{}
		if !says.End.IsZero() {
			end = utc(says.End)
		}
	}
	if says.SaysHistory {
		copied = len(says.History) > 0
	}
	return end, copied
}

// membershipWrite keeps that the person was in the course, and in which roles.
func (v visit) membershipWrite(m *lti.Message, u User, now time.Time, held string) (write, bool) {
	w, roles := write{what: "membership", person: true}, m.Roles.String()
	switch {
	case !v.roles.Valid:
		w.query = `INSERT INTO lti_membership (platformid, contextid, userid, roles, lastlaunch) SELECT ?, ?, u.id, ?, ? FROM lti_user u WHERE u.id = ?` + held
		w.args = []any{u.PlatformID, m.Context.ID, roles, now, u.ID}
	case v.roles.String != roles || now.Sub(v.lastLaunch.Time) >= touchAfter:
		w.query = `UPDATE lti_membership SET roles = ?, lastlaunch = ? WHERE platformid = ? AND contextid = ? AND userid = ?`
		w.args = []any{roles, now, u.PlatformID, m.Context.ID, u.ID}
	default:
		return write{}, false
	}
	return w, true
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
	if len(wants) > 0 {
		var args []any
		for _, slug := range wants {
			args = append(args, u.PlatformID, m.ResourceLink.ID, m.Context.ID, slug)
		}
		add(true, "course's policies", `INSERT INTO lti_link_policy (platformid, resourcelinkid, contextid, slug) VALUES (?, ?, ?, ?)`+
			strings.Repeat(`, (?, ?, ?, ?)`, len(wants)-1), args...)
	}
	address := itemOf(m)
	switch {
	case !v.itemContext.Valid:
		add(false, "line item", `INSERT INTO lti_line_item (platformid, resourcelinkid, contextid, url) VALUES (?, ?, ?, ?)`,
			u.PlatformID, m.ResourceLink.ID, m.Context.ID, address)
	case v.itemURL.String != address || v.itemContext.String != m.Context.ID:
		add(true, "line item", `UPDATE lti_line_item SET contextid = ?, url = ? WHERE platformid = ? AND resourcelinkid = ?`,
			m.Context.ID, address, u.PlatformID, m.ResourceLink.ID)
	}
}

// itemOf is the line item of the message's activity; empty: it has none, or no scores may be sent to it.
func itemOf(m *lti.Message) string {
	if !slices.Contains(m.AGS.Scopes, lti.ScopeScore) || len(m.AGS.LineItem) > addressMax {
		return ""
	}
	return m.AGS.LineItem
}

// newScore is the learner's score for the activity as the launch leaves it, and whether that has to be stored.
// asked is what the course asks of the person.
func (v visit) newScore(m *lti.Message, u User, asked []policy.Asked, now time.Time) (outboxRow, bool) {
	if !owedScore(m) {
		return outboxRow{}, false
	}
	old := v.score
	fresh := old.PlatformID == ""
	if fresh {
		old = outboxRow{
			PlatformID: u.PlatformID, ResourceLinkID: m.ResourceLink.ID, UserID: u.ID, ContextID: m.Context.ID, Sub: u.Sub, Revision: 1,
			// Looked at again soon: an answer that is being written now does not see this row.
			Due: sql.NullTime{Time: now.Add(secondLook), Valid: true},
		}
	}
	old.Current = itemOf(m)
	end, copied := v.courseSays(m)
	old.copied = fresh && copied
	o := old.relaunched(m.Context.ID, policy.GateOf(asked, u.Person().At(now).In(end)), now)
	return o, fresh || !o.same(old)
}
