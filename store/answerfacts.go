package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"ltipolicy/policy"
)

// facts is what the database knows of the answers in a form: the versions as they may be answered now, how
// the people answered them until now, and which of the form's events are recorded already.
type facts struct {
	shown  map[shownKey]*shownVersion
	stands map[standingKey]*stand
	own    map[string]*policy.Event // the form's events that are recorded, by id
	roll   roll
}

// shownKey is a version at a place: where it is asked differs with the course.
type shownKey struct {
	PlatformID, ContextID string
	VersionID             int64
}

// shownVersion is a version as far as an answer depends on it.
type shownVersion struct {
	policyID      int64
	institutionID string
	materialID    int64
	kind          string
	asked         policy.Asked // with what says how long an answer counts
	active        bool         // or announced, which is answered like one that is active
	applies       bool
	courses       bool              // only courses ask for it
	digests       map[string]string // of the texts in the form's languages
}

// stand is how one person answered one version, on the site or in one course. The projection is read first and inserted where it is
// missing, because an UPDATE that finds no row would lock the gap around it, and first answers of many people
// at once would deadlock.
type stand struct {
	id       int64           // 0: there is no row
	was      int64           // the row's status; or noAnswer
	modified int64           // the row's time
	status   int64           // as it will be
	last     time.Time       // of the last event
	forms    map[string]bool // the presentations of the events
	first    time.Time       // of the first new event
	now      *policy.Event   // the last new event; nil: nothing changes
}

// noAnswer stands for Moodle's NULL in the column status.
const noAnswer = -1

// factRow is a version with one of its translations, and one event of one person who answered it.
type factRow struct {
	VersionID     int64          `db:"versionid"`
	PolicyID      int64          `db:"policyid"`
	InstitutionID string         `db:"institutionid"`
	Current       int64          `db:"currentversion"`
	MaterialID    int64          `db:"materialid"`
	Kind          string         `db:"kind"`
	Validity      string         `db:"validity"`
	Zone          string         `db:"zone"`
	Lang          string         `db:"lang"`
	Digest        string         `db:"digest"`
	Translation   sql.NullString `db:"translation"`
	Translated    sql.NullString `db:"translated"`
	Applies       bool           `db:"applies"`
	Announced     bool           `db:"announced"` // and to be answered
	Courses       bool           `db:"courses"`
	ID            sql.NullInt64  `db:"id"`
	UserID        sql.NullInt64  `db:"userid"`
	Status        sql.NullInt64  `db:"status"`
	Modified      sql.NullInt64  `db:"timemodified"`
	There         sql.NullInt64  `db:"there"` // the row of the course
	ThereStatus   sql.NullInt64  `db:"therestatus"`
	ThereModified sql.NullInt64  `db:"theremodified"`
	EventID       sql.NullString `db:"eventid"`
	EventTime     sql.NullTime   `db:"eventtime"`
	Presentation  sql.NullString `db:"presentation"`
	Top           int64          `db:"top"`
	Secret        []byte         `db:"secret"`
	Present       int            `db:"present"`
}

// readFacts reads everything in one query for each place, which is one for a form. The secret that comes with it is
// the first event's person's. Everybody must be there whose answers they are, or who gives them, see [DB.gone].
func (db *DB) readFacts(ctx context.Context, tx *Tx, events []policy.Event) (*facts, error) {
	f := &facts{
		shown: map[shownKey]*shownVersion{}, stands: map[standingKey]*stand{}, own: map[string]*policy.Event{},
		roll: roll{shard: tx.shard(db.numbering[answers]), secrets: map[int64][]byte{}},
	}
	person := events[0].UserID
	places := map[shownKey]*answering{}
	ids := map[string]bool{}
	for i := range events {
		e := &events[i]
		key := shownKey{PlatformID: e.PlatformID, ContextID: placeOf(e)}
		a := places[key]
		if a == nil {
			a = &answering{place: key}
			places[key] = a
		}
		a.versions, a.langs = append(a.versions, e.VersionID), append(a.langs, e.Lang)
		a.users, a.acting = append(a.users, e.UserID), append(a.acting, e.ActorID)
		ids[e.ID] = true
	}
	var own []string
	for place, a := range places {
		rows, err := db.factRows(ctx, tx, a, f.roll.shard, person)
		if err != nil {
			return nil, err
		}
		if people := a.people(); len(rows) > 0 && rows[0].Present < len(people) {
			return nil, db.gone(ctx, tx, people, a.acting...)
		}
		if len(rows) > 0 {
			f.roll.top, f.roll.secrets[person] = rows[0].Top, rows[0].Secret
		}
		for _, r := range rows {
			f.add(place, r)
			if ids[r.EventID.String] && !slices.Contains(own, r.EventID.String) {
				own = append(own, r.EventID.String)
			}
		}
	}
	if len(own) == 0 {
		return f, nil
	}
	query, args, err := sqlx.In(`SELECT `+eventColumns+` FROM acceptance_event e WHERE e.id IN (?)`, own)
	if err != nil {
		return nil, err
	}
	var rows []eventRow
	if err := tx.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("looking for the events: %w", err)
	}
	for _, r := range rows {
		e := r.event()
		f.own[r.ID] = &e
	}
	return f, nil
}

