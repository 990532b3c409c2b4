package courier

import (
	"context"
	"fmt"
	"time"
)

// Round does what is due of scores and returns how many reached their platform.
func (w *Worker) Round(ctx context.Context) (int, error) { return w.round(ctx) }

// Refresh fetches a roster here and now.
func (w *Worker) Refresh(ctx context.Context, platformID, contextID string) error {
	return w.refresh(ctx, course{platformID, contextID}, sameMoment)
}

// Line is a line of the table.
type Line struct {
	Name                  Name
	Does, Lease, Together string
	Every                 time.Duration
	Run                   func(context.Context) error
}

// Table is what the worker does.
func (w *Worker) Table() []Line {
	var table []Line
	for _, j := range w.jobs {
		table = append(table, Line{Name: j.name, Does: j.does, Lease: j.lease, Together: j.together, Every: j.every, Run: j.run})
	}
	return table
}

// Doing is a worker with other jobs than the real ones.
func Doing(c Config, table ...Line) *Worker {
	w := New(c)
	var jobs []*job
	for _, l := range table {
		jobs = append(jobs, &job{name: l.Name, every: l.Every, run: l.Run})
	}
	w.setJobs(jobs)
	return w
}

// Period is a period in words.
func Period(d time.Duration) string {
	if n := int(d.Minutes()); n > 0 {
		return fmt.Sprintf("%d min", n)
	}
	return fmt.Sprintf("%d s", int(d.Seconds()))
}
