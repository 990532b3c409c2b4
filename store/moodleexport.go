package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"ltipolicy/policy"
)

// MoodleText is a version's texts as they stood in Moodle.
type MoodleText struct {
	Name          string `db:"name"`
	Summary       string `db:"summary"`
	SummaryFormat int    `db:"summaryformat"`
	Content       string `db:"content"`
	ContentFormat int    `db:"contentformat"`
}

// MoodleExport is told an institution's policies as one Moodle site is to hold them: ids are Moodle's own for
// what was taken over from that site, and numbers above them for what was made here. People are Moodle's user
// ids. Each method may return an error to end the export.
type MoodleExport interface {
	Policy(id int64, sortOrder int, current int64) error
	// Version is told source if the texts are still those that were taken over; otherwise v has them.
	Version(id, policyID, author int64, v policy.Version, source *MoodleText) error
	Answer(id, versionID int64, a MoodleAnswer, person, actor int64) error
}

// MoodleLeft counts what has no place in Moodle.
type MoodleLeft struct {
	Foreign int // answers of people whose id here is not a Moodle user id
	// Inactive counts the active policies that are not asked on the whole site, but in courses only, or not there at all:
	// they are there, with their answers, and not active.
	Inactive int
	// Expired counts acceptances of people that have ended here: there they would count.
	Expired int
	// Settings counts the versions with settings that Moodle does not know: when they are announced and enforced, how long
	// acceptances count, who learns choices by name, which items a text must have.
	Settings int
}

// ExportMoodle tells what applies on a platform or was taken over from it. Where the active version is a minor
// change, its row is given to all whose answer to an earlier version of the same material counts, because
// Moodle knows no other way to say so; answers keep their own rows, too.
func (db *DB) ExportMoodle(ctx context.Context, institutionID, platformID string, out MoodleExport) (MoodleLeft, error) {
	x := moodleExport{db: db, platformID: platformID, out: out, versions: map[int64]int64{}, asks: map[int64]policy.Asked{}}
	err := x.policies(ctx, institutionID)
	if err == nil {
		err = x.answers(ctx)
	}
	if err != nil {
		return x.left, fmt.Errorf("exporting for Moodle: %w", unavailable(err))
	}
	return x.left, nil
}

type moodleExport struct {
	db         *DB
	platformID string
	out        MoodleExport
	versions   map[int64]int64        // Moodle's ids by ours
	asks       map[int64]policy.Asked // by our ids of the versions
	carry      map[int64][]int64      // earlier versions of its material, by active version
	left       MoodleLeft
	next       int64 // number of the next answer that was not taken over
}

// numbering gives Moodle's id for ours, or the next free one.
type numbering struct {
	known map[int64]int64
	last  int64
}

func (x *moodleExport) numbering(ctx context.Context, query string) (*numbering, error) {
	var rows []struct {
		MoodleID int64 `db:"moodleid"`
		ID       int64 `db:"id"`
	}
	if err := x.db.r.SelectContext(ctx, &rows, query, x.platformID); err != nil {
		return nil, err
	}
	n := &numbering{known: map[int64]int64{}}
	for _, r := range rows {
		n.known[r.ID] = r.MoodleID
		n.last = max(n.last, r.MoodleID)
	}
	return n, nil
}

func (n *numbering) of(id int64) int64 {
	if m, ok := n.known[id]; ok {
		return m
	}
	n.last++
	n.known[id] = n.last
	return n.last
}

