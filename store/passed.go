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

// platformAsksQuery reads what a platform asks, of the site and in courses: a row for each version whose answers
// count.
const platformAsksQuery = `
	SELECT ` + askedVersionColumns + `, m.versionid AS answered, pd.slug
	FROM policy_platform pp
	JOIN tool_policy p ON p.id = pp.policyid
	JOIN policy_detail pd ON pd.policyid = p.id
	JOIN tool_policy_versions v ON v.id = p.currentversionid
	JOIN policy_version_detail d ON d.versionid = v.id
	JOIN policy_version_detail m ON m.materialid = d.materialid
	WHERE pp.platformid = ?`

// platformAsk is a row of platformAsksQuery.
type platformAsk struct {
	askedRow
	Slug string `db:"slug"`
}

// gatesOf are the gates of the rows' courses for the rows' learners, of one platform, in at most four queries however
// many they are.
func gatesOf(ctx context.Context, q sqlx.QueryerContext, platformID string, rows []outboxRow, now time.Time) ([]policy.Gate, error) {
	var rules []platformAsk
	if err := sqlx.SelectContext(ctx, q, &rules, platformAsksQuery, platformID); err != nil {
		return nil, fmt.Errorf("reading what the platform asks: %w", unavailable(err))
	}
	there, err := courseAsks(ctx, q, platformID, rules, rows)
	if err != nil {
		return nil, err
	}
	answers, err := answersOf(ctx, q, rules, rows)
	if err != nil {
		return nil, err
	}
	all := make([]policy.Gate, len(rows))
	asked := make([]askedRow, 0, len(rules))
	for i, o := range rows {
		asked = asked[:0]
		for _, a := range rules {
			if a.Courses.Bool && !there[asks{a.Slug, o.ContextID}] {
				continue
			}
			r := a.askedRow
			key := answerKey{versionID: r.Answered.Int64, userID: o.UserID}
			if a.Courses.Bool {
				key.contextID = o.ContextID
			}
			if g, ok := answers[key]; ok {
				r.Status, r.Time, r.Scope.String = g.Status, g.Time, key.contextID
			}
			asked = append(asked, r)
		}
		all[i] = policy.GateOf(askedFrom(asked), o.Person().At(now).In(timeOf(o.CourseEnd)))
	}
	return all, nil
}

// courseAsks reads which of the policies for courses the rows' courses ask for.
func courseAsks(ctx context.Context, q sqlx.QueryerContext, platformID string, rules []platformAsk, rows []outboxRow) (map[asks]bool, error) {
	there := map[asks]bool{}
	some := false
	for _, a := range rules {
		some = some || a.Courses.Bool
	}
	if !some || len(rows) == 0 {
		return there, nil
	}
	courses := valuesOf(rows, func(o outboxRow) any { return o.ContextID })
	var list []struct {
		ContextID string `db:"contextid"`
		Slug      string `db:"slug"`
	}
	err := sqlx.SelectContext(ctx, q, &list, `
		SELECT contextid, slug FROM lti_link_policy WHERE platformid = ? AND contextid IN (`+marks(len(courses))+`)`,
		append([]any{platformID}, courses...)...)
	if err != nil {
		return nil, fmt.Errorf("reading what the courses ask: %w", unavailable(err))
	}
	for _, l := range list {
		there[asks{l.Slug, l.ContextID}] = true
	}
	return there, nil
}

type answerKey struct {
	versionID, userID int64
	contextID         string // of what only courses ask
}

type standingAnswer struct {
	VersionID int64         `db:"policyversionid"`
	UserID    int64         `db:"userid"`
	ContextID string        `db:"contextid"`
	Status    sql.NullInt64 `db:"status"`
	Time      sql.NullInt64 `db:"timemodified"`
}

// answersOf reads the rows' learners' answers to what is asked.
func answersOf(ctx context.Context, q sqlx.QueryerContext, rules []platformAsk, rows []outboxRow) (map[answerKey]standingAnswer, error) {
	answers := map[answerKey]standingAnswer{}
	if len(rules) == 0 || len(rows) == 0 {
		return answers, nil
	}
	people := valuesOf(rows, func(o outboxRow) any { return o.UserID })
	for _, kind := range []struct {
		courses bool
		query   string
	}{
		{false, `SELECT policyversionid, userid, '' AS contextid, status, timemodified FROM tool_policy_acceptances`},
		{true, `SELECT policyversionid, userid, contextid, status, timemodified FROM course_acceptance`},
	} {
		of := slices.DeleteFunc(slices.Clone(rules), func(a platformAsk) bool { return a.Courses.Bool != kind.courses })
		versions := valuesOf(of, func(a platformAsk) any { return a.Answered.Int64 })
		if len(versions) == 0 {
			continue
		}
		var list []standingAnswer
		err := sqlx.SelectContext(ctx, q, &list, kind.query+`
			WHERE policyversionid IN (`+marks(len(versions))+`) AND userid IN (`+marks(len(people))+`)`, append(versions, people...)...)
		if err != nil {
			return nil, fmt.Errorf("reading the learners' answers: %w", unavailable(err))
		}
		for _, g := range list {
			answers[answerKey{g.VersionID, g.UserID, g.ContextID}] = g
		}
	}
	return answers, nil
}

// valuesOf are the values of the rows, each once.
func valuesOf[R any](rows []R, value func(R) any) []any {
	var values []any
	seen := map[any]bool{}
	for _, r := range rows {
		if v := value(r); !seen[v] {
			seen[v] = true
			values = append(values, v)
		}
	}
	return values
}

// marks are n placeholders.
func marks(n int) string { return strings.TrimPrefix(strings.Repeat(", ?", n), ", ") }

// activity is what one statement can store scores of: people differ.
type activity struct{ platformID, resourceLinkID string }

// putMany is [outboxRow.put] for the rows of many people, in one statement for each activity. It returns how many
// rows it stored: all but those that somebody stored since they were read.
func putMany(ctx context.Context, tx *Tx, old, o []outboxRow, now time.Time) (int, error) {
	type group struct{ old, o []outboxRow }
	var order []activity
	groups := map[activity]*group{}
	for i, r := range o {
		at := activity{r.PlatformID, r.ResourceLinkID}
		g := groups[at]
		if g == nil {
			g = &group{}
			groups[at], order = g, append(order, at)
		}
		g.old, g.o = append(g.old, old[i]), append(g.o, r)
	}
	slices.SortFunc(order, func(a, b activity) int {
		return cmp.Or(cmp.Compare(a.platformID, b.platformID), cmp.Compare(a.resourceLinkID, b.resourceLinkID))
	})
	stored := 0
	for _, at := range order {
		g := groups[at]
		u := update{
			table: "outbox", where: "platformid = ? AND resourcelinkid = ?", args: []any{at.platformID, at.resourceLinkID},
			key: "userid", keys: columnOf("", g.o, func(o outboxRow) any { return o.UserID }).values,
		}
		n, err := u.rows(ctx, tx, g.old, g.o, now)
		if err != nil {
			return 0, err
		}
		stored += n
	}
	return stored, nil
}
