package store

import (
	"cmp"
	"context"
	"database/sql"
	"time"

	"ltipolicy/lti"
	"ltipolicy/policy"
)

// User is a person on one platform, as the last launches told. ID is what Moodle's userid columns refer to.
type User struct {
	ID         int64  `db:"id"`
	PlatformID string `db:"platformid"`
	Sub        string `db:"sub"`
	Name       string `db:"name"`
	GivenName  string `db:"givenname"`
	FamilyName string `db:"familyname"`
	Email      string `db:"email"`
	Username   string `db:"username"`
	IDNumber   string `db:"idnumber"`
	Lang       string `db:"lang"` // Moodle's language code
	personRow
	Created    time.Time `db:"timecreated"`
	LastLaunch time.Time `db:"lastlaunch"`
}

// personColumns are what the rules look at in a person u, who may be NULL. Whoever reads people whom the rules are to be
// applied to embeds a personRow and reads them into it: what a new rule looks at is added here and nowhere else.
const personColumns = `COALESCE(u.class, '') AS class, u.timeerased`

type personRow struct {
	// Class tells what is not a person who can be asked, which the report counts apart: "test", "service", "guest",
	// "deleted", "suspended" or "admin": a site's administrators are reminded at their own page, and neither Moodle nor the
	// tool waits for them.
	Class string `db:"class"`
	// Erased is when the person was erased in whose place this one stands, see [DB.Erase].
	Erased sql.NullTime `db:"timeerased"`
}

// fields are where the columns go, for who reads them without their names.
func (r *personRow) fields() []any { return []any{&r.Class, &r.Erased} }

// Person is who it is, as far as the rules need to know.
func (r personRow) Person() policy.Person {
	return policy.Person{Guest: r.Class == classGuest, Admin: r.Class == classAdmin, Erased: timeOf(r.Erased)}
}

// launched is what is known of a person when a launch said u. From outside of courses nothing is said of who administers:
// a login door's launches name no such role.
func (r personRow) launched(u personRow, fromCourse bool) personRow {
	if closed(r.Class) || r.Class == classAdmin && fromCourse { // who launches is there again, or administers no more
		r.Class = ""
	}
	r.Class = cmp.Or(u.Class, r.Class)
	return r
}

const userColumns = `u.id, u.platformid, u.sub, u.name, u.givenname, u.familyname, u.email, u.username, u.idnumber,
	u.lang, u.timecreated, u.lastlaunch, ` + personColumns

func userOf(m *lti.Message, platformID string) User {
	return User{
		PlatformID: platformID, Sub: m.Sub, personRow: personRow{Class: classOf(m.Roles)},
		Name: clip(m.Person.Name, 255), GivenName: clip(m.Person.GivenName, 255), FamilyName: clip(m.Person.FamilyName, 255),
		Email: clip(m.Person.Email, 255), Username: clip(m.Person.Username, 255), IDNumber: clip(m.Person.IDNumber, 255),
		Lang: clip(m.Presentation.Locale, 30),
	}
}

// User returns a person of a platform by id, or policy.ErrNotFound.
func (db *DB) User(ctx context.Context, platformID string, id int64) (User, error) {
	var u User
	err := db.r.GetContext(ctx, &u, `SELECT `+userColumns+` FROM lti_user u WHERE u.id = ? AND u.platformid = ?`, id, platformID)
	if err != nil {
		return User{}, missing("user", err)
	}
	u.Created, u.LastLaunch = u.Created.UTC(), u.LastLaunch.UTC()
	return u, nil
}

// launched is the person as stored, the zero User if not yet, with what a launch says of them, and whether that
// has to be written. An empty field changes nothing: two activities of one Moodle may share different things
// about the same person.
func (old User) launched(u User, fromCourse bool, now time.Time) (User, bool) {
	if old.ID == 0 {
		u.Created, u.LastLaunch = now, now
		return u, true
	}
	u.ID, u.Created, u.LastLaunch = old.ID, old.Created.UTC(), old.LastLaunch.UTC()
	old.Created, old.LastLaunch = u.Created, u.LastLaunch
	u.Name, u.GivenName, u.FamilyName = cmp.Or(u.Name, old.Name), cmp.Or(u.GivenName, old.GivenName), cmp.Or(u.FamilyName, old.FamilyName)
	u.Email, u.Username, u.IDNumber = cmp.Or(u.Email, old.Email), cmp.Or(u.Username, old.Username), cmp.Or(u.IDNumber, old.IDNumber)
	u.Lang, u.personRow = cmp.Or(u.Lang, old.Lang), old.personRow.launched(u.personRow, fromCourse)
	if u == old && now.Sub(old.LastLaunch) < touchAfter {
		return u, false
	}
	u.LastLaunch = now
	return u, true
}