func (x *moodleExport) policies(ctx context.Context, institutionID string) error {
	policies, err := x.numbering(ctx, `SELECT moodleid, policyid AS id FROM moodle_policy WHERE platformid = ? ORDER BY moodleid`)
	if err != nil {
		return err
	}
	numbers, err := x.numbering(ctx, `SELECT moodleid, versionid AS id FROM moodle_version WHERE platformid = ? ORDER BY moodleid`)
	if err != nil {
		return err
	}
	var rows []struct {
		ID        int64 `db:"id"`
		SortOrder int   `db:"sortorder"`
		Current   int64 `db:"current"`
		Asked     bool  `db:"asked"`
	}
	err = x.db.r.SelectContext(ctx, &rows, `
		SELECT p.id, p.sortorder, COALESCE(p.currentversionid, 0) AS current, pp.policyid IS NOT NULL AND pd.courses = 0 AS asked
		FROM policy_detail pd
		JOIN tool_policy p ON p.id = pd.policyid
		LEFT JOIN policy_platform pp ON pp.policyid = p.id AND pp.platformid = ?
		LEFT JOIN moodle_policy mp ON mp.policyid = p.id AND mp.platformid = ?
		WHERE pd.institutionid = ? AND (pp.policyid IS NOT NULL OR mp.policyid IS NOT NULL OR p.currentversionid IS NULL AND EXISTS (
			SELECT dp.versionid FROM tool_policy_versions v
			JOIN policy_draft_platform dp ON dp.versionid = v.id
			WHERE v.policyid = p.id AND dp.platformid IN (?, ?)))
		ORDER BY p.id`, x.platformID, x.platformID, institutionID, x.platformID, Everywhere)
	if err != nil {
		return err
	}
	x.carry = map[int64][]int64{}
	all := make([][]policy.Version, len(rows))
	for i, r := range rows {
		if all[i], err = x.db.PolicyVersions(ctx, institutionID, r.ID); err != nil {
			return err
		}
	}
	for i, r := range rows {
		for _, v := range all[i] { // oldest first
			x.versions[v.ID], x.asks[v.ID] = numbers.of(v.ID), policy.Ask(v, nil, "")
			if !v.AnnouncedFrom.IsZero() || !v.EnforcedFrom.IsZero() || v.Validity != "" || v.Visibility != policy.VisibleToNobody || v.Form != policy.FormNone {
				x.left.Settings++
			}
			if cur := find(all[i], r.Current); cur.ID != 0 && v.ID != cur.ID && v.MaterialID == cur.MaterialID {
				x.carry[cur.ID] = append(x.carry[cur.ID], v.ID)
			}
		}
		current := x.versions[r.Current]
		if r.Current != 0 && !r.Asked {
			// Moodle asks every active policy of the whole site: this one it must not.
			current = 0
			x.left.Inactive++
		}
		if err := x.out.Policy(policies.of(r.ID), r.SortOrder, current); err != nil {
			return err
		}
	}
	for i, r := range rows {
		for _, v := range all[i] {
			if v.ID == r.Current && !r.Asked {
				v.Archived = true
			}
			if err := x.version(ctx, policies.of(r.ID), v); err != nil {
				return err
			}
		}
	}
	return nil
}

func find(vs []policy.Version, id int64) policy.Version {
	for _, v := range vs {
		if v.ID == id {
			return v
		}
	}
	return policy.Version{}
}

func (x *moodleExport) version(ctx context.Context, policyID int64, v policy.Version) error {
	var sources []MoodleText
	err := x.db.r.SelectContext(ctx, &sources, `
		SELECT m.name, m.summary, m.summaryformat, m.content, m.contentformat
		FROM moodle_version m WHERE m.versionid = ? AND m.digest = ?`, v.ID, v.Primary().Digest())
	if err != nil {
		return err
	}
	var source *MoodleText
	if len(sources) > 0 {
		source = &sources[0]
	}
	var subs []string
	err = x.db.r.SelectContext(ctx, &subs, `SELECT u.sub FROM lti_user u WHERE u.id = ? AND u.platformid = ?`, v.UserModified, x.platformID)
	if err != nil {
		return err
	}
	author := int64(0)
	if len(subs) > 0 {
		author = moodleUser(subs[0])
	}
	return x.out.Version(x.versions[v.ID], policyID, author, v, source)
}

// moodleUser is the user id that a sub of Moodle's is, 0 if it is none.
func moodleUser(sub string) int64 {
	id, err := strconv.ParseInt(sub, 10, 64)
	if err != nil || id <= 0 || strconv.FormatInt(id, 10) != sub {
		return 0
	}
	return id
}

// exportPage bounds what is read at once.
const exportPage = 1000

type exportRow struct {
	ID        int64          `db:"id"`
	VersionID int64          `db:"policyversionid"`
	UserID    int64          `db:"userid"`
	Sub       string         `db:"sub"`
	Status    int            `db:"status"`
	Lang      string         `db:"lang"`
	Actor     int64          `db:"usermodified"`
	ActorSub  sql.NullString `db:"actorsub"`
	Created   int64          `db:"timecreated"`
	Modified  int64          `db:"timemodified"`
	Note      sql.NullString `db:"note"`
}

