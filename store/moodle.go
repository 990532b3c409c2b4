package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"ltipolicy/lti"
	"ltipolicy/policy"
)

// MoodlePolicy is a policy that comes from a Moodle site's tool_policy.
type MoodlePolicy struct {
	ID        int64  // its id there
	Slug      string // the name wanted here; a number is added if it is taken
	SortOrder int
	Current   int64 // id there of its active version; 0: none
	Versions  []MoodleVersion
}

// MoodleVersion is a version that comes from a Moodle site: what was made of it, and its texts as they stand
// there.
type MoodleVersion struct {
	ID                           int64 // its id there
	Version                      policy.Version
	Name, Summary, Content       string
	SummaryFormat, ContentFormat int
}

// MoodleImported says what an import did, or would do.
type MoodleImported struct {
	PolicyID int64           // 0 in a dry run of a new policy
	New      bool            // the policy was not here
	Versions map[int64]int64 // ours by Moodle's; 0 in a dry run of a new version
	Added    []int64         // Moodle's ids of versions that were not here
	Changed  []int64         // Moodle's ids of versions whose texts there changed since they were taken over
	// Activated is Moodle's id of the version that became active here, Left that of one that did not although
	// it is active there, because something was published here since. 0: none.
	Activated, Left int64
}

// ImportMoodlePolicy takes a policy with its versions over, or what is new of it since the last time. Versions
// that are here stay as they are, also if Moodle's changed. A version that is active there becomes active
// here, unless the active one here was published here. If that would happen while a version waits here for its
// day, the policy is left as it is and the error is a *[Waiting], in a dry run too. The policy applies on the
// platform it comes from. It is one transaction; with dry nothing is written.
func (db *DB) ImportMoodlePolicy(ctx context.Context, p lti.Platform, m MoodlePolicy, dry bool) (MoodleImported, error) {
	for _, v := range m.Versions {
		if err := CheckVersion("x", v.Version); err != nil {
			return MoodleImported{}, fmt.Errorf("importing version %d: %w", v.ID, err)
		}
	}
	var done MoodleImported
	err := db.tx(ctx, func(tx *Tx) error {
		done = MoodleImported{Versions: map[int64]int64{}}
		var ids []int64
		slug := ""
		err := tx.SelectContext(ctx, &ids, `SELECT policyid FROM moodle_policy WHERE platformid = ? AND moodleid = ?`, p.ID, m.ID)
		if err != nil {
			return err
		}
		if done.New = len(ids) == 0; !done.New {
			done.PolicyID = ids[0]
			turn := takeTurn
			if dry {
				turn = institutionPolicy
			}
			if slug, err = turn(ctx, tx, p.InstitutionID, done.PolicyID); err != nil {
				return err
			}
		} else if !dry {
			if done.PolicyID, err = db.newMoodlePolicy(ctx, tx, p, m); err != nil {
				return err
			}
		}
		for _, v := range m.Versions {
			if err := db.importVersion(ctx, tx, p, v, dry, &done); err != nil {
				return err
			}
		}
		if err := db.importCurrent(ctx, tx, p, m, slug, dry, &done); err != nil {
			return err
		}
		if dry || !done.New && len(done.Added) == 0 && done.Activated == 0 {
			return nil
		}
		return db.logAdmin(ctx, tx, AdminEntry{
			InstitutionID: p.InstitutionID, Action: "moodle.import", Object: m.Slug,
			Detail: fmt.Sprintf("platform %s, Moodle's policy %d: versions %v added, %d active", p.ID, m.ID, done.Added, done.Activated),
		})
	})
	if err != nil {
		return MoodleImported{}, fmt.Errorf("importing policy %d: %w", m.ID, err)
	}
	return done, nil
}

