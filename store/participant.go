package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"ltipolicy/lti"
	"ltipolicy/policy"
)

// participantPage is how many participants are read at once.
const participantPage = 500

// RosterColumns returns the policies that the participants of a course are asked, in the policies' order.
func (db *DB) RosterColumns(ctx context.Context, platformID, contextID string) ([]policy.Column, error) {
	active, err := db.ActiveVersions(ctx, platformID, contextID)
	if err != nil {
		return nil, err
	}
	slugs, err := db.Slugs(ctx, platformID)
	if err != nil {
		return nil, err
	}
	var end time.Time
	if slices.ContainsFunc(active, func(v policy.Version) bool { return v.Courses }) {
		named, err := db.CourseNames(ctx, platformID, []string{contextID})
		if err != nil {
			return nil, err
		}
		end = named[contextID].End
	}
	columns := make([]policy.Column, 0, len(active))
	at := map[int64]int{}
	ids := make([]int64, 0, len(active))
	for i, v := range active {
		columns = append(columns, policy.Column{Version: v, Slug: slugs[v.PolicyID], Course: v.Courses, CourseEnd: end})
		at[v.PolicyID] = i
		ids = append(ids, v.PolicyID)
	}
	if len(ids) == 0 {
		return columns, nil
	}
	// What was announced, and is not in force yet or was taken back, is no earlier version, though it can have answers.
	query, args, err := sqlx.In(`
		SELECT v.id, v.policyid, v.timecreated FROM tool_policy_versions v JOIN policy_version_detail d ON d.versionid = v.id
		WHERE v.policyid IN (?) AND NOT `+wasAnnounced, ids)
	if err != nil {
		return nil, err
	}
	type version struct {
		ID       int64 `db:"id"`
		PolicyID int64 `db:"policyid"`
		Created  int64 `db:"timecreated"`
	}
	var rows []version
	if err := db.r.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("reading the policies' versions: %w", unavailable(err))
	}
	slices.SortFunc(rows, func(a, b version) int { return cmp.Or(cmp.Compare(a.Created, b.Created), cmp.Compare(a.ID, b.ID)) })
	for _, r := range rows {
		if c := &columns[at[r.PolicyID]]; c.Version.ID != r.ID {
			c.Earlier = append(c.Earlier, r.ID)
		}
	}
	return columns, nil
}

// participantRow is a member of a roster, or somebody who launched, with what the tool knows of them.
type participantRow struct {
	personRow
	Position   int64          `db:"position"`
	Sub        string         `db:"sub"`
	Teacher    bool           `db:"teacher"`
	Name       string         `db:"name"`
	GivenName  string         `db:"givenname"`
	FamilyName string         `db:"familyname"`
	Email      string         `db:"email"`
	IDNumber   string         `db:"idnumber"`
	Lang       string         `db:"lang"`
	UserID     sql.NullInt64  `db:"userid"`
	Roles      sql.NullString `db:"roles"`
}

// The roster's own names count, not those of earlier launches: the platform decides anew what it shares. A
// course without a roster has those who launched in it. A guest is no participant: nothing is asked of
// them. Nor is an account of which the platform said that it is gone.
const (
	rosterFrom = `
		SELECT x.position, x.sub, x.teacher, x.name, x.givenname, x.familyname, x.email, x.idnumber, COALESCE(u.lang, '') AS lang, u.id AS userid, m.roles, ` + personColumns + `
		FROM lti_roster_member x
		LEFT JOIN lti_user u ON u.platformid = ? AND u.sub = x.sub
		LEFT JOIN lti_membership m ON m.platformid = ? AND m.contextid = ? AND m.userid = u.id
		WHERE x.generation = ? AND COALESCE(u.class, '') NOT IN ('guest', 'deleted', 'suspended')`
	rosterQuery  = rosterFrom + ` AND x.position > ? ORDER BY x.position LIMIT ?`
	launchedFrom = `
		SELECT u.id AS position, u.sub, 0 AS teacher, u.name, u.givenname, u.familyname, u.email, u.idnumber, u.lang, u.id AS userid, m.roles, ` + personColumns + `
		FROM lti_membership m JOIN lti_user u ON u.id = m.userid
		WHERE m.platformid = ? AND m.contextid = ? AND u.class NOT IN ('guest', 'deleted', 'suspended')`
	launchedQuery = launchedFrom + ` AND m.userid > ? ORDER BY m.userid LIMIT ?`
)

