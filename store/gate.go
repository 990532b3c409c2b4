package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"ltipolicy/lti"
	"ltipolicy/policy"
)

// What stands in the outbox's columns wanted and sent.
const (
	scoreNone    = 0
	scoreFull    = 1
	scoreUnknown = 2 // sent only: it was under way when the program lost sight of it
)

// secondLook is when a score is worked out again after something changed that does not wait for the answers
// being written meanwhile: longer than any transaction takes.
const secondLook = time.Minute

// outboxRow is the score of one learner for one activity.
type outboxRow struct {
	personRow                   // whose score it is; read only
	PlatformID     string       `db:"platformid"`
	ResourceLinkID string       `db:"resourcelinkid"`
	UserID         int64        `db:"userid"`
	ContextID      string       `db:"contextid"`
	Sub            string       `db:"sub"`
	LineItem       string       `db:"lineitem"`
	Wanted         int          `db:"wanted"`
	Sent           int          `db:"sent"`
	Stamp          sql.NullTime `db:"stamp"`
	Revision       int64        `db:"revision"`
	Due            sql.NullTime `db:"due"`
	OwedSince      sql.NullTime `db:"owedsince"`
	Attempts       int          `db:"attempts"`
	Dead           bool         `db:"dead"`
	Failure        string       `db:"failure"`
	Waits          bool         `db:"waits"`   // a publication's, not of an act of the learner's own
	Current        string       `db:"current"` // the activity's line item now; read only
	CourseEnd      sql.NullTime `db:"timeend"` // read only

	copied bool      // its course was made from another one, just now as far as the tool knows
	next   time.Time // when it is to be looked at again, as worked out just now; while nothing is owed, due says it
}

const outboxColumns = `o.platformid, o.resourcelinkid, o.userid, o.contextid, o.sub, o.lineitem, o.wanted, o.sent, o.stamp,
		o.revision, o.due, o.owedsince, o.attempts, o.dead, o.failure, o.waits, COALESCE(i.url, '') AS current, c.timeend, ` + personColumns

// outboxQuery reads outboxRows; its end says which.
const outboxQuery = `
	SELECT ` + outboxColumns + `
	FROM outbox o
	LEFT JOIN lti_user u ON u.id = o.userid
	LEFT JOIN lti_line_item i ON i.platformid = o.platformid AND i.resourcelinkid = o.resourcelinkid
	LEFT JOIN lti_context c ON c.platformid = o.platformid AND c.contextid = o.contextid
	WHERE `

// owed reports whether the platform has something else than it should have.
func (o outboxRow) owed() bool { return o.LineItem != "" && o.Wanted != o.Sent }

// settle brings the row to what the answers say now, without storing it: whether the learner has passed, and
// whether that has to be sent. revive gives a dead score another chance.
func (o outboxRow) settle(g policy.Gate, revive bool, now time.Time) outboxRow {
	wanted := scoreNone
	o.next = g.Next
	if g.Open || g.Kept && o.Wanted == scoreFull {
		wanted = scoreFull
	}
	fresh := revive && o.Dead
	if o.LineItem != o.Current { // another line item holds no score of ours
		o.LineItem, o.Sent, fresh = o.Current, scoreNone, true
		if o.copied && o.Current != "" { // but a course that was restored with its participants has brought theirs along
			o.Sent = scoreUnknown
		}
	}
	if o.Wanted != wanted {
		o.Wanted, fresh = wanted, true
	}
	if fresh {
		o.Dead, o.Attempts, o.Failure = false, 0, ""
	}
	switch {
	case !o.owed():
		o.Due, o.OwedSince, o.Waits = timeOrNull(o.next), sql.NullTime{}, false
	case o.Dead:
		o.Due = sql.NullTime{}
	case fresh || !o.Due.Valid:
		o.Due = sql.NullTime{Time: now, Valid: true}
	}
	if o.owed() && !o.OwedSince.Valid {
		o.OwedSince = sql.NullTime{Time: now, Valid: true}
	}
	return o
}

// ownAct is settle after something that the learner did: the score goes before all that publications owe.
func (o outboxRow) ownAct(g policy.Gate, revive bool, now time.Time) outboxRow {
	o = o.settle(g, revive, now)
	o.Waits = false
	return o
}

