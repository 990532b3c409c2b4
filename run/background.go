package run

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"ltipolicy/launch"
	"ltipolicy/store"
)

// How often the work in the background runs.
const (
	sweepEvery = 5 * time.Minute
	logEvery   = 10 * time.Second
	tendEvery  = 10 * time.Second // how soon a login door learns of a published version
)

// Work does what the tool does between requests, until the context ends. When it returns, all of it has ended and
// this process has given back the lease of the evidence log.
func (t *Tool) Work(ctx context.Context) {
	var jobs sync.WaitGroup
	jobs.Go(func() { background(ctx, t.db, t.log) })
	jobs.Go(func() { t.Web.Courier().Run(ctx) })
	jobs.Go(func() { tendDoors(ctx, t.Web, t.log) })
	jobs.Wait()
}

// background deletes what has expired, publishes what waited for its day and adds new events to the evidence log,
// until the context ends. Sweeping is apart: however much there is to delete, the log and the calendar go on.
func background(ctx context.Context, db *store.DB, log *slog.Logger) {
	var jobs sync.WaitGroup
	jobs.Go(func() {
		every(ctx, sweepEvery, log, "background", func() error {
			_, folding := db.FoldUsers(ctx)
			return errors.Join(db.Sweep(ctx), folding)
		})
	})
	jobs.Go(func() {
		every(ctx, logEvery, log, "background", func() error {
			_, due := db.ActivateDue(ctx)
			_, err := db.AppendLog(ctx)
			return errors.Join(due, err)
		})
	})
	jobs.Wait()
}

// tendDoors tells the login doors what changed, until the context ends.
func tendDoors(ctx context.Context, web *launch.Server, log *slog.Logger) {
	every(ctx, tendEvery, log, "login doors", func() error { return web.TendDoors(ctx) })
}

// every does a job once in each period until the context ends.
func every(ctx context.Context, period time.Duration, log *slog.Logger, name string, job func() error) {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := job(); err != nil && ctx.Err() == nil {
				log.Error(name, "error", err.Error())
			}
		}
	}
}
