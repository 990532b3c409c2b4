package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"ltipolicy/lti"
	"ltipolicy/policy"
)

// classes of lti_user that are not people who can be asked.
const (
	classTest      = "test"
	classService   = "service"
	classGuest     = "guest"
	classAdmin     = "admin"     // the last launch from a course was a site administrator's
	classDeleted   = "deleted"   // the platform said that the account is gone
	classSuspended = "suspended" // and that it is locked
)

// closed reports whether a class says that nobody can use the account now.
func closed(class string) bool { return class == classDeleted || class == classSuspended }

// MarkAccounts records what became of accounts of a platform, and returns how many of them were others until now. Who
// is gone is in no list and no figure any more but those of their class; what they answered stays. An account that is
// no person's stays what it is.
func (db *DB) MarkAccounts(ctx context.Context, platformID string, accounts []lti.Account) (marked int, err error) {
	subs := map[string][]string{}
	for _, a := range accounts {
		class := ""
		if a.Is != lti.AccountActive {
			class = string(a.Is)
		}
		subs[class] = append(subs[class], a.Sub)
	}
	err = db.tx(ctx, func(tx *Tx) error {
		marked = 0
		for _, class := range []string{"", classSuspended, classDeleted} {
			if len(subs[class]) == 0 {
				continue
			}
			were := []string{classDeleted, classSuspended}
			if class != "" {
				were = append(were, "", classAdmin)
			}
			query, args, err := sqlx.In(`
				UPDATE lti_user SET class = ? WHERE platformid = ? AND sub IN (?) AND class IN (?) AND class <> ?`,
				class, platformID, subs[class], were, class)
			if err != nil {
				return err
			}
			res, err := tx.ExecContext(ctx, query, args...)
			if err != nil {
				return err
			}
			n, err := res.RowsAffected()
			if err != nil {
				return err
			}
			marked += int(n)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("marking accounts: %w", err)
	}
	return marked, nil
}

func classOf(r lti.Roles) string {
	switch {
	case r.TestUser():
		return classTest
	case r.Guest():
		return classGuest
	case r.Administrator():
		return classAdmin
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