// oneOfMany is settle after something that concerns many learners at once.
func (o outboxRow) oneOfMany(g policy.Gate, revive bool, now time.Time) outboxRow {
	p := o.settle(g, revive, now)
	if p.owed() && !p.same(o) {
		p.Waits = true
	}
	return p
}

// same reports whether nothing has to be stored. What is on its way learns by its revision that it is to be looked at
// again.
func (o outboxRow) same(p outboxRow) bool {
	onItsWay := o.Sent == scoreUnknown && !o.next.IsZero()
	return !onItsWay && o.ContextID == p.ContextID && o.LineItem == p.LineItem && o.Wanted == p.Wanted && o.Sent == p.Sent &&
		o.Due.Valid == p.Due.Valid && o.Due.Time.Equal(p.Due.Time) && o.Dead == p.Dead && o.Attempts == p.Attempts &&
		o.Waits == p.Waits
}

// put stores the row if nobody stored it since it was read, and reports whether it did. Every writer of the
// outbox comes here, so that two who read different answers cannot both be content with what they saw.
func (o outboxRow) put(ctx context.Context, tx *Tx, now time.Time) (bool, error) {
	ok, err := one(tx.ExecContext(ctx, `
		UPDATE outbox SET contextid = ?, lineitem = ?, wanted = ?, sent = ?, stamp = ?, revision = ?, due = ?, owedsince = ?,
			attempts = ?, dead = ?, failure = ?, waits = ?, timemodified = ?
		WHERE platformid = ? AND resourcelinkid = ? AND userid = ? AND revision = ?`,
		o.ContextID, o.LineItem, o.Wanted, o.Sent, o.Stamp, o.Revision+1, o.Due, o.OwedSince,
		o.Attempts, o.Dead, o.Failure, o.Waits, now, o.PlatformID, o.ResourceLinkID, o.UserID, o.Revision))
	if err != nil {
		return false, fmt.Errorf("writing the outbox: %w", err)
	}
	return ok, nil
}

// settleQuery reads a person's outbox with what each row's course asks, all of it look-ups by key: a row for
// each score and each answer that could count there.
const settleQuery = `
	SELECT ` + outboxColumns + `, ` + askedColumns + `,
		` + inScores + ` AS applies
	FROM outbox o
	LEFT JOIN lti_user u ON u.id = o.userid
	LEFT JOIN lti_line_item i ON i.platformid = o.platformid AND i.resourcelinkid = o.resourcelinkid
	LEFT JOIN lti_context c ON c.platformid = o.platformid AND c.contextid = o.contextid
	LEFT JOIN policy_platform pp ON pp.platformid = o.platformid
	LEFT JOIN tool_policy p ON p.id = pp.policyid
	LEFT JOIN policy_detail pd ON pd.policyid = p.id
	LEFT JOIN tool_policy_versions v ON v.id = p.currentversionid
	LEFT JOIN policy_version_detail d ON d.versionid = v.id
	LEFT JOIN policy_version_detail m ON m.materialid = d.materialid
	` + siteAnswer + `o.userid` + courseAnswer + `o.userid` + thatCourse + `o.contextid
	WHERE o.userid = ?`

// settleUser works out the person's scores after an answer. It stores each of them, changed or not: two
// answers of one person at once, of which neither transaction sees the other's, would otherwise leave the
// score as neither of them alone could change it.
func (db *DB) settleUser(ctx context.Context, tx *Tx, userID int64) error {
	var read []struct {
		outboxRow
		askedRow
		Applies sql.NullBool `db:"applies"`
	}
	if err := tx.SelectContext(ctx, &read, settleQuery, userID); err != nil {
		return fmt.Errorf("reading the person's scores: %w", err)
	}
	asked := map[string][]askedRow{}
	rows := map[string]outboxRow{} // a person is of one platform, so that the activity tells the rows apart
	for _, r := range read {
		rows[r.ResourceLinkID] = r.outboxRow
		if r.Applies.Bool {
			asked[r.ResourceLinkID] = append(asked[r.ResourceLinkID], r.askedRow)
		}
	}
	now := utc(db.now())
	for _, links := range parts(slices.Sorted(maps.Keys(rows)), 100) {
		old, settled := make([]outboxRow, len(links)), make([]outboxRow, len(links))
		for i, link := range links {
			old[i] = rows[link]
			settled[i] = old[i].ownAct(policy.GateOf(askedFrom(asked[link]), old[i].Person().At(now).In(timeOf(old[i].CourseEnd))), false, now)
		}
		if err := putAll(ctx, tx, old, settled, now); err != nil {
			return err
		}
	}
	return nil
}

