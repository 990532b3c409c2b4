package launch

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ltipolicy/lti"
	"ltipolicy/store"
)

// watchTime bounds what looking at the figures may cost the database.
const watchTime = 2 * time.Second

// watch are the figures that are read when somebody asks for them: of the database, of what waits in it, and
// of the key sets that were fetched.
type watch struct {
	store *store.DB
	tool  *lti.Tool
	now   func() time.Time

	up, pool, wait, scores, oldest, evidence, checkpoint, witness, schedules, keySets *prometheus.Desc
}

func newWatch(db *store.DB, tool *lti.Tool, now func() time.Time) *watch {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("ltipolicy_"+name, help, labels, nil)
	}
	return &watch{
		store: db, tool: tool, now: now,
		up:         desc("database_up", "1 if the database answered."),
		schedules:  desc("schedules", "Versions with a day of their own by state: waiting for it, failed to begin on it.", "state"),
		pool:       desc("database_connections", "Connections by pool and state: open, in_use, idle, max.", "pool", "state"),
		wait:       desc("database_wait_seconds_total", "Time spent waiting for a connection, by pool.", "pool"),
		scores:     desc("outbox_scores", "Scores in the outbox by state: owed, dead.", "state"),
		oldest:     desc("outbox_oldest_seconds", "How long the score owed longest has been owed; 0 if none is."),
		evidence:   desc("evidence_queue_events", "Answers and acts that are not in the evidence log yet."),
		checkpoint: desc("evidence_checkpoint_age_seconds", "How old the evidence log's newest checkpoint is. It grows while nothing happens."),
		witness:    desc("evidence_witness_age_seconds", "How long ago a checkpoint last arrived at whoever is sent them; -1 if none did.", "witness"),
		keySets:    desc("key_set_fetches_total", "Fetches of platforms' key sets by result: ok, failed.", "result"),
	}
}

// Describe is for prometheus.
func (w *watch) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{w.up, w.pool, w.wait, w.scores, w.oldest, w.evidence, w.checkpoint, w.witness, w.schedules, w.keySets} {
		out <- d
	}
}

// Collect is for prometheus. A database that is away leaves out what it would have to tell.
func (w *watch) Collect(out chan<- prometheus.Metric) {
	put := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, kind, v, labels...)
	}
	if w.tool != nil {
		ok, failed := w.tool.KeySetFetches()
		put(w.keySets, prometheus.CounterValue, float64(ok), "ok")
		put(w.keySets, prometheus.CounterValue, float64(failed), "failed")
	}
	for name, p := range w.store.Pools() {
		for state, n := range map[string]int{"open": p.OpenConnections, "in_use": p.InUse, "idle": p.Idle, "max": p.MaxOpenConnections} {
			put(w.pool, prometheus.GaugeValue, float64(n), name, state)
		}
		put(w.wait, prometheus.CounterValue, p.WaitDuration.Seconds(), name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), watchTime)
	defer cancel()
	b, err := w.store.Backlog(ctx)
	if err != nil {
		put(w.up, prometheus.GaugeValue, 0)
		return
	}
	put(w.up, prometheus.GaugeValue, 1)
	put(w.scores, prometheus.GaugeValue, float64(b.Scores), "owed")
	put(w.scores, prometheus.GaugeValue, float64(b.Dead), "dead")
	age := 0.0
	if !b.Oldest.IsZero() {
		age = max(0, w.now().Sub(b.Oldest).Seconds())
	}
	put(w.oldest, prometheus.GaugeValue, age)
	put(w.evidence, prometheus.GaugeValue, float64(b.Evidence))
	if !b.Signed.IsZero() {
		put(w.checkpoint, prometheus.GaugeValue, max(0, w.now().Sub(b.Signed).Seconds()))
	}
	witnesses, err := w.store.Witnesses(ctx)
	if err != nil {
		return
	}
	for _, x := range witnesses {
		age := -1.0
		if x.Size > 0 {
			age = max(0, w.now().Sub(x.Sent).Seconds())
		}
		put(w.witness, prometheus.GaugeValue, age, x.Name)
	}
	put(w.schedules, prometheus.GaugeValue, float64(b.Waiting), "waiting")
	put(w.schedules, prometheus.GaugeValue, float64(b.Failed), "failed")
}
