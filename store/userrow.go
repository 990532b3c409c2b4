package store

import (
	"context"
	"fmt"
	"strings"

	"ltipolicy/lti"
	"ltipolicy/policy"
)

// classes of lti_user that are not people.
const (
	classTest    = "test"
	classService = "service"
	classGuest   = "guest"
)

func classOf(r lti.Roles) string {
	switch {
	case r.TestUser():
		return classTest
	case r.Guest():
		return classGuest
	default:
		return ""
	}
}

// sortName is what the report lists people by: the full name, folded. It never ends in a space, which MySQL would
// not see where it compares, and the order of the report's pages would not be the one of their ends.
func sortName(u User) string {
	name := u.Name
	if name == "" {
		name = strings.TrimSpace(u.GivenName + " " + u.FamilyName)
	}
	return strings.TrimRight(clip(policy.Fold(name), 190), " ")
}

// searchWords is what the report finds people by: all that people know each other by, folded. It is never
// empty, because empty means that it was not made yet.
func searchWords(u User) string {
	return clip(" "+policy.Fold(strings.Join([]string{
		u.Name, u.GivenName, u.FamilyName, u.Username, u.Email, u.IDNumber,
	}, " ")), 480)
}

// insertUser adds a person and returns the id. Somebody who added the same one at once is errAgain.
func insertUser(ctx context.Context, tx *Tx, u User) (int64, error) {
	res, err := tx.ExecContext(ctx, `
		INSERT INTO lti_user (platformid, sub, name, givenname, familyname, email, username, idnumber, lang, class,
			timecreated, lastlaunch, sortname, search)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		u.PlatformID, u.Sub, u.Name, u.GivenName, u.FamilyName, u.Email, u.Username, u.IDNumber, u.Lang, u.Class,
		u.Created, u.LastLaunch, sortName(u), searchWords(u))
	if duplicate(err) {
		return 0, errAgain
	}
	if err != nil {
		return 0, fmt.Errorf("adding the user: %w", err)
	}
	return res.LastInsertId()
}

// updateUser writes everything about a person but the platform, the sub and the time of creation.
func updateUser(ctx context.Context, tx *Tx, u User) error {
	ok, err := one(tx.ExecContext(ctx, `
		UPDATE lti_user SET name = ?, givenname = ?, familyname = ?, email = ?, username = ?, idnumber = ?, lang = ?,
			class = ?, lastlaunch = ?, sortname = ?, search = ?
		WHERE id = ?`,
		u.Name, u.GivenName, u.FamilyName, u.Email, u.Username, u.IDNumber, u.Lang,
		u.Class, u.LastLaunch.UTC(), sortName(u), searchWords(u), u.ID))
	if err != nil {
		return fmt.Errorf("updating the user: %w", err)
	}
	if !ok {
		return errAgain
	}
	return nil
}
