package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ltipolicy/lti"
	"ltipolicy/policy"
)

// Door is the login door of a platform: a plugin there that sends people to the tool when they log in.
type Door struct {
	PlatformID string
	AuthURL    string        // the plugin's authorisation endpoint
	State      lti.DoorState // as last computed; zero: never
	Tries      int           // failed deliveries of the notice of this state
}

type doorRow struct {
	PlatformID string    `db:"platformid"`
	AuthURL    string    `db:"authurl"`
	Hash       string    `db:"statehash"`
	Serial     int64     `db:"stateserial"`
	Versions   string    `db:"versions"`
	Tries      int       `db:"tries"`
	NextTry    time.Time `db:"nexttry"`
}

const doorColumns = `d.platformid, d.authurl, d.statehash, d.stateserial, d.versions, d.tries, d.nexttry`

func (r doorRow) door() (Door, error) {
	d := Door{
		PlatformID: r.PlatformID, AuthURL: r.AuthURL, Tries: r.Tries,
		State: lti.DoorState{Hash: r.Hash, Serial: r.Serial},
	}
	for _, word := range strings.Fields(r.Versions) {
		id, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return Door{}, fmt.Errorf("reading the door's versions: %w", err)
		}
		d.State.Versions = append(d.State.Versions, id)
	}
	return d, nil
}

// SetDoor says that a platform has a login door with this authorisation endpoint, or, with an empty one, that
// it has none any more. The platform must exist; the address must be on the origin of its own endpoint, or it
// is policy.ErrInvalid.
func (db *DB) SetDoor(ctx context.Context, platformID, authURL string) error {
	p, err := db.Platform(ctx, platformID)
	if err != nil {
		return fmt.Errorf("setting the door: %w", err)
	}
	if err := checkDoor(p, authURL); err != nil {
		return err
	}
	err = db.tx(ctx, func(tx *Tx) error { return db.setDoor(ctx, tx, p, authURL) })
	if err != nil {
		return fmt.Errorf("setting the door: %w", err)
	}
	return nil
}

func checkDoor(p lti.Platform, authURL string) error {
	if authURL != "" && ((lti.Platform{AuthURL: authURL}).Origin() != p.Origin() || len(authURL) > 4000) {
		return policy.E(policy.ErrInvalid, "").Because(fmt.Errorf("the door's address %q is not on the platform's origin %s", authURL, p.Origin()))
	}
	return nil
}

func (db *DB) setDoor(ctx context.Context, tx *Tx, p lti.Platform, authURL string) error {
	now := utc(db.now())
	entry := AdminEntry{InstitutionID: p.InstitutionID, Action: "platform.door", Object: p.ID, Detail: authURL}
	if authURL == "" {
		if _, err := tx.ExecContext(ctx, `DELETE FROM lti_door WHERE platformid = ?`, p.ID); err != nil {
			return err
		}
		return db.logAdmin(ctx, tx, entry)
	}
	// The plugin may be a new one that knows nothing yet: it is owed a notice again.
	ok, err := one(tx.ExecContext(ctx, `
		UPDATE lti_door SET authurl = ?, delivered = 0, tries = 0, nexttry = ?, timemodified = ? WHERE platformid = ?`,
		authURL, now, now, p.ID))
	if err == nil && !ok {
		_, err = tx.ExecContext(ctx, `
			INSERT INTO lti_door (platformid, authurl, statehash, stateserial, versions, delivered, tries, nexttry,
				timecreated, timemodified)
			VALUES (?, ?, '', 0, '', 0, 0, ?, ?, ?)`, p.ID, authURL, now, now, now)
		if duplicate(err) {
			return errAgain
		}
	}
	if err != nil {
		return err
	}
	// So that there is no moment in which logins by a new door have no state to answer with.
	asked, err := askedOf(ctx, tx, p.ID, "", 0)
	if err != nil {
		return err
	}
	if _, err := db.saveDoorState(ctx, tx, p.ID, 0, policy.DemandOf(asked, now)); err != nil {
		return err
	}
	return db.logAdmin(ctx, tx, entry)
}

// Door returns the login door of a platform, or policy.ErrNotFound if it has none.
func (db *DB) Door(ctx context.Context, platformID string) (Door, error) {
	var row doorRow
	err := db.r.GetContext(ctx, &row, `SELECT `+doorColumns+` FROM lti_door d WHERE d.platformid = ?`, platformID)
	if err != nil {
		return Door{}, missing("door", err)
	}
	return row.door()
}

// Doors returns the doors of all active platforms, for the job that looks after them.
func (db *DB) Doors(ctx context.Context) ([]Door, error) {
	return db.doors(ctx, `
		SELECT `+doorColumns+` FROM lti_door d JOIN lti_platform p ON p.id = d.platformid
		WHERE p.status = 'active' ORDER BY d.platformid`)
}

// OwedNotices returns the doors that are owed the news of their state and whose next try is due, at most
// limit, the longest waiting first.
func (db *DB) OwedNotices(ctx context.Context, limit int) ([]Door, error) {
	return db.doors(ctx, `
		SELECT `+doorColumns+` FROM lti_door d JOIN lti_platform p ON p.id = d.platformid
		WHERE p.status = 'active' AND d.stateserial > d.delivered AND d.nexttry <= ?
		ORDER BY d.nexttry, d.platformid LIMIT ?`, utc(db.now()), limit)
}

