package launch

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
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
			Name: "ltipolicy_limited_total", Help: "Requests refused for their number, by limit: address, refused, platform.",
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
	if route == launchPattern {
		m.launches.WithLabelValues(code).Inc()
	}
}

// Metrics serves the Prometheus text. It belongs on a listener of its own, not on the public one.
func (s *Server) Metrics() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{}))
	return mux
}