func (db *DB) newMoodlePolicy(ctx context.Context, tx *Tx, p lti.Platform, m MoodlePolicy) (int64, error) {
	slug, err := freeSlug(ctx, tx, p.InstitutionID, m.Slug)
	if err != nil {
		return 0, err
	}
	id, _, err := db.ensurePolicy(ctx, tx, p.InstitutionID, slug, m.SortOrder)
	if err != nil {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO moodle_policy (platformid, moodleid, policyid) VALUES (?, ?, ?)`, p.ID, m.ID, id)
	if duplicate(err) {
		return 0, errAgain
	}
	if err != nil {
		return 0, err
	}
	return id, db.setPlatforms(ctx, tx, p.InstitutionID, id, []string{p.ID})
}

// freeSlug is the slug, with a number if the institution has it already.
func freeSlug(ctx context.Context, tx *Tx, institutionID, slug string) (string, error) {
	for n := 1; ; n++ {
		try := slug
		if n > 1 {
			try = fmt.Sprintf("%s-%d", slug, n)
		}
		var taken []int64
		err := tx.SelectContext(ctx, &taken, `SELECT policyid FROM policy_detail WHERE institutionid = ? AND slug = ?`, institutionID, try)
		if err != nil || len(taken) == 0 {
			return try, err
		}
	}
}

func (db *DB) importVersion(ctx context.Context, tx *Tx, p lti.Platform, m MoodleVersion, dry bool, done *MoodleImported) error {
	var old []struct {
		VersionID int64  `db:"versionid"`
		Name      string `db:"name"`
		Summary   string `db:"summary"`
		Content   string `db:"content"`
	}
	err := tx.SelectContext(ctx, &old, `
		SELECT versionid, name, summary, content FROM moodle_version WHERE platformid = ? AND moodleid = ?`, p.ID, m.ID)
	if err != nil {
		return err
	}
	if len(old) > 0 {
		done.Versions[m.ID] = old[0].VersionID
		if old[0].Name != m.Name || old[0].Summary != m.Summary || old[0].Content != m.Content {
			done.Changed = append(done.Changed, m.ID)
		}
		return nil
	}
	done.Added = append(done.Added, m.ID)
	done.Versions[m.ID] = 0
	if dry {
		return nil
	}
	v := m.Version
	v.PolicyID, v.MaterialID = done.PolicyID, 0
	id, err := db.insertVersion(ctx, tx, v)
	if err != nil {
		return err
	}
	done.Versions[m.ID] = id
	_, err = tx.ExecContext(ctx, `
		INSERT INTO moodle_version (platformid, moodleid, versionid, name, summary, summaryformat, content, contentformat, digest)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.ID, m.ID, id, m.Name, m.Summary, m.SummaryFormat, m.Content, m.ContentFormat, v.Primary().Digest())
	if duplicate(err) {
		return errAgain
	}
	return err
}

// importCurrent makes Moodle's active version the active one here.
func (db *DB) importCurrent(ctx context.Context, tx *Tx, p lti.Platform, m MoodlePolicy, slug string, dry bool, done *MoodleImported) error {
	want := done.Versions[m.Current]
	if m.Current == 0 || done.New && dry {
		if done.New {
			done.Activated = m.Current
		}
		return nil
	}
	current, err := currentVersion(ctx, tx, done.PolicyID)
	if err != nil {
		return err
	}
	if current.ID == want && want != 0 {
		return nil
	}
	if current.ID != 0 {
		var theirs []int64
		err := tx.SelectContext(ctx, &theirs, `SELECT moodleid FROM moodle_version WHERE platformid = ? AND versionid = ?`, p.ID, current.ID)
		if err != nil {
			return err
		}
		if len(theirs) == 0 {
			done.Left = m.Current
			return nil
		}
	}
	if !done.New && !slices.Contains(done.Added, m.Current) && current.ID == 0 {
		// It was inactivated here, or is a draft there that was made active since: here the admin decides.
		done.Left = m.Current
		return nil
	}
	if err := nothingWaits(ctx, tx, done.PolicyID, slug); err != nil {
		return err
	}
	done.Activated = m.Current
	if dry {
		return nil
	}
	if err := db.activate(ctx, tx, done.PolicyID, want, current.ID, utc(db.now())); err != nil {
		return err
	}
	active, err := currentVersion(ctx, tx, done.PolicyID)
	if err != nil {
		return err
	}
	return db.logChange(ctx, tx, Admin{InstitutionID: p.InstitutionID}, "version.activate", m.Slug, logOf(current), logOf(active))
}

