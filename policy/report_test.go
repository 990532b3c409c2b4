package policy_test

import (
	"testing"

	"ltipolicy/policy"
)

func TestReportedStatusOfOneVersion(t *testing.T) {
	const person = 5
	for _, tt := range []struct {
		latest *policy.Given
		want   policy.Reported
	}{
		{nil, policy.ReportedPending},
		{&policy.Given{Accepted: true, ActorID: 5}, policy.ReportedAccepted},
		{&policy.Given{Accepted: true, ActorID: 0}, policy.ReportedAccepted}, // while signing up
		{&policy.Given{Accepted: true, ActorID: 2}, policy.ReportedAcceptedBehalf},
		{&policy.Given{ActorID: 5}, policy.ReportedDeclined},
		{&policy.Given{ActorID: 2}, policy.ReportedDeclinedBehalf},
	} {
		if got := policy.Report(tt.latest, false, true, person); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.latest, got, tt.want)
		}
		if tt.latest == nil {
			tt.want = policy.ReportedNotAsked
		}
		if got := policy.Report(tt.latest, false, false, person); got != tt.want {
			t.Errorf("not asked, %+v: %s, want %s", tt.latest, got, tt.want)
		}
	}
}

// The words of user_agreement::export_for_template and export_for_download.
func TestReportedStatusOverall(t *testing.T) {
	const (
		a, ab = policy.ReportedAccepted, policy.ReportedAcceptedBehalf
		d, p  = policy.ReportedDeclined, policy.ReportedPending
		no    = policy.ReportedNotAsked
		e     = policy.ReportedEnded
	)
	for r, ended := range map[policy.Reported]bool{a: true, ab: true, d: true, policy.ReportedDeclinedBehalf: true, p: false, no: false} {
		if got := r.In(true); (got == e) != ended || got.Accepted() || got.Declined() || r.In(false) != r {
			t.Errorf("%s in a course that ended: %s", r, got)
		}
	}
	for _, tt := range []struct {
		each           []policy.Reported
		page, download policy.Reported
	}{
		{nil, no, no},
		{[]policy.Reported{no, no}, no, no},
		{[]policy.Reported{ab, no}, ab, ab},
		{[]policy.Reported{a, ab}, a, a},
		{[]policy.Reported{d, d}, d, d},
		{[]policy.Reported{a, d}, policy.ReportedPartial, policy.ReportedPartial},
		{[]policy.Reported{a, p}, p, policy.ReportedPartial},
		{[]policy.Reported{d, p}, p, policy.ReportedPartial},
		{[]policy.Reported{p, p}, p, p},
		{[]policy.Reported{a, a, no}, a, a},
		{[]policy.Reported{e}, e, e},
		{[]policy.Reported{no, e, e}, e, e},
		{[]policy.Reported{e, d}, d, d},
		{[]policy.Reported{a, e, p}, p, policy.ReportedPartial},
	} {
		if got := policy.ReportAll(tt.each, false); got != tt.page {
			t.Errorf("%v on a page: %s, want %s", tt.each, got, tt.page)
		}
		if got := policy.ReportAll(tt.each, true); got != tt.download {
			t.Errorf("%v in a download: %s, want %s", tt.each, got, tt.download)
		}
	}
}
