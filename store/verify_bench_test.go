//go:build unix

package store_test

import (
	"runtime"
	"syscall"
	"testing"
	"time"

	"ltipolicy/policy"
)

// BenchmarkVerify verifies a log of answers of many people to two policies. It reports the processor time for a million
// of them, and how much memory is in use at the end.
func BenchmarkVerify(b *testing.B) { eachBench(b, benchmarkVerify) }

func benchmarkVerify(b *testing.B, s *site) {
	const people = 20_000
	v, w := s.load("a", draft(policy.Agree, text("ro", "a"))), s.load("b", draft(policy.Consent, text("ro", "b")))
	us := s.strangers(people)
	for i := 0; i < people; i += 50 {
		var es []policy.Event
		for _, u := range us[i : i+50] {
			es = append(es, s.event(u, v, policy.Accepted), s.event(u, w, policy.Declined))
		}
		s.answer(es...)
		s.clock.add(time.Second)
		if i%5000 == 0 {
			if _, err := s.db.AppendLog(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	}
	if _, err := s.db.AppendLog(b.Context()); err != nil {
		b.Fatal(err)
	}
	before := used(b)
	b.ResetTimer()
	for b.Loop() {
		if n, err := s.db.VerifyEvidence(b.Context()); n.Events != 2*people || err != nil {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric((used(b)-before).Seconds()/float64(b.N)/(2*people)*1e6, "cpu-s/million")
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapSys)/1e6, "MB")
}

// used is the processor time of this process until now.
func used(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
