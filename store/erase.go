package store

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"ltipolicy/policy"
)

// Decision is why people are erased, as the log keeps it. It must name nobody: it stays.
type Decision struct {
	ID     string // tells decisions apart; at most 100 characters
	Reason string // at most 1000 characters
	Admin
}

// Erased says what an erasure took away.
type Erased struct {
	People  int64 `json:"people"`
	Answers int64 `json:"answers"` // of these people
	Acted   int64 `json:"acted"`   // of others, that these people gave for them
	Acts    int64 `json:"acts"`    // places in the admin log that named them: who acted, and about whom
}

func (e *Erased) add(o Erased) {
	e.People, e.Answers, e.Acted, e.Acts = e.People+o.People, e.Answers+o.Answers, e.Acted+o.Acted, e.Acts+o.Acts
}

// eraseAct is that people were erased.
const eraseAct = "person.erase"

// eraseDetail is what such an act says.
type eraseDetail struct {
	Decision string `json:"decision"`
	Reason   string `json:"reason"`
	Erased
}

// eraseBatch is how many people one transaction erases.
const eraseBatch = 100

// erasedSub begins the subs of those who took the place of people who were erased.
const erasedSub = "erased:"

// Erase takes people away for good and leaves what they did: in their place comes somebody without a name, a ghost, of
// whom nobody can tell who it was. Everything that is counted is counted as before; the evidence still verifies, without
// saying of whom it is. Their secrets are destroyed, so that what the log holds can be traced to nobody. What was theirs
// alone is deleted: sessions, owed scores, notices, rights, what they were typing.
//
// It is one transaction for each hundred people, with an act that says how many under which decision. Broken off, it is
// called again and goes on; who is not there, or no longer, is passed over. Whoever launches again afterwards is a new
// person. Visits of these people end, and what they, or others for them, are at in this moment is either written before,
// and erased with the rest, or refused, see [DB.gone]. Lists of participants that are being fetched from their platforms
// are broken off: they may hold them.
func (db *DB) Erase(ctx context.Context, d Decision, userIDs []int64) (Erased, error) {
	var all Erased
	if d.ID == "" || !fits(d.ID, 100) || !fits(d.Reason, 1000) {
		return all, policy.E(policy.ErrInvalid, "").Because(errors.New("a decision needs an id of at most 100 characters and a reason of at most 1000"))
	}
	for _, ids := range parts(distinct(userIDs), eraseBatch) {
		var some Erased
		err := db.tx(ctx, func(tx *Tx) error {
			var err error
			some, err = db.erase(ctx, tx, d, ids)
			return err
		})
		if err != nil {
			return all, fmt.Errorf("erasing people: %w", err)
		}
		all.add(some)
	}
	return all, nil
}

// erasing are the people of one transaction with those who take their place.
type erasing struct {
	ctx    context.Context //nolint:containedctx // of the call
	tx     *Tx
	people []User
	ghosts []User // in the same order
	ids    []int64
}

func (db *DB) erase(ctx context.Context, tx *Tx, d Decision, ids []int64) (Erased, error) {
	var done Erased
	e := &erasing{ctx: ctx, tx: tx}
	query, args, err := sqlx.In(`SELECT `+userColumns+` FROM lti_user u WHERE u.id IN (?) AND u.timeerased IS NULL ORDER BY u.id`+db.taken(), ids)
	if err != nil {
		return done, err
	}
	if err := tx.SelectContext(ctx, &e.people, query, args...); err != nil || len(e.people) == 0 {
		return done, err
	}
	if err := db.shuffle(e.people); err != nil {
		return done, err
	}
	for _, u := range e.people {
		e.ids = append(e.ids, u.ID)
	}
	if err := db.makeGhosts(e); err != nil {
		return done, err
	}
	done.People = int64(len(e.people))
	for _, step := range []func(*Erased) error{e.answers, e.acts, e.standing, e.rosters, e.visits, e.rest} {
		if err := step(&done); err != nil {
			return done, err
		}
	}
	detail, err := json.Marshal(eraseDetail{Decision: d.ID, Reason: d.Reason, Erased: done})
	if err != nil {
		return done, err
	}
	return done, db.logAdmin(ctx, tx, AdminEntry{
		InstitutionID: d.InstitutionID, ActorID: d.UserID, Actor: d.Actor, Action: eraseAct, Object: d.ID, Detail: string(detail),
	})
}

// shuffle puts people into an order that says nothing about who they are: their ghosts are numbered in it.
func (db *DB) shuffle(us []User) error {
	for i := len(us) - 1; i > 0; i-- {
		var b [8]byte
		if _, err := io.ReadFull(db.rand, b[:]); err != nil {
			return fmt.Errorf("reading randomness: %w", err)
		}
		j := binary.BigEndian.Uint64(b[:]) % uint64(i+1)
		us[i], us[j] = us[j], us[i]
	}
	return nil
}

