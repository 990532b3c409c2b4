package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"ltipolicy/lti"
	"ltipolicy/policy"
)

// MoodleAnswer is a row of a Moodle site's tool_policy_acceptances, its version and people already ours.
type MoodleAnswer struct {
	ID        int64 // its id there
	VersionID int64 // ours
	UserID    int64 // ours
	Sub       string
	ActorID   int64 // ours; 0 as in Moodle: while signing up
	ActorSub  string
	Accepted  bool
	Lang      string // Moodle's code, kept as it is in tool_policy_acceptances
	Tag       string // BCP 47
	Shown     string // the language of the text that was shown; empty: that of Tag, or the primary one
	Note      string
	Created   time.Time
	Modified  time.Time
}

// MoodleAnswers says what became of answers from a Moodle site.
type MoodleAnswers struct {
	Recorded int // taken over now
	Known    int // taken over earlier
	Newer    int // left, because the person answered here since
}

func (n MoodleAnswers) add(o MoodleAnswers) MoodleAnswers {
	return MoodleAnswers{n.Recorded + o.Recorded, n.Known + o.Known, n.Newer + o.Newer}
}

// Add sums the figures of several batches.
func (n *MoodleAnswers) Add(o MoodleAnswers) { *n = n.add(o) }

// ImportMoodleAnswers takes answers over, each as an event "imported" with the time at which it was last
// changed there, and brings tool_policy_acceptances to it unless the person answered here later, be it while
// this runs. What was taken over stays, so that a broken import can simply be run again; what it owes then is
// [DB.FinishMoodleImport]. It is one transaction: give it some hundred answers. With dry nothing is written.
func (db *DB) ImportMoodleAnswers(ctx context.Context, p lti.Platform, as []MoodleAnswer, dry bool) (MoodleAnswers, error) {
	as = slices.Clone(as)
	slices.SortFunc(as, func(a, b MoodleAnswer) int {
		return cmp.Or(cmp.Compare(a.VersionID, b.VersionID), cmp.Compare(a.UserID, b.UserID))
	})
	ids := make([]string, len(as))
	for i := range as {
		var err error
		if ids[i], err = db.NewID(); err != nil {
			return MoodleAnswers{}, err
		}
	}
	var n MoodleAnswers
	err := db.tx(ctx, func(tx *Tx) error {
		n = MoodleAnswers{}
		if len(as) == 0 {
			return nil
		}
		known, err := knownMarks(ctx, tx, as)
		if err != nil {
			return err
		}
		standing, err := standingAnswers(ctx, tx, as)
		if err != nil {
			return err
		}
		versions := map[int64]policy.Version{}
		var events []policy.Event
		var fresh []moodleRow
		for i, a := range as {
			if known[markKey{a.VersionID, moodleMark(a.ID, a.Modified, standingOf(a.Accepted))}] {
				n.Known++
				continue
			}
			old, there := standing[standingKey{UserID: a.UserID, VersionID: a.VersionID}]
			if there && old.Modified > a.Modified.Unix() {
				n.Newer++
				continue
			}
			n.Recorded++
			if dry {
				continue
			}
			if _, ok := versions[a.VersionID]; !ok {
				if versions[a.VersionID], err = institutionVersion(ctx, tx, p.InstitutionID, a.VersionID); err != nil {
					return err
				}
			}
			e := importedEvent(p, a, versions[a.VersionID])
			e.ID = ids[i]
			if err := db.complete(&e); err != nil {
				return err
			}
			if there {
				if err := overwrite(ctx, tx, old, a, &e); err != nil {
					return err
				}
			} else {
				fresh = append(fresh, rowOfAnswer(a))
			}
			events = append(events, e)
		}
		if dry || len(events) == 0 {
			return nil
		}
		if err := insertRows(ctx, tx, "tool_policy_acceptances", fresh); err != nil {
			return err
		}
		roll, err := db.rollOf(ctx, tx, events)
		if err != nil {
			return err
		}
		if err := db.enter(ctx, tx, events, roll); err != nil {
			return err
		}
		return db.noteImported(ctx, tx, p.ID, as, len(events))
	})
	if err != nil {
		return MoodleAnswers{}, fmt.Errorf("importing answers: %w", err)
	}
	return n, nil
}

