package courier

import (
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// ledger are the jobs' figures for an operator.
type ledger struct {
	runs, failures, seconds *prometheus.CounterVec
	success                 *prometheus.GaugeVec
}

func newLedger(jobs []*job) *ledger {
	counter := func(name, help string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "ltipolicy_job_" + name, Help: help}, []string{"job"})
	}
	l := &ledger{
		runs:     counter("runs_total", "Runs of a job of the worker, failed ones too."),
		failures: counter("failures_total", "Runs of a job that failed."),
		seconds:  counter("seconds_total", "Time spent in a job."),
		success: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "ltipolicy_job_success_timestamp_seconds", Help: "When a job last ended without a failure; 0: not yet.",
		}, []string{"job"}),
	}
	for _, j := range jobs { // a job that never ran is told, too
		label := string(j.name)
		l.runs.WithLabelValues(label)
		l.failures.WithLabelValues(label)
		l.seconds.WithLabelValues(label)
		l.success.WithLabelValues(label)
	}
	return l
}

func (l *ledger) write(name Name, now time.Time, took time.Duration, err error) {
	label := string(name)
	l.runs.WithLabelValues(label).Inc()
	l.seconds.WithLabelValues(label).Add(max(0, took.Seconds()))
	if err != nil {
		l.failures.WithLabelValues(label).Inc()
		return
	}
	l.success.WithLabelValues(label).Set(float64(now.UnixMilli()) / 1000)
}

func (l *ledger) all() []prometheus.Collector {
	return []prometheus.Collector{l.runs, l.failures, l.seconds, l.success}
}

// Describe is for prometheus: a Worker is the collector of its jobs' figures.
func (w *Worker) Describe(out chan<- *prometheus.Desc) {
	for _, c := range w.ledger.all() {
		c.Describe(out)
	}
}

// Collect is for prometheus.
func (w *Worker) Collect(out chan<- prometheus.Metric) {
	for _, c := range w.ledger.all() {
		c.Collect(out)
	}
}

// How long a job that failed is not told of again: a minute, then twice as long each time, up to ten minutes.
const (
	firstQuiet   = time.Minute
	longestQuiet = 10 * time.Minute
)

// complaints are what the log hears of a job. A job that fails again and again, or now and then, is told of less
// and less; how often it failed meanwhile stands in the next line.
type complaints struct {
	mu     sync.Mutex
	until  time.Time // quiet until then
	pause  time.Duration
	unsaid int
	loud   bool // that it fails was said, that it works again was not
}

func (c *complaints) tell(log *slog.Logger, name Name, now time.Time, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	over := !now.Before(c.until)
	if err == nil {
		if c.loud {
			log.Info("job works again", "job", name)
		}
		if c.loud = false; over {
			c.pause = 0
		}
		return
	}
	if c.unsaid++; !over {
		return
	}
	log.Error("job failed", "job", name, "failures", c.unsaid, "error", err.Error())
	c.pause = min(max(firstQuiet, 2*c.pause), longestQuiet)
	c.until, c.unsaid, c.loud = now.Add(c.pause), 0, true
}