// makeGhosts adds who takes the place of each of the people. Of them a ghost has the site and the class, by which
// people are counted, and no time of its own.
func (db *DB) makeGhosts(e *erasing) error {
	now := utc(db.now())
	for _, u := range e.people {
		id, err := uuid.NewRandomFromReader(db.rand)
		if err != nil {
			return fmt.Errorf("naming a ghost: %w", err)
		}
		g := User{PlatformID: u.PlatformID, Sub: erasedSub + id.String(), Created: now, LastLaunch: now, personRow: personRow{Class: u.Class}}
		if g.ID, err = insertUser(e.ctx, e.tx, g); err != nil {
			return err
		}
		e.ghosts = append(e.ghosts, g)
	}
	if _, err := e.run(`UPDATE lti_user SET timeerased = ? WHERE id IN (?)`, now, e.of(func(g User) any { return g.ID })); err != nil {
		return err
	}
	_, err := e.run(`UPDATE lti_platform SET erasedsince = ? WHERE id IN (?) AND erasedsince IS NULL`, now, e.of(func(g User) any { return g.PlatformID }))
	return err
}

func (e *erasing) of(f func(User) any) []any {
	var all []any
	for _, g := range e.ghosts {
		all = append(all, f(g))
	}
	return all
}

// run runs a statement whose arguments may be lists, and returns how many rows it found.
func (e *erasing) run(query string, args ...any) (int64, error) {
	query, args, err := sqlx.In(query, args...)
	if err != nil {
		return 0, err
	}
	res, err := e.tx.ExecContext(e.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// replace puts the ghosts' ids in the place of the people's in a column, and sets others. It returns how many rows.
func (e *erasing) replace(table, column, set string) (int64, error) {
	ids := column + ` = CASE ` + column
	var args []any
	for i, u := range e.people {
		ids += ` WHEN ? THEN ?`
		args = append(args, u.ID, e.ghosts[i].ID)
	}
	// Servers assign from left to right: what depends on the column comes before it.
	return e.run(`UPDATE `+table+` SET `+set+ids+` ELSE `+column+` END WHERE `+column+` IN (?)`, append(args, e.ids)...)
}

func (e *erasing) answers(done *Erased) error {
	query, args, err := sqlx.In(`SELECT COUNT(id) FROM acceptance_event WHERE actorid IN (?) AND userid <> actorid`, e.ids)
	if err != nil {
		return err
	}
	if err := e.tx.GetContext(e.ctx, &done.Acted, query, args...); err != nil {
		return err
	}
	// The launch and the form are those of whoever acted.
	if _, err := e.replace("acceptance_event", "actorid", `actorsub = '', launchid = '', presentation = NULL, `); err != nil {
		return fmt.Errorf("erasing who answered: %w", err)
	}
	done.Answers, err = e.replace("acceptance_event", "userid", `sub = '', note = '', launchid = '', presentation = NULL, `)
	if err != nil {
		return fmt.Errorf("erasing whose answers they are: %w", err)
	}
	_, err = e.run(`DELETE FROM person_secret WHERE userid IN (?)`, e.ids)
	return err
}

func (e *erasing) acts(done *Erased) error {
	actors, err := e.run(`UPDATE admin_log SET actor = '', actorkey = NULL, actorid = 0 WHERE actorid IN (?)`, e.ids)
	if err != nil {
		return fmt.Errorf("erasing who acted: %w", err)
	}
	about, err := e.run(`
		UPDATE admin_log SET object = '', detail = '', aboutkey = NULL
		WHERE aboutkey IS NOT NULL AND id IN (SELECT p.entryid FROM admin_log_person p WHERE p.userid IN (?))`, e.ids)
	if err != nil {
		return fmt.Errorf("erasing what acts say: %w", err)
	}
	done.Acts = actors + about
	_, err = e.run(`DELETE FROM admin_log_person WHERE userid IN (?)`, e.ids)
	return err
}

// standing are the tables in which people are counted.
func (e *erasing) standing(*Erased) error {
	for _, r := range []struct{ table, column, set string }{
		{"tool_policy_acceptances", "userid", `note = NULL, `},
		{"tool_policy_acceptances", "usermodified", ``},
		{"course_acceptance", "userid", `note = NULL, `},
		{"course_acceptance", "usermodified", ``},
		{"lti_membership", "userid", ``},
		{"tool_policy_versions", "usermodified", ``},
		{"policy_image", "userid", ``},
	} {
		if _, err := e.replace(r.table, r.column, r.set); err != nil {
			return fmt.Errorf("erasing people of %s: %w", r.table, err)
		}
	}
	return nil
}

// rosters are the lists of courses, whose members are counted.
func (e *erasing) rosters(*Erased) error {
	platforms := distinct(stringsOf(e.people, func(u User) string { return u.PlatformID }))
	query, args, err := sqlx.In(`SELECT filling FROM lti_roster WHERE platformid IN (?) AND filling <> ''`, platforms)
	if err != nil {
		return err
	}
	var fetched []string
	if err := e.tx.SelectContext(e.ctx, &fetched, query, args...); err != nil {
		return fmt.Errorf("looking for lists that are being fetched: %w", err)
	}
	if _, err := e.run(`UPDATE lti_roster SET filling = '', leaseduntil = NULL WHERE platformid IN (?) AND filling <> ''`, platforms); err != nil {
		return fmt.Errorf("breaking off lists that are being fetched: %w", err)
	}
	for i, u := range e.people {
		if err := e.inLists(fetched, u, e.ghosts[i]); err != nil {
			return err
		}
		for _, generation := range []string{"generation", "stale"} {
			query := `SELECT m.generation FROM lti_roster r JOIN lti_roster_member m ON m.generation = r.` + generation + ` AND m.sub = ?
				WHERE r.platformid = ?`
			var lists []string
			if err := e.tx.SelectContext(e.ctx, &lists, query, u.Sub, u.PlatformID); err != nil {
				return fmt.Errorf("looking for people in lists: %w", err)
			}
			if err := e.inLists(lists, u, e.ghosts[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// inLists puts a ghost in the place of a person in some lists.
func (e *erasing) inLists(lists []string, u, ghost User) error {
	for _, some := range parts(lists, 100) {
		_, err := e.run(`
			UPDATE lti_roster_member SET sub = ?, name = '', givenname = '', familyname = '', email = '', idnumber = ''
			WHERE generation IN (?) AND sub = ?`, ghost.Sub, some, u.Sub)
		if err != nil {
			return fmt.Errorf("erasing people of lists: %w", err)
		}
	}
	return nil
}

func stringsOf(us []User, f func(User) string) (all []string) {
	for _, u := range us {
		all = append(all, f(u))
	}
	return all
}

// visits end, with all that belongs to them.
func (e *erasing) visits(*Erased) error {
	query, args, err := sqlx.In(`SELECT id FROM lti_session WHERE userid IN (?)`, e.ids)
	if err != nil {
		return err
	}
	var sessions []string
	if err := e.tx.SelectContext(e.ctx, &sessions, query, args...); err != nil {
		return err
	}
	for _, some := range parts(sessions, 500) {
		for _, r := range []struct{ table, key string }{{"lti_door_launch", "sessionid"}, {"lti_deep_link", "sessionid"}, {"lti_session", "id"}} {
			if _, err := e.run(`DELETE FROM `+r.table+` WHERE `+r.key+` IN (?)`, some); err != nil {
				return fmt.Errorf("ending visits: %w", err)
			}
		}
	}
	return nil
}

func (e *erasing) rest(*Erased) error {
	for _, table := range []string{"outbox", "policy_autosave", "admin_grant"} {
		if _, err := e.run(`DELETE FROM `+table+` WHERE userid IN (?)`, e.ids); err != nil {
			return fmt.Errorf("erasing people of %s: %w", table, err)
		}
	}
	// Who planned a version, or gave a right, as the log named them.
	for _, u := range e.people {
		if _, err := e.run(`DELETE FROM notice WHERE platformid = ? AND sub = ?`, u.PlatformID, u.Sub); err != nil {
			return fmt.Errorf("erasing people of notices: %w", err)
		}
		for _, table := range []string{"policy_schedule", "admin_grant"} {
			_, err := e.run(`
				UPDATE `+table+` SET actor = ''
				WHERE INSTR(actor, CONCAT(?, (SELECT p.issuer FROM lti_platform p WHERE p.id = ?), ')')) > 0`, "("+u.Sub+", ", u.PlatformID)
			if err != nil {
				return fmt.Errorf("erasing who acted in %s: %w", table, err)
			}
		}
	}
	n, err := e.run(`DELETE FROM lti_user WHERE id IN (?)`, e.ids)
	if err == nil && n != int64(len(e.ids)) {
		err = errAgain
	}
	return err
}

// UserBySub returns a person of a platform by the name that the platform gives them, or policy.ErrNotFound.
func (db *DB) UserBySub(ctx context.Context, platformID, sub string) (User, error) {
	var u User
	err := db.r.GetContext(ctx, &u, `SELECT `+userColumns+` FROM lti_user u WHERE u.platformid = ? AND u.sub = ?`, platformID, sub)
	if err != nil {
		return User{}, missing("user", err)
	}
	u.Created, u.LastLaunch = u.Created.UTC(), u.LastLaunch.UTC()
	return u, nil
}