func (db *DB) doors(ctx context.Context, query string, args ...any) ([]Door, error) {
	var rows []doorRow
	if err := db.r.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("reading the doors: %w", unavailable(err))
	}
	doors := make([]Door, 0, len(rows))
	for _, r := range rows {
		d, err := r.door()
		if err != nil {
			return nil, err
		}
		doors = append(doors, d)
	}
	return doors, nil
}

// SaveDoorState records what the members of a door's platform are asked now, and reports whether that is news: then
// the serial grows and the plugin is owed a notice. seen is the door as it was read before what is asked. If another
// state was recorded meanwhile nothing is written: what that one was computed from may be later.
// The serial is at least the time in milliseconds, so that it also grows over a database that was restored.
func (db *DB) SaveDoorState(ctx context.Context, seen Door, now policy.Demand) (news bool, err error) {
	if seen.State.Hash == now.Hash() {
		return false, nil
	}
	err = db.tx(ctx, func(tx *Tx) error {
		var err error
		news, err = db.saveDoorState(ctx, tx, seen.PlatformID, seen.State.Serial, now)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("recording the door's state: %w", err)
	}
	return news, nil
}

// saveDoorState records a state after the one with the given serial.
func (db *DB) saveDoorState(ctx context.Context, tx *Tx, platformID string, after int64, now policy.Demand) (bool, error) {
	words := make([]string, len(now))
	for i, id := range now {
		words[i] = strconv.FormatInt(id, 10)
	}
	at := utc(db.now())
	return one(tx.ExecContext(ctx, `
		UPDATE lti_door SET statehash = ?, stateserial = ?, versions = ?, tries = 0, nexttry = ?, timemodified = ?
		WHERE platformid = ? AND stateserial = ?`,
		now.Hash(), serialAfter(after, at), strings.Join(words, " "), at, at, platformID, after))
}

// serialAhead is how far a serial may be ahead of the clock: the plugin refuses what is further.
const serialAhead = 5 * time.Minute

// serialAfter is the next serial. One that a clock which was wrong gave is left behind.
func serialAfter(after int64, at time.Time) int64 {
	if after >= at.Add(serialAhead).UnixMilli() {
		return at.UnixMilli()
	}
	return max(after+1, at.UnixMilli())
}

// NoticeDelivered says that the plugin knows the state with this serial.
func (db *DB) NoticeDelivered(ctx context.Context, platformID string, serial int64) error {
	err := db.redo(ctx, func(tx *Tx) error {
		_, err := tx.ExecContext(ctx, `
			UPDATE lti_door SET delivered = ?, tries = 0 WHERE platformid = ? AND delivered < ?`, serial, platformID, serial)
		return err
	})
	if err != nil {
		return fmt.Errorf("recording the delivery: %w", err)
	}
	return nil
}

// NoticePostponed says that the notice of this state could not be delivered and when to try again.
func (db *DB) NoticePostponed(ctx context.Context, d Door, next time.Time) error {
	err := db.redo(ctx, func(tx *Tx) error {
		_, err := tx.ExecContext(ctx, `
			UPDATE lti_door SET tries = ?, nexttry = ? WHERE platformid = ? AND stateserial = ? AND delivered < stateserial`,
			d.Tries+1, utc(next), d.PlatformID, d.State.Serial)
		return err
	})
	if err != nil {
		return fmt.Errorf("postponing the notice: %w", err)
	}
	return nil
}

// DoorLaunch is what a launch through a door told besides its session.
type DoorLaunch struct {
	SessionID string    `db:"sessionid"`
	Nonce     string    `db:"nonce"`   // the answer must repeat it
	Contact   string    `db:"contact"` // whom people can ask; may be empty
	Expires   time.Time `db:"expires"`
}

// AddDoorLaunch stores it beside the session.
func (db *DB) AddDoorLaunch(ctx context.Context, l DoorLaunch) error {
	if l.SessionID == "" || l.Nonce == "" || len(l.Nonce) > opaqueMax {
		return policy.E(policy.ErrInvalid, "").Because(errors.New("door launch: no session, or no fit nonce"))
	}
	err := db.tx(ctx, func(tx *Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO lti_door_launch (sessionid, nonce, contact, expires) VALUES (?, ?, ?, ?)`,
			l.SessionID, l.Nonce, clip(l.Contact, 255), utc(l.Expires))
		return err
	})
	if err != nil {
		return fmt.Errorf("storing the door's launch: %w", err)
	}
	return nil
}

// DoorLaunch returns what a session's launch through a door told; ok is false for any other session.
func (db *DB) DoorLaunch(ctx context.Context, sessionID string) (l DoorLaunch, ok bool, err error) {
	err = db.r.GetContext(ctx, &l, `
		SELECT sessionid, nonce, contact, expires FROM lti_door_launch WHERE sessionid = ? AND expires > ?`,
		sessionID, utc(db.now()))
	if errors.Is(err, sql.ErrNoRows) {
		return DoorLaunch{}, false, nil
	}
	if err != nil {
		return DoorLaunch{}, false, fmt.Errorf("reading the door's launch: %w", unavailable(err))
	}
	l.Expires = l.Expires.UTC()
	return l, true, nil
}