// placeOf is the course whose asking an event answers: the one that it is for, or the one from which it came.
func placeOf(e *policy.Event) string { return cmp.Or(e.Scope, e.ContextID) }

// answering is what the events of one place are about.
type answering struct {
	place                   shownKey
	versions, users, acting []int64
	langs                   []string
}

func (a *answering) people() []int64 { return distinct(slices.Concat(a.users, a.acting)) }

func (db *DB) factRows(ctx context.Context, tx *Tx, a *answering, shard int, person int64) ([]factRow, error) {
	present, people := db.present(a.people())
	query, args, err := sqlx.In(`
		SELECT v.id AS versionid, p.id AS policyid, pd.institutionid, COALESCE(p.currentversionid, 0) AS currentversion,
			d.materialid, d.kind, d.validity, d.zone, d.lang, d.digest, t.lang AS translation, t.digest AS translated,
			CASE WHEN `+isAnnounced+` THEN `+announcedHere+` ELSE pp.policyid IS NOT NULL AND `+inCourse+` END AS applies,
			`+isAnnounced+` AND d.materialid = v.id AS announced,
			CASE WHEN `+isAnnounced+` THEN COALESCE(`+ownScope+`, pd.courses) ELSE pd.courses END AS courses, a.id, a.userid, a.status, a.timemodified,
			s.id AS there, s.status AS therestatus, s.timemodified AS theremodified, e.id AS eventid, e.timecreated AS eventtime, e.presentation,
			COALESCE((SELECT n.last FROM evidence_shard n WHERE n.shard = ?), 0) AS top,
			(SELECT s.secret FROM person_secret s WHERE s.userid = ?) AS secret,
			`+present+` AS present
		FROM tool_policy_versions v
		JOIN tool_policy p ON p.id = v.policyid
		JOIN policy_detail pd ON pd.policyid = p.id
		JOIN policy_version_detail d ON d.versionid = v.id
		LEFT JOIN policy_version_text t ON t.versionid = v.id AND t.lang IN (?)
		LEFT JOIN policy_platform pp ON pp.platformid = ? AND pp.policyid = p.id
		LEFT JOIN tool_policy_acceptances a ON a.policyversionid = v.id AND a.userid IN (?)
		LEFT JOIN course_acceptance s ON s.policyversionid = a.policyversionid AND s.userid = a.userid AND s.contextid = ?
		LEFT JOIN acceptance_event e ON e.userid = a.userid AND e.versionid = v.id
		WHERE v.id IN (?)`,
		slices.Concat(announcedAt(a.place.PlatformID, a.place.ContextID), []any{a.place.ContextID, shard, person}, people, []any{distinct(a.langs), a.place.PlatformID, distinct(a.users), a.place.ContextID, distinct(a.versions)})...)
	if err != nil {
		return nil, err
	}
	var rows []factRow
	if err := tx.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("reading the versions and their answers: %w", err)
	}
	return rows, nil
}

