package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"ltipolicy/store"
)

// scoresListed bounds what "score list" prints; the rest has the same cause more often than not.
const scoresListed = 1000

// scoreList prints the scores that a platform refuses: platform, course, activity, Moodle's id of the learner, since
// when the score is owed, and the platform's answer.
func scoreList(ctx context.Context, w world, args []string) error {
	return withInstitution(ctx, w, "score list", args, func(db *store.DB, institutionID string) error {
		dead, err := db.DeadScores(ctx, institutionID, scoresListed)
		if err != nil {
			return err
		}
		t := tabwriter.NewWriter(w.stdout, 0, 4, 2, ' ', 0)
		for _, s := range dead {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", s.PlatformID, s.ContextID, s.ResourceLinkID, s.Sub, s.Owed.Format(time.RFC3339), s.Failure)
		}
		return t.Flush()
	})
}

// scoreRetry makes those scores due again: the tool sends them with its next round.
func scoreRetry(ctx context.Context, w world, args []string) error {
	return withInstitution(ctx, w, "score retry", args, func(db *store.DB, institutionID string) error {
		n, err := db.RetryDeadScores(ctx, institutionID)
		if err != nil {
			return err
		}
		fmt.Fprintf(w.stdout, "%d scores are due again\n", n)
		return nil
	})
}

// withInstitution runs do with the database and the institution that the command line names.
func withInstitution(ctx context.Context, w world, name string, args []string, do func(db *store.DB, institutionID string) error) error {
	f := newFlags(w, name, "")
	database := f.database()
	institution := f.institution()
	if err := f.parse(args); err != nil {
		return err
	}
	if *institution == "" {
		return usageError{"-institution is needed"}
	}
	db, err := open(ctx, w, *database)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // everything is committed
	i, err := db.InstitutionByName(ctx, *institution)
	if err != nil {
		return err
	}
	return do(db, i.ID)
}
