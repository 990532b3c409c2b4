package config

import "testing"

func TestNearNamesAreNear(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"abc", "", 3}, {"", "abc", 3}, {"Timișoara", "timisoara", 0}, {"kitten", "sitting", 3}, {"abc", "abcd", 1}, {"ВСУ", "всу", 0},
		{"UPT", "UTP", 2},
	} {
		if got := Distance(c.a, c.b); got != c.want {
			t.Errorf("%q and %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