// ImportMoodleUsers returns the id of each person by sub, and adds those who never launched: their last
// launch is the zero time of Unix. What a launch told of the others stays; fields that it left empty are
// filled. At most some hundred at once: it is one transaction. With dry nothing is written and those who are
// not here have no id.
func (db *DB) ImportMoodleUsers(ctx context.Context, platformID string, us []User, dry bool) (map[string]int64, error) {
	subs := make([]string, len(us))
	for i, u := range us {
		subs[i] = u.Sub
	}
	var ids map[string]int64
	err := db.tx(ctx, func(tx *Tx) error {
		ids = map[string]int64{}
		if len(us) == 0 {
			return nil
		}
		query, args, err := sqlx.In(`SELECT `+userColumns+` FROM lti_user u WHERE u.platformid = ? AND u.sub IN (?)`, platformID, subs)
		if err != nil {
			return err
		}
		var old []User
		if err := tx.SelectContext(ctx, &old, query, args...); err != nil {
			return err
		}
		have := map[string]User{}
		for _, u := range old {
			have[u.Sub], ids[u.Sub] = u, u.ID
		}
		for _, u := range us {
			if dry {
				break
			}
			u.PlatformID = platformID
			if err := importUser(ctx, tx, u, have[u.Sub], utc(db.now()), ids); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("importing users: %w", err)
	}
	return ids, nil
}

func importUser(ctx context.Context, tx *Tx, u, old User, now time.Time, ids map[string]int64) error {
	for _, f := range []*string{&u.Name, &u.GivenName, &u.FamilyName, &u.Email, &u.Username, &u.IDNumber} {
		*f = clip(*f, 255)
	}
	u.Lang = clip(u.Lang, 30)
	if old.ID == 0 {
		if _, twice := ids[u.Sub]; twice {
			return nil
		}
		u.Created, u.LastLaunch = now, time.Unix(0, 0).UTC()
		id, err := insertUser(ctx, tx, u)
		ids[u.Sub] = id
		return err
	}
	merged := old
	for _, f := range []struct {
		to   *string
		from string
	}{
		{&merged.Name, u.Name}, {&merged.GivenName, u.GivenName}, {&merged.FamilyName, u.FamilyName}, {&merged.Email, u.Email},
		{&merged.Username, u.Username}, {&merged.IDNumber, u.IDNumber}, {&merged.Lang, u.Lang}, {&merged.Class, u.Class},
	} {
		if *f.to == "" {
			*f.to = f.from
		}
	}
	if merged == old {
		return nil
	}
	return updateUser(ctx, tx, merged)
}

// moodleMark is the presentation of an event that was taken over from a Moodle site: the same answer has the
// same mark, so that it is taken over once, and one that changed there has another.
func moodleMark(id int64, modified time.Time, status int) string {
	return fmt.Sprintf("moodle:%d:%d:%d", id, modified.Unix(), status)
}

// markedAcceptance is the id of the row in the Moodle site that an event was taken over from, 0 if none.
func markedAcceptance(presentation string) int64 {
	rest, ok := strings.CutPrefix(presentation, "moodle:")
	if !ok {
		return 0
	}
	var id int64
	if _, err := fmt.Sscanf(rest, "%d:", &id); err != nil {
		return 0
	}
	return id
}

// lastImported returns the highest id of an acceptance that was taken over from a platform.
func lastImported(ctx context.Context, q sqlx.QueryerContext, platformID string) (int64, error) {
	var id int64
	err := sqlx.GetContext(ctx, q, &id, `SELECT acceptanceid FROM moodle_import WHERE platformid = ?`, platformID)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return id, err
}