// putAll is [outboxRow.put] for all rows of one person, in one statement. A row that somebody stored since is
// errAgain.
func putAll(ctx context.Context, tx *Tx, old, o []outboxRow, now time.Time) error {
	u := update{
		table: "outbox", where: "platformid = ? AND userid = ?", args: []any{o[0].PlatformID, o[0].UserID},
		key: "resourcelinkid", keys: columnOf("", o, func(o outboxRow) any { return o.ResourceLinkID }).values,
	}
	stored, err := u.rows(ctx, tx, old, o, now)
	if err == nil && stored < len(o) {
		err = errAgain
	}
	return err
}

// rows stores those rows that nobody stored since they were read, and returns how many.
func (u update) rows(ctx context.Context, tx *Tx, old, o []outboxRow, now time.Time) (int, error) {
	u.set = []column{columnOf("timemodified", o, func(outboxRow) any { return now })}
	u.expect = []column{columnOf("revision", old, func(o outboxRow) any { return o.Revision })}
	for _, c := range outboxState {
		was, is := columnOf(c.name, old, c.value), columnOf(c.name, o, c.value)
		if !slices.Equal(was.values, is.values) {
			u.set = append(u.set, is)
		}
	}
	u.set = append(u.set, columnOf("revision", old, func(o outboxRow) any { return o.Revision + 1 }))
	stored, err := u.some(ctx, tx)
	if err != nil {
		return 0, fmt.Errorf("writing the outbox: %w", err)
	}
	return stored, nil
}

// outboxState are the columns that change when a row is worked out or sent.
var outboxState = []struct {
	name  string
	value func(outboxRow) any
}{
	{"lineitem", func(o outboxRow) any { return o.LineItem }},
	{"wanted", func(o outboxRow) any { return o.Wanted }},
	{"sent", func(o outboxRow) any { return o.Sent }},
	{"stamp", func(o outboxRow) any { return o.Stamp }},
	{"due", func(o outboxRow) any { return o.Due }},
	{"owedsince", func(o outboxRow) any { return o.OwedSince }},
	{"attempts", func(o outboxRow) any { return o.Attempts }},
	{"dead", func(o outboxRow) any { return o.Dead }},
	{"failure", func(o outboxRow) any { return o.Failure }},
	{"waits", func(o outboxRow) any { return o.Waits }},
}

// owedScore reports whether the launch is by a learner in an activity, who is owed a score for it. A test user,
// a teacher or an administrator is owed none: Moodle grades learners only.
func owedScore(m *lti.Message) bool {
	return isActivity(m) && m.Roles.Learner() && !m.Roles.Instructor() && !m.Roles.Administrator() && !m.Roles.TestUser()
}

// isActivity reports whether the message opens an activity of a course.
func isActivity(m *lti.Message) bool {
	return m.ResourceLink.ID != "" && m.Context.ID != "" && m.Type != lti.DeepLinkingRequest
}

// relaunched is the row as a launch from a course leaves it.
func (o outboxRow) relaunched(contextID string, g policy.Gate, now time.Time) outboxRow {
	old := o
	o.ContextID = contextID
	if o.Current == "" && o.LineItem == "" {
		return o
	}
	second := o.Due
	if o = o.ownAct(g, true, now); !o.owed() && old.Revision == 1 {
		o.Due = second
	}
	return o
}

// insert stores the row of a learner who opens the activity for the first time. One who is not there is errAgain.
func (o outboxRow) insert(ctx context.Context, tx *Tx, now time.Time, held string) error {
	ok, err := one(tx.ExecContext(ctx, `
		INSERT INTO outbox (platformid, resourcelinkid, userid, contextid, sub, lineitem, wanted, sent, revision, due, owedsince,
			attempts, dead, failure, timemodified)
		SELECT ?, ?, u.id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM lti_user u WHERE u.id = ?`+held,
		o.PlatformID, o.ResourceLinkID, o.ContextID, o.Sub, o.LineItem, o.Wanted, o.Sent, o.Revision, o.Due, o.OwedSince,
		o.Attempts, o.Dead, o.Failure, now, o.UserID))
	if err == nil && !ok {
		err = errAgain
	}
	return saved("learner's score", err)
}
