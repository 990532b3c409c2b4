package lti_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ltipolicy/lti"
)

func TestNoTwoPlatformsAreNamedAlike(t *testing.T) {
	got := lti.Labels([]lti.Platform{
		{ID: "1", Name: "CVUPT", Issuer: "https://a.example"}, {ID: "2", Name: "CVUPT", Issuer: "https://b.example"},
		{ID: "3", Name: "CVUPT", Issuer: "https://b.example"}, {ID: "4", Name: "UniCampus", Issuer: "https://b.example"},
	})
	want := map[string]string{"1": "CVUPT (a.example)", "2": "CVUPT (2)", "3": "CVUPT (3)", "4": "UniCampus"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
