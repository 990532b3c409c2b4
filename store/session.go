package store

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
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

// Session is what one launch told, for the pages that follow it. The browser proves it with a secret of
// which only the SHA-256 is kept.
type Session struct {
	ID             string    `db:"id"` // UUID
	SecretHash     []byte    `db:"secrethash"`
	PlatformID     string    `db:"platformid"`
	InstitutionID  string    `db:"institutionid"`
	Site           string    `db:"site"`   // the platform's name; read only
	Issuer         string    `db:"issuer"` // the platform's; read only
	UserID         int64     `db:"userid"` // 0: anonymous
	Sub            string    `db:"sub"`
	Name           string    `db:"name"`
	Admin          bool      `db:"admin"`
	Teacher        bool      `db:"teacher"`
	Guest          bool      `db:"guest"`
	Framed         bool      `db:"framed"`
	ContextID      string    `db:"contextid"`
	ContextTitle   string    `db:"contexttitle"`
	ResourceLinkID string    `db:"resourcelinkid"`
	DeploymentID   string    `db:"deploymentid"`
	Roles          string    `db:"roles"`
	ReturnURL      string    `db:"returnurl"`
	Locale         string    `db:"locale"`
	UILang         string    `db:"uilang"`
	Origin         string    `db:"origin"`
	Target         string    `db:"target"`
	CMID           int64     `db:"cmid"`      // the activity on a Moodle, for the way back; 0: not known
	Zone           Zone      `db:"zone"`      // the institution's; read only
	Addresses      bool      `db:"addresses"` // its institution shows teachers mail addresses; read only
	CourseEnd      time.Time `db:"-"`         // of the course; zero: it does not end, or nothing is known of it. Read only
	Created        time.Time `db:"timecreated"`
	Expires        time.Time `db:"expires"`
	Powers         []Power   `db:"-"` // granted to the person, at this moment; read only
	// What the launch said the person may and a later one did not: an administrator who is none any more, a teacher who
	// is no teacher of the course any more. Read only.
	LostAdmin, LostTeacher bool `db:"-"`
	personRow
}

// Of is the session as that of a person; without it, it is nobody's.
func (s Session) Of(u User) Session {
	s.UserID, s.personRow = u.ID, u.personRow
	return s
}

// Person is whose session it is, as far as the rules need to know: a guest or an administrator as the launch said.
func (s Session) Person() policy.Person {
	p := s.personRow.Person()
	p.Guest, p.Admin = s.Guest, s.Admin
	return p
}