// EachParticipant calls each with every participant of the roster and their answers to the columns' policies, in the course
// if it is the course that asks, to whichever version and without language and note, in the platform's order. Its memory does not grow with the course. If the platform
// never gave a roster the participants are those who launched in the course. If the roster was replaced twice
// meanwhile it is policy.ErrConflict: read [DB.Roster] again. An error of each ends it and is returned.
func (db *DB) EachParticipant(ctx context.Context, r Roster, columns []policy.Column, each func(policy.Participant, []policy.Given) error) error {
	site, there, err := db.counting(ctx, r, columns)
	if err != nil {
		return err
	}
	for after := int64(-1); ; {
		rows, err := db.participantPage(ctx, r, after)
		if err != nil {
			return err
		}
		given, err := db.givenBy(ctx, rows, site, there)
		if err != nil {
			return err
		}
		for _, row := range rows {
			after = row.Position
			if err := each(row.participant(), given[row.UserID.Int64]); err != nil {
				return err
			}
		}
		if len(rows) < participantPage {
			break
		}
	}
	if r.generation == "" {
		return nil
	}
	now, err := db.Roster(ctx, r.PlatformID, r.ContextID)
	if err != nil {
		return err
	}
	if now.generation != r.generation && now.stale != r.generation {
		return policy.E(policy.ErrConflict, "").Because(errors.New("the roster was replaced while it was read"))
	}
	return nil
}

// SomeParticipants is [DB.EachParticipant] for those of some people who are in the roster, in any order: at most some
// hundred. Who left, was suspended or erased is not among them.
func (db *DB) SomeParticipants(ctx context.Context, r Roster, columns []policy.Column, subs []string, each func(policy.Participant, []policy.Given) error) error {
	if len(subs) == 0 {
		return nil
	}
	site, there, err := db.counting(ctx, r, columns)
	if err != nil {
		return err
	}
	query, args := rosterFrom+` AND x.sub IN (?)`, []any{r.PlatformID, r.PlatformID, r.ContextID, r.generation, subs}
	if r.generation == "" {
		query, args = launchedFrom+` AND u.platformid = ? AND u.sub IN (?)`, []any{r.PlatformID, r.ContextID, r.PlatformID, subs}
	}
	if query, args, err = sqlx.In(query, args...); err != nil {
		return err
	}
	var rows []participantRow
	if err := db.r.SelectContext(ctx, &rows, query, args...); err != nil {
		return fmt.Errorf("reading some participants: %w", unavailable(err))
	}
	given, err := db.givenBy(ctx, rows, site, there)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := each(row.participant(), given[row.UserID.Int64]); err != nil {
			return err
		}
	}
	return nil
}

func (db *DB) participantPage(ctx context.Context, r Roster, after int64) ([]participantRow, error) {
	query, args := rosterQuery, []any{r.PlatformID, r.PlatformID, r.ContextID, r.generation, after, participantPage}
	if r.generation == "" {
		query, args = launchedQuery, []any{r.PlatformID, r.ContextID, after, participantPage}
	}
	var rows []participantRow
	if err := db.r.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("reading the participants: %w", unavailable(err))
	}
	return rows, nil
}

func (r participantRow) participant() policy.Participant {
	// A roster of Moodle calls non-editing teachers learners; their own launches do not.
	roles := lti.ParseRoles(strings.Fields(r.Roles.String))
	return policy.Participant{
		Person: r.Person(), UserID: r.UserID.Int64, Sub: r.Sub, Name: r.Name, GivenName: r.GivenName, FamilyName: r.FamilyName,
		Email: r.Email, IDNumber: r.IDNumber, Lang: r.Lang, Teacher: r.Teacher || roles.Instructor() || roles.Administrator(),
	}
}

// packedAnswer is an answer as text. The dot at its end shows that a text that a server cut short (MySQL does,
// at 1024 bytes unless it is set otherwise) is not whole.
const packedAnswer = `CONCAT_WS(' ', a.policyversionid, a.status, a.usermodified, a.timemodified, '.')`

// counted are the answers that count for some columns: the rows a of a table, in one scope, to versions of materials.
type counted struct {
	scope     string // the course; empty: the site
	from      string
	args      []any
	materials map[int64]int64
}

// counting says which answers count for the columns: those for the site, and those for the roster's course.
func (db *DB) counting(ctx context.Context, r Roster, columns []policy.Column) (site, there counted, err error) {
	byCourse := func(is bool) []policy.Column {
		return slices.DeleteFunc(slices.Clone(columns), func(c policy.Column) bool { return c.Course != is })
	}
	site = counted{from: `tool_policy_acceptances a WHERE a.status IS NOT NULL AND ` + ofTheSite}
	there = counted{scope: r.ContextID, from: `course_acceptance a WHERE a.contextid = ?`, args: []any{r.ContextID}}
	if site.materials, err = db.materialsOf(ctx, byCourse(false)); err != nil {
		return site, there, err
	}
	there.materials, err = db.materialsOf(ctx, byCourse(true))
	return site, there, err
}

