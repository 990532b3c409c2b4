package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"ltipolicy/policy"
)

// consentBatch is how many people's answers are read at once.
const consentBatch = 200

// consentPeople finds who answered any of the versions; consentNames is who they are, consentEvents what they answered.
const (
	consentPeople = `SELECT a.userid FROM tool_policy_acceptances a WHERE a.policyversionid IN (?)`
	consentNames  = `SELECT ` + userColumns + ` FROM lti_user u WHERE u.id IN (?)`
	consentEvents = `SELECT ` + eventColumns + ` FROM acceptance_event e WHERE e.userid IN (?) AND e.versionid IN (?)`
)

// EachConsent calls each for everybody who answered any of the versions, which must be of one institution, with the
// consents that they gave to them; in the order of people. Of all of them it keeps the numbers in memory, of a few the
// rest.
func (db *DB) EachConsent(ctx context.Context, versionIDs []int64, each func(User, []policy.ConsentGiven) error) error {
	if len(versionIDs) == 0 {
		return nil
	}
	var all []int64
	if err := db.selectIn(ctx, &all, consentPeople, versionIDs); err != nil {
		return fmt.Errorf("reading who answered: %w", err)
	}
	slices.Sort(all)
	for ids := range slices.Chunk(slices.Compact(all), consentBatch) {
		var people []User
		var rows []eventRow
		if err := db.selectIn(ctx, &people, consentNames, ids); err != nil {
			return fmt.Errorf("reading who answered: %w", err)
		}
		if err := db.selectIn(ctx, &rows, consentEvents, ids, versionIDs); err != nil {
			return fmt.Errorf("reading the consents: %w", err)
		}
		events := map[int64][]policy.Event{}
		for _, r := range rows {
			events[r.UserID] = append(events[r.UserID], r.event())
		}
		slices.SortFunc(people, func(a, b User) int { return cmp.Compare(a.ID, b.ID) })
		for _, u := range people {
			if given := policy.ConsentsGiven(events[u.ID]); len(given) > 0 {
				if err := each(u, given); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// selectIn is SelectContext for a query with lists.
func (db *DB) selectIn(ctx context.Context, dest any, query string, args ...any) error {
	query, args, err := sqlx.In(query, args...)
	if err != nil {
		return err
	}
	return unavailable(db.r.SelectContext(ctx, dest, query, args...))
}