func standingOf(accepted bool) int {
	if accepted {
		return 1
	}
	return 0
}

// importedEvent tells of an answer that was given in Moodle. The text is the one that Moodle would have shown
// in the person's language; what the page around it said is not known.
func importedEvent(p lti.Platform, a MoodleAnswer, v policy.Version) policy.Event {
	text, ok := v.In(cmp.Or(a.Shown, a.Tag))
	if !ok {
		text = v.Primary()
	}
	asked := policy.Ask(v, nil, "")
	asked.Latest = &policy.Given{VersionID: v.ID, Accepted: a.Accepted, Time: a.Modified}
	return policy.Event{
		Time: a.Modified, Until: asked.Ends(), InstitutionID: p.InstitutionID, PlatformID: p.ID, Issuer: p.Issuer,
		UserID: a.UserID, Sub: a.Sub, ActorID: cmp.Or(a.ActorID, a.UserID), ActorSub: cmp.Or(a.ActorSub, a.Sub),
		PolicyID: v.PolicyID, VersionID: v.ID, MaterialID: v.MaterialID, PolicyName: text.Name, Revision: v.Revision,
		Kind: v.Kind, Lang: text.Lang, UILang: a.Tag, Digest: text.Digest(),
		Answer: policy.Imported, Standing: standingOf(a.Accepted), Note: a.Note,
		Presentation: moodleMark(a.ID, a.Modified, standingOf(a.Accepted)),
	}
}

type markKey struct {
	VersionID    int64  `db:"versionid"`
	Presentation string `db:"presentation"`
}

func knownMarks(ctx context.Context, tx *Tx, as []MoodleAnswer) (map[markKey]bool, error) {
	marks := make([]string, len(as))
	for i, a := range as {
		marks[i] = moodleMark(a.ID, a.Modified, standingOf(a.Accepted))
	}
	query, args, err := sqlx.In(`SELECT versionid, presentation FROM acceptance_event WHERE presentation IN (?)`, marks)
	if err != nil {
		return nil, err
	}
	var rows []markKey
	if err := tx.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, err
	}
	known := make(map[markKey]bool, len(rows))
	for _, r := range rows {
		known[r] = true
	}
	return known, nil
}

func standingAnswers(ctx context.Context, tx *Tx, as []MoodleAnswer) (map[standingKey]acceptanceRow, error) {
	byVersion := map[int64][]int64{}
	for _, a := range as {
		byVersion[a.VersionID] = append(byVersion[a.VersionID], a.UserID)
	}
	have := map[standingKey]acceptanceRow{}
	for version, users := range byVersion {
		query, args, err := sqlx.In(`
			SELECT `+acceptanceColumns+`, '' AS contextid
			FROM tool_policy_acceptances WHERE policyversionid = ? AND userid IN (?)`, version, users)
		if err != nil {
			return nil, err
		}
		var rows []acceptanceRow
		if err := tx.SelectContext(ctx, &rows, query, args...); err != nil {
			return nil, err
		}
		for _, r := range rows {
			have[r.key()] = r
		}
	}
	return have, nil
}