// givenBy returns the people's answers that count, without language and note.
func (db *DB) givenBy(ctx context.Context, people []participantRow, counts ...counted) (map[int64][]policy.Given, error) {
	given := make(map[int64][]policy.Given, len(people))
	for _, c := range counts {
		if err := db.answersBy(ctx, people, c, given); err != nil {
			return nil, err
		}
	}
	return given, nil
}

// answersBy adds the people's answers of one kind. A person's answers come packed in one row: a course of thousands has tens
// of thousands of them, and rows are what costs.
func (db *DB) answersBy(ctx context.Context, people []participantRow, c counted, given map[int64][]policy.Given) error {
	users := make([]int64, 0, len(people))
	for _, p := range people {
		if p.UserID.Valid {
			users = append(users, p.UserID.Int64)
		}
	}
	if len(users) == 0 || len(c.materials) == 0 {
		return nil
	}
	query, args, err := sqlx.In(`
		SELECT a.userid, COUNT(a.id), GROUP_CONCAT(`+packedAnswer+`)
		FROM `+c.from+` AND a.userid IN (?)
		GROUP BY a.userid`, append(slices.Clone(c.args), users)...)
	if err != nil {
		return err
	}
	long, err := db.eachPacked(ctx, query, args, c, given)
	if err != nil || len(long) == 0 {
		return err
	}
	// Row by row for those who answered very many versions.
	query, args, err = sqlx.In(`
		SELECT a.userid, 1, `+packedAnswer+`
		FROM `+c.from+` AND a.userid IN (?)`, append(slices.Clone(c.args), long)...)
	if err != nil {
		return err
	}
	if long, err = db.eachPacked(ctx, query, args, c, given); err == nil && len(long) > 0 {
		err = errors.New("reading the participants' answers: a single one was cut short")
	}
	return err
}

// eachPacked adds the answers of a query to given. It returns the people whose text was cut, of whom nothing is
// added.
func (db *DB) eachPacked(ctx context.Context, query string, args []any, c counted, given map[int64][]policy.Given) (long []int64, err error) {
	rows, err := db.r.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("reading the participants' answers: %w", unavailable(err))
	}
	defer rows.Close() //nolint:errcheck // Err is checked
	var packed sql.RawBytes
	for rows.Next() {
		var userID int64
		var count int
		if err := rows.Scan(&userID, &count, &packed); err != nil {
			return nil, fmt.Errorf("reading the participants' answers: %w", err)
		}
		answers := given[userID]
		for text := range bytes.SplitSeq(packed, []byte{','}) {
			g, whole := unpack(text)
			if !whole {
				break
			}
			count--
			if material, ours := c.materials[g.VersionID]; ours {
				g.MaterialID, g.Scope = material, c.scope
				answers = append(answers, g)
			}
		}
		if count != 0 {
			long = append(long, userID)
			continue
		}
		given[userID] = answers
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading the participants' answers: %w", unavailable(err))
	}
	return long, nil
}

// unpack reads a packedAnswer, and reports whether it is whole.
func unpack(text []byte) (policy.Given, bool) {
	var n [4]int64
	for i := range n {
		word, rest, more := bytes.Cut(text, []byte{' '})
		var err error
		if n[i], err = strconv.ParseInt(string(word), 10, 64); err != nil || !more {
			return policy.Given{}, false
		}
		text = rest
	}
	return policy.Given{VersionID: n[0], Accepted: n[1] == 1, ActorID: n[2], Time: time.Unix(n[3], 0).UTC()}, string(text) == "."
}

// materialsOf returns the material of every version of the columns.
func (db *DB) materialsOf(ctx context.Context, columns []policy.Column) (map[int64]int64, error) {
	m := map[int64]int64{}
	var ids []int64
	for _, c := range columns {
		ids = append(append(ids, c.Version.ID), c.Earlier...)
	}
	for _, part := range parts(ids, 500) {
		query, args, err := sqlx.In(`SELECT versionid, materialid FROM policy_version_detail WHERE versionid IN (?)`, part)
		if err != nil {
			return nil, err
		}
		var rows []struct {
			VersionID  int64 `db:"versionid"`
			MaterialID int64 `db:"materialid"`
		}
		if err := db.r.SelectContext(ctx, &rows, query, args...); err != nil {
			return nil, fmt.Errorf("reading the versions' materials: %w", unavailable(err))
		}
		for _, r := range rows {
			m[r.VersionID] = r.MaterialID
		}
	}
	return m, nil
}