func distinct[T cmp.Ordered](list []T) []T {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

func (f *facts) add(place shownKey, r factRow) {
	place.VersionID = r.VersionID
	v := f.shown[place]
	if v == nil {
		v = &shownVersion{
			policyID: r.PolicyID, institutionID: r.InstitutionID, materialID: r.MaterialID, kind: r.Kind,
			asked:  policy.Asked{Kind: policy.Kind(r.Kind), Validity: policy.Validity(r.Validity), Zone: r.Zone},
			active: r.Current == r.VersionID || r.Announced, applies: r.Applies, courses: r.Courses, digests: map[string]string{r.Lang: r.Digest},
		}
		f.shown[place] = v
	}
	if r.Translation.Valid && r.Translation.String != r.Lang {
		v.digests[r.Translation.String] = r.Translated.String
	}
	if !r.ID.Valid {
		return
	}
	key := standingKey{UserID: r.UserID.Int64, VersionID: r.VersionID}
	f.found(key, r.ID, r.Status, r.Modified)
	s := f.stands[key]
	if at := timeOf(r.EventTime); at.After(s.last) {
		s.last = at
	}
	if r.Presentation.Valid {
		s.forms[r.Presentation.String] = true
	}
	if r.There.Valid && place.ContextID != "" {
		key.Scope = place.ContextID
		f.found(key, r.There, r.ThereStatus, r.ThereModified)
	}
}

// found notes a row of an answer that stands.
func (f *facts) found(key standingKey, id, status, modified sql.NullInt64) {
	if f.stands[key] != nil {
		return
	}
	s := &stand{id: id.Int64, was: noAnswer, modified: modified.Int64, forms: map[string]bool{}}
	if status.Valid {
		s.was = status.Int64
	}
	s.status = s.was
	f.stands[key] = s
}

// known reports whether the event was recorded by an earlier call, and returns it if it was this very event,
// by its id, rather than another one of the same form.
func (f *facts) known(e *policy.Event) (bool, *policy.Event) {
	if own, ok := f.own[e.ID]; ok {
		return true, own
	}
	s := f.stands[standingKey{UserID: e.UserID, VersionID: e.VersionID}]
	return s != nil && e.Presentation != "" && s.forms[e.Presentation], nil
}

// asShown reports whether the version may be answered as the event says. A contradiction in the event itself
// is policy.ErrInvalid.
func (f *facts) asShown(e *policy.Event) (bool, error) {
	v := f.shown[shownKey{e.PlatformID, placeOf(e), e.VersionID}]
	if v == nil {
		return false, missing("version", sql.ErrNoRows)
	}
	if v.institutionID != e.InstitutionID || v.policyID != e.PolicyID || v.materialID != e.MaterialID || v.kind != string(e.Kind) {
		return false, policy.E(policy.ErrInvalid, "").Because(fmt.Errorf("event contradicts version %d", e.VersionID))
	}
	same := v.digests[e.Lang] == e.Digest
	switch e.Answer {
	case policy.Accepted, policy.Renewed, policy.Declined:
		if v.active && v.courses != (e.Scope != "") {
			return false, policy.E(policy.ErrInvalid, "").Because(fmt.Errorf("event for %q answers version %d, which only courses ask for: %v", e.Scope, e.VersionID, v.courses))
		}
		return v.active && v.applies && same, nil
	case policy.Withdrawn:
		return same, nil
	default: // no click, so nothing was shown now
		return true, nil
	}
}

// answered is how the event's person answered its version until now, in a scope; an empty one is Moodle's row.
func (f *facts) answered(e *policy.Event, scope string) *stand {
	key := standingKey{e.UserID, e.VersionID, scope}
	s := f.stands[key]
	if s == nil {
		s = &stand{was: noAnswer, status: noAnswer}
		f.stands[key] = s
	}
	return s
}

// take brings the answer to the event's standing and gives the event its time. It reports whether that changes
// anything. An answer for a course is Moodle's row as well, which has the latest of them.
func (f *facts) take(e *policy.Event) bool {
	there, moodles := f.answered(e, e.Scope), f.answered(e, "")
	if there.status == int64(e.Standing) && !(e.Answer == policy.Renewed && f.renewable(e, there)) {
		return false
	}
	if last := moodles.last; !last.IsZero() && !e.Time.After(last) {
		e.Time = utc(last).Add(time.Microsecond)
	}
	if a := f.given(e, e.Time); e.Standing == 1 {
		e.Until = a.Ends()
	}
	there.set(e)
	moodles.set(e)
	return true
}

// given is the event's version as it was accepted at a time.
func (f *facts) given(e *policy.Event, at time.Time) policy.Asked {
	a := f.shown[shownKey{e.PlatformID, placeOf(e), e.VersionID}].asked
	a.Latest = &policy.Given{VersionID: e.VersionID, Accepted: true, Time: time.Unix(at.Unix(), 0).UTC()}
	return a
}

// renewable reports whether the acceptance that stands has ended when the event is, or is asked for again already. Of two
// that renew it at once, only the first one does.
func (f *facts) renewable(e *policy.Event, there *stand) bool {
	renews := f.given(e, time.Unix(there.modified, 0)).Renews()
	return there.now == nil && !renews.IsZero() && !e.Time.Before(renews)
}

func (s *stand) set(e *policy.Event) {
	s.status, s.last, s.now = int64(e.Standing), e.Time, e
	if s.first.IsZero() {
		s.first = e.Time
	}
}

// store writes what changed: the new rows in one statement, then the others by compare-and-set in another,
// both in the order of versions and people.
func (f *facts) store(ctx context.Context, tx *Tx) error {
	var fresh []moodleRow
	var there []courseRow
	changed := map[bool][]*stand{} // by whether they are of courses
	for key, s := range f.stands {
		switch {
		case s.now == nil:
		case s.id != 0:
			changed[key.Scope != ""] = append(changed[key.Scope != ""], s)
		case key.Scope == "":
			fresh = append(fresh, s.row())
		default:
			there = append(there, s.row().in(key.Scope))
		}
	}
	slices.SortFunc(fresh, func(a, b moodleRow) int {
		return cmp.Or(cmp.Compare(a.VersionID, b.VersionID), cmp.Compare(a.UserID, b.UserID))
	})
	slices.SortFunc(there, func(a, b courseRow) int {
		return cmp.Or(cmp.Compare(a.VersionID, b.VersionID), cmp.Compare(a.UserID, b.UserID), cmp.Compare(a.ContextID, b.ContextID))
	})
	if err := insertRows(ctx, tx, "tool_policy_acceptances", fresh); err != nil {
		return err
	}
	if err := insertRows(ctx, tx, "course_acceptance", there); err != nil {
		return err
	}
	for _, courses := range []bool{false, true} {
		slices.SortFunc(changed[courses], func(a, b *stand) int {
			return cmp.Or(cmp.Compare(a.now.VersionID, b.now.VersionID), cmp.Compare(a.now.UserID, b.now.UserID), cmp.Compare(a.id, b.id))
		})
		table := "tool_policy_acceptances"
		if courses {
			table = "course_acceptance"
		}
		for _, part := range parts(changed[courses], 100) {
			if err := updateStands(ctx, tx, table, part); err != nil {
				return err
			}
		}
	}
	return nil
}

// courseRow is a row of course_acceptance.
type courseRow struct {
	VersionID int64          `db:"policyversionid"`
	UserID    int64          `db:"userid"`
	ContextID string         `db:"contextid"`
	Status    int            `db:"status"`
	Lang      string         `db:"lang"`
	Actor     int64          `db:"usermodified"`
	Created   int64          `db:"timecreated"`
	Modified  int64          `db:"timemodified"`
	Note      sql.NullString `db:"note"`
}

// in is the same row for a course.
func (r moodleRow) in(contextID string) courseRow {
	return courseRow{r.VersionID, r.UserID, contextID, r.Status, r.Lang, r.Actor, r.Created, r.Modified, r.Note}
}

func (s *stand) row() moodleRow {
	e := s.now
	return moodleRow{
		VersionID: e.VersionID, UserID: e.UserID, Status: e.Standing, Lang: e.Lang, Actor: e.ActorID,
		Created: s.first.Unix(), Modified: e.Time.Unix(), Note: noteOf(*e),
	}
}

// updateStands changes rows of answers that nobody changed since they were read.
func updateStands(ctx context.Context, tx *Tx, table string, stands []*stand) error {
	rows := make([]moodleRow, len(stands))
	for i, s := range stands {
		rows[i] = s.row()
	}
	return update{
		table: table, key: "id", keys: columnOf("id", stands, func(s *stand) any { return s.id }).values,
		set: []column{
			columnOf("status", rows, func(r moodleRow) any { return r.Status }),
			columnOf("lang", rows, func(r moodleRow) any { return r.Lang }),
			columnOf("usermodified", rows, func(r moodleRow) any { return r.Actor }),
			columnOf("timemodified", rows, func(r moodleRow) any { return r.Modified }),
			columnOf("note", rows, func(r moodleRow) any { return r.Note }),
		},
		expect: []column{
			columnOf("timemodified", stands, func(s *stand) any { return s.modified }),
			columnOf("COALESCE(status, -1)", stands, func(s *stand) any { return s.was }),
		},
	}.do(ctx, tx)
}