// overwrite brings a standing answer to the imported one by compare-and-set, whose event must not stand before
// the last one. If the person answers meanwhile, all of it begins again, and finds that answer.
func overwrite(ctx context.Context, tx *Tx, old acceptanceRow, a MoodleAnswer, e *policy.Event) error {
	var last []time.Time
	err := tx.SelectContext(ctx, &last, `
		SELECT timecreated FROM acceptance_event WHERE userid = ? AND versionid = ?
		ORDER BY timecreated DESC LIMIT 1`, a.UserID, a.VersionID)
	if err != nil {
		return err
	}
	if len(last) > 0 && !e.Time.After(last[0]) {
		e.Time = utc(last[0]).Add(time.Microsecond)
	}
	ok, err := one(tx.ExecContext(ctx, `
		UPDATE tool_policy_acceptances SET status = ?, lang = ?, usermodified = ?, timemodified = ?, note = ?
		WHERE id = ? AND timemodified = ? AND COALESCE(status, -1) = ?`,
		e.Standing, a.Lang, a.ActorID, e.Time.Unix(), noteOf(*e), old.ID, old.Modified, old.standing()))
	if err == nil && !ok {
		return errAgain
	}
	return err
}

// moodleRow is a row of tool_policy_acceptances as Moodle had it.
type moodleRow struct {
	VersionID int64          `db:"policyversionid"`
	UserID    int64          `db:"userid"`
	Status    int            `db:"status"`
	Lang      string         `db:"lang"`
	Actor     int64          `db:"usermodified"`
	Created   int64          `db:"timecreated"`
	Modified  int64          `db:"timemodified"`
	Note      sql.NullString `db:"note"`
}

func rowOfAnswer(a MoodleAnswer) moodleRow {
	return moodleRow{
		VersionID: a.VersionID, UserID: a.UserID, Status: standingOf(a.Accepted), Lang: a.Lang, Actor: a.ActorID,
		Created: a.Created.Unix(), Modified: a.Modified.Unix(), Note: sql.NullString{String: a.Note, Valid: a.Note != ""},
	}
}

// noteImported writes down how far an import came, and that so many answers more wait for its end.
func (db *DB) noteImported(ctx context.Context, tx *Tx, platformID string, as []MoodleAnswer, recorded int) error {
	highest := slices.MaxFunc(as, func(a, b MoodleAnswer) int { return cmp.Compare(a.ID, b.ID) }).ID
	have, err := lastImported(ctx, tx, platformID)
	if err != nil {
		return err
	}
	if have == 0 {
		_, err = tx.ExecContext(ctx, `INSERT INTO moodle_import (platformid, acceptanceid, timemodified, openanswers) VALUES (?, ?, ?, ?)`,
			platformID, highest, utc(db.now()), recorded)
		if duplicate(err) {
			return errAgain
		}
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE moodle_import SET acceptanceid = ?, timemodified = ?, openanswers = openanswers + ? WHERE platformid = ?`,
		max(have, highest), utc(db.now()), recorded, platformID)
	return err
}

// FinishMoodleImport notes in the admin log how many answers were taken over from a platform since this was last
// done, by whichever run of the import, and lets the scores of the platform's courses be worked out again, because
// people may have accepted what gates them. n adds what this run left. Nothing taken over, nothing done.
func (db *DB) FinishMoodleImport(ctx context.Context, p lti.Platform, n MoodleAnswers) error {
	err := db.tx(ctx, func(tx *Tx) error {
		var open []int
		err := tx.SelectContext(ctx, &open, `SELECT openanswers FROM moodle_import WHERE platformid = ? AND openanswers > 0`, p.ID)
		if err != nil || len(open) == 0 {
			return err
		}
		ok, err := one(tx.ExecContext(ctx, `UPDATE moodle_import SET openanswers = 0 WHERE platformid = ? AND openanswers = ?`, p.ID, open[0]))
		if err == nil && !ok {
			err = errAgain
		}
		if err != nil {
			return err
		}
		if err := db.recheck(ctx, tx, p.ID, "", time.Time{}); err != nil {
			return err
		}
		return db.logAdmin(ctx, tx, AdminEntry{
			InstitutionID: p.InstitutionID, Action: "moodle.import", Object: p.Name,
			Detail: fmt.Sprintf("platform %s: %d answers taken over, %d were here, %d left", p.ID, open[0], n.Known, n.Newer),
		})
	})
	if err != nil {
		return fmt.Errorf("finishing the import: %w", err)
	}
	return nil
}
