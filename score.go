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

// scoreList prints the scores that an institution's platforms refuse, or those that one platform refuses or did not take
// yet: platform, course, activity, Moodle's id of the learner, since when the score is owed, and what became of the last
// try.
func scoreList(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "score list", "")
	database := f.database()
	institution := f.institution()
	platform := f.String("platform", "", "`ID` of one Moodle site, whose scores are listed that it refuses or did not take yet")
	if err := f.parse(args); err != nil {
		return err
	}
	var list func(db *store.DB) ([]store.Score, error)
	switch {
	case *platform != "":
		list = func(db *store.DB) ([]store.Score, error) {
			if _, err := db.Platform(ctx, *platform); err != nil {
				return nil, err
			}
			return db.MissingScores(ctx, *platform, scoresListed)
		}
	case *institution != "":
		list = func(db *store.DB) ([]store.Score, error) {
			i, err := db.InstitutionByName(ctx, *institution)
			if err != nil {
				return nil, err
			}
			return db.DeadScores(ctx, i.ID, scoresListed)
		}
	default:
		return usageError{"-platform or -institution is needed"}
	}
	db, err := open(ctx, w, *database)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // nothing is written
	scores, err := list(db)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(w.stdout, 0, 4, 2, ' ', 0)
	for _, s := range scores {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", s.PlatformID, s.ContextID, s.ResourceLinkID, s.Sub, s.Owed.Format(time.RFC3339), s.Failure)
	}
	return t.Flush()
}

// scoreRetry makes the scores due again that platforms refuse: the tool sends them with its next round.
func scoreRetry(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "score retry", "")
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
	n, err := db.RetryDeadScores(ctx, i.ID)
	if err != nil {
		return err
	}
	fmt.Fprintf(w.stdout, "%d scores are due again\n", n)
	return nil
}