// CreateSession stores a session. Site and Issuer are not stored: they are the platform's. A session of somebody who was
// erased meanwhile, or of a platform that is not active any more, is policy.ErrSession.
func (db *DB) CreateSession(ctx context.Context, s Session) error {
	if s.ID == "" || len(s.SecretHash) != sha256.Size {
		return policy.E(policy.ErrInvalid, "").Because(errors.New("session: no id, or a secret hash that is not 32 bytes"))
	}
	s.Name, s.ContextTitle = clip(s.Name, 255), clip(s.ContextTitle, 255)
	s.Locale, s.UILang, s.Origin = clip(s.Locale, 30), clip(s.UILang, 35), clip(s.Origin, 255)
	s.Created, s.Expires = utc(s.Created), utc(s.Expires)
	query, args, err := sqlx.Named(`
			INSERT INTO lti_session (id, secrethash, platformid, institutionid, userid, sub, name, admin, teacher, guest,
				framed, contextid, contexttitle, resourcelinkid, deploymentid, roles, returnurl, locale, uilang, origin,
				target, cmid, timecreated, expires, platformepoch, userepoch)
			SELECT :id, :secrethash, :platformid, :institutionid, :userid, :sub, :name, :admin, :teacher, :guest,
				:framed, :contextid, :contexttitle, :resourcelinkid, :deploymentid, :roles, :returnurl, :locale, :uilang, :origin,
				:target, :cmid, :timecreated, :expires, y.visitepoch, `, s)
	if err != nil {
		return fmt.Errorf("creating the session: %w", err)
	}
	// The epochs are read with the row: whoever ends visits at this moment ends this one, or it begins after.
	if s.UserID == 0 {
		query, args = query+`0 FROM lti_platform y WHERE y.id = ? AND y.status = 'active'`, append(args, s.PlatformID)
	} else {
		query += `u.visitepoch FROM lti_user u JOIN lti_platform y ON y.id = ? AND y.status = 'active' WHERE u.id = ?` + db.held()
		args = append(args, s.PlatformID, s.UserID)
	}
	tried := false
	err = db.patiently(ctx, func(ctx context.Context) error {
		ok, err := one(db.exec(ctx, query, args...))
		if duplicate(err) && tried {
			return nil // an earlier try, whose answer was lost
		}
		if tried = true; err == nil && !ok {
			err = errErased
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("creating the session: %w", err)
	}
	return nil
}

// Session returns a session if the secret is the one it was created with. Otherwise, and if it expired, was ended, or its
// platform is no longer active, it is policy.ErrSession, without telling which. What the person may is as of now.
func (db *DB) Session(ctx context.Context, id string, secretHash []byte) (Session, error) {
	if !isID(id) {
		return Session{}, policy.E(policy.ErrSession, "").Because(errors.New("no id"))
	}
	var rows []struct {
		Session
		Power       sql.NullString `db:"power"`
		CourseRoles sql.NullString `db:"courseroles"`
		TimeEnd     sql.NullTime   `db:"timeend"`
	}
	err := db.r.SelectContext(ctx, &rows, `
		SELECT s.id, s.secrethash, s.platformid, s.institutionid, p.name AS site, p.issuer, s.userid, s.sub, s.name,
			s.admin, s.teacher, s.guest, s.framed, s.contextid, s.contexttitle, s.resourcelinkid, s.deploymentid,
			s.roles, s.returnurl, s.locale, s.uilang, s.origin, s.target, s.cmid, s.timecreated, s.expires, g.power,
			r.roles AS courseroles, i.zone, COALESCE(i.addresses, 0) AS addresses, c.timeend, `+personColumns+`
		FROM lti_session s
		JOIN lti_platform p ON p.id = s.platformid AND p.visitepoch = s.platformepoch
		LEFT JOIN institution i ON i.id = s.institutionid
		LEFT JOIN lti_user u ON u.id = s.userid
		LEFT JOIN lti_context c ON c.platformid = s.platformid AND c.contextid = s.contextid
		LEFT JOIN lti_membership r ON r.platformid = s.platformid AND r.contextid = s.contextid AND r.userid = s.userid
		LEFT JOIN admin_grant g ON g.platformid = s.platformid AND g.userid = s.userid
		WHERE s.id = ? AND s.expires > ? AND p.status = 'active' AND s.userepoch = COALESCE(u.visitepoch, 0)`, id, utc(db.now()))
	if err != nil {
		return Session{}, fmt.Errorf("reading the session: %w", unavailable(err))
	}
	if len(rows) == 0 {
		return Session{}, policy.E(policy.ErrSession, "").Because(errors.New("unknown, expired, or of a platform that is not active"))
	}
	s := rows[0].Session
	if subtle.ConstantTimeCompare(s.SecretHash, secretHash) != 1 {
		return Session{}, policy.E(policy.ErrSession, "").Because(errors.New("wrong secret"))
	}
	for _, r := range rows {
		if r.Power.Valid {
			s.Powers = append(s.Powers, Power(r.Power.String))
		}
	}
	slices.Sort(s.Powers)
	first := rows[0]
	s.LostAdmin = s.Admin && s.UserID != 0 && (s.Class == "" || closed(s.Class)) // no other class says who administers
	s.LostTeacher = s.Teacher && first.CourseRoles.Valid && !lti.ParseRoles(strings.Fields(first.CourseRoles.String)).Instructor()
	s.Created, s.Expires, s.CourseEnd = s.Created.UTC(), s.Expires.UTC(), timeOf(first.TimeEnd)
	return s, nil
}

// SetSessionLanguage keeps the interface language that the reader chose, for the rest of the session.
func (db *DB) SetSessionLanguage(ctx context.Context, id, tag string) error {
	err := db.redo(ctx, func(tx *Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE lti_session SET uilang = ? WHERE id = ?`, clip(tag, 35), id)
		return err
	})
	if err != nil {
		return fmt.Errorf("keeping the session's language: %w", err)
	}
	return nil
}

// SessionPlace returns where a session came from, for whoever no longer holds its secret: the platform and,
// on a Moodle, the activity. It works until the session is swept, and is policy.ErrNotFound afterwards.
func (db *DB) SessionPlace(ctx context.Context, id string) (platformID string, cmid int64, err error) {
	if !isID(id) {
		return "", 0, missing("session", sql.ErrNoRows)
	}
	var row struct {
		PlatformID string `db:"platformid"`
		CMID       int64  `db:"cmid"`
	}
	if err := db.r.GetContext(ctx, &row, `SELECT platformid, cmid FROM lti_session WHERE id = ?`, id); err != nil {
		return "", 0, missing("session", err)
	}
	return row.PlatformID, row.CMID, nil
}

// EndSession forgets a session; one that is gone already is no error.
func (db *DB) EndSession(ctx context.Context, id string) error {
	err := db.redo(ctx, func(tx *Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM lti_session WHERE id = ?`, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("ending the session: %w", err)
	}
	return nil
}

// Visits are those of one person, of a platform, or of everybody: the zero value.
type Visits struct {
	PlatformID string
	UserID     int64 // of somebody of the platform; 0: of everybody there
}

// visitsEnd is that an administrator or operator ended visits.
const visitsEnd = "session.end"

// EndVisits ends visits at once, at every replica, and for good: only a new launch begins another. The one with the id
// but goes on, if it is not empty: whoever asks stays where they are. A platform or person that is not the
// institution's is policy.ErrNotFound; the zero Visits are the operator's alone.
func (db *DB) EndVisits(ctx context.Context, a Admin, of Visits, but string) error {
	err := db.tx(ctx, func(tx *Tx) error {
		what, args := `UPDATE lti_platform SET visitepoch = visitepoch + 1`, []any{}
		// The one that stays goes along with what is counted up. If it had ended before, it is as far behind as it was.
		stays, ofIt := `UPDATE lti_session SET platformepoch = platformepoch + 1 WHERE id = ?`, []any{but}
		object, detail, about := "all", "", []int64(nil)
		if of.PlatformID != "" {
			var row platformRow
			err := tx.GetContext(ctx, &row, `SELECT `+platformColumns+` FROM lti_platform p WHERE p.id = ? AND p.institutionid = ?`, of.PlatformID, a.InstitutionID)
			if err != nil {
				return missing("platform", err)
			}
			what, args = what+` WHERE id = ?`, []any{of.PlatformID}
			stays, ofIt = stays+` AND platformid = ?`, append(ofIt, of.PlatformID)
			object, detail = of.PlatformID, row.Name+" "+row.Issuer
		}
		if of.UserID != 0 {
			u, err := institutionUser(ctx, tx, a.InstitutionID, of.PlatformID, of.UserID)
			if err != nil {
				return err
			}
			what, args = `UPDATE lti_user SET visitepoch = visitepoch + 1 WHERE id = ?`, []any{u.ID}
			stays, ofIt = `UPDATE lti_session SET userepoch = userepoch + 1 WHERE id = ? AND userid = ?`, []any{but, u.ID}
			object, detail, about = grantee(u), "", []int64{u.ID}
		}
		if _, err := tx.ExecContext(ctx, what, args...); err != nil {
			return err
		}
		if but != "" {
			if _, err := tx.ExecContext(ctx, stays, ofIt...); err != nil {
				return err
			}
		}
		return db.logAdmin(ctx, tx, AdminEntry{
			InstitutionID: a.InstitutionID, ActorID: a.UserID, Actor: a.Actor, Action: visitsEnd, Object: object, Detail: detail, About: about,
		})
	})
	if err != nil {
		return fmt.Errorf("ending visits: %w", err)
	}
	return nil
}
