package web

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"ltipolicy/policy"
)

// metrics are what an operator watches. Labels are route patterns and codes, never an id or an address.
type metrics struct {
	registry *prometheus.Registry
	launches *prometheus.CounterVec
	answers  *prometheus.CounterVec
	requests *prometheus.HistogramVec
	limited  *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		launches: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ltipolicy_launches_total", Help: "Launches by outcome: ok, or the code of the refusal.",
		}, []string{"code"}),
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ltipolicy_answers_total", Help: "Recorded answers by kind of policy and answer.",
		}, []string{"kind", "answer"}),
		limited: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ltipolicy_limited_total", Help: "Requests refused for their number, by limit: address, refused, platform, bodies.",
		}, []string{"limit"}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "ltipolicy_request_seconds", Help: "Time to answer a request, by route.",
			Buckets: []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route"}),
	}
	m.registry.MustRegister(m.launches, m.answers, m.requests, m.limited,
		collectors.NewGoCollector(), collectors.NewBuildInfoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) request(route, code string, took time.Duration) {
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(route).Observe(took.Seconds())
	if route == LaunchPattern {
		m.launches.WithLabelValues(code).Inc()
	}
}

// Watched adds figures that are read when somebody asks for them.
func (f *Frame) Watched(c prometheus.Collector) { f.metrics.registry.MustRegister(c) }

// Metrics serves the Prometheus text. It belongs on a listener of its own, not on the public one.
func (f *Frame) Metrics() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(f.metrics.registry, promhttp.HandlerOpts{}))
	return mux
}

// Recorded tells log and figures which answers a request gave.
func (f *Frame) Recorded(r *http.Request, events []policy.Event) {
	Note(r.Context(), "recorded", len(events))
	for _, e := range events {
		f.metrics.answers.WithLabelValues(string(e.Kind), string(e.Answer)).Inc()
	}
}