func (x *moodleExport) answers(ctx context.Context) error {
	last, err := lastImported(ctx, x.db.r, x.platformID)
	if err != nil {
		return err
	}
	x.next = last
	for after := int64(0); ; {
		var rows []exportRow
		err := x.db.r.SelectContext(ctx, &rows, `
			SELECT a.id, a.policyversionid, a.userid, u.sub, a.status, a.lang, a.usermodified, w.sub AS actorsub,
				a.timecreated, a.timemodified, a.note
			FROM tool_policy_acceptances a
			JOIN lti_user u ON u.id = a.userid
			LEFT JOIN lti_user w ON w.id = a.usermodified
			WHERE a.id > ? AND u.platformid = ? AND a.status IS NOT NULL
			ORDER BY a.id LIMIT ?`, after, x.platformID, exportPage)
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1].ID
		if err := x.page(ctx, rows); err != nil {
			return err
		}
	}
}

func (x *moodleExport) page(ctx context.Context, rows []exportRow) error {
	users := make([]int64, 0, len(rows))
	for _, r := range rows {
		users = append(users, r.UserID)
	}
	query, args, err := sqlx.In(`
		SELECT e.userid, e.versionid, e.presentation
		FROM acceptance_event e WHERE e.userid IN (?) AND e.answer = 'imported' AND e.presentation IS NOT NULL`, users)
	if err != nil {
		return err
	}
	var marks []struct {
		UserID       int64  `db:"userid"`
		VersionID    int64  `db:"versionid"`
		Presentation string `db:"presentation"`
	}
	if err := x.db.r.SelectContext(ctx, &marks, query, args...); err != nil {
		return err
	}
	ids := map[standingKey]int64{}
	for _, m := range marks {
		ids[standingKey{UserID: m.UserID, VersionID: m.VersionID}] = markedAcceptance(m.Presentation)
	}
	for _, r := range rows {
		if err := x.answer(ctx, r, ids[standingKey{UserID: r.UserID, VersionID: r.VersionID}]); err != nil {
			return err
		}
	}
	return nil
}

func (x *moodleExport) answer(ctx context.Context, r exportRow, id int64) error {
	version, ok := x.versions[r.VersionID]
	if !ok {
		return nil
	}
	person := moodleUser(r.Sub)
	if person == 0 {
		x.left.Foreign++
		return nil
	}
	actor := int64(0)
	if r.Actor != 0 {
		if actor = moodleUser(r.ActorSub.String); actor == 0 {
			actor = person
		}
	}
	if id == 0 {
		x.next++
		id = x.next
	}
	asked := x.asks[r.VersionID]
	asked.Latest = &policy.Given{VersionID: r.VersionID, Accepted: r.Status == 1, Time: time.Unix(r.Modified, 0).UTC()}
	if asked.Expired(x.db.now()) {
		x.left.Expired++
		return nil
	}
	a := MoodleAnswer{
		Accepted: r.Status == 1, Lang: r.Lang, Note: r.Note.String,
		Created: time.Unix(r.Created, 0).UTC(), Modified: time.Unix(r.Modified, 0).UTC(),
	}
	if err := x.out.Answer(id, version, a, person, actor); err != nil {
		return err
	}
	return x.carried(ctx, r, a, person, actor)
}

// carried gives the active version's row to somebody whose answer to r's version counts for it.
func (x *moodleExport) carried(ctx context.Context, r exportRow, a MoodleAnswer, person, actor int64) error {
	for current, earlier := range x.carry {
		latest := int64(0)
		for _, v := range earlier {
			if v == r.VersionID {
				latest = current
			}
		}
		if latest == 0 {
			continue
		}
		// Only the last of several answers to this material is carried, and none if the active version has its own.
		query, args, err := sqlx.In(`
			SELECT policyversionid FROM tool_policy_acceptances
			WHERE userid = ? AND status IS NOT NULL AND policyversionid IN (?)
			ORDER BY timemodified DESC, policyversionid DESC`, r.UserID, append([]int64{current}, earlier...))
		if err != nil {
			return err
		}
		var answered []int64
		if err := x.db.r.SelectContext(ctx, &answered, query, args...); err != nil {
			return err
		}
		own := false
		for _, v := range answered {
			own = own || v == current
		}
		if own || answered[0] != r.VersionID {
			continue
		}
		x.next++
		if err := x.out.Answer(x.next, x.versions[current], a, person, actor); err != nil {
			return err
		}
	}
	return nil
}
