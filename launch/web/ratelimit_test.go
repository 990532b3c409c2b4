package web

import (
	"net/http"
	"net/netip"
	"strconv"
	"testing"
	"time"
)

// TestForwardedAddressIsBelievedFromOwnProxiesOnly: otherwise anybody could have any address.
func TestForwardedAddressIsBelievedFromOwnProxiesOnly(t *testing.T) {
	local := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}
	for name, c := range map[string]struct {
		peer      string
		forwarded []string
		want      string
	}{
		"no proxy":                      {"198.51.100.7:1234", nil, "198.51.100.7"},
		"a client that writes it":       {"198.51.100.7:1234", []string{"203.0.113.9"}, "198.51.100.7"},
		"our proxy":                     {"10.0.0.2:1234", []string{"203.0.113.9"}, "203.0.113.9"},
		"two of our proxies":            {"10.0.0.2:1234", []string{"203.0.113.9, 10.0.0.3"}, "203.0.113.9"},
		"what the client wrote is left": {"10.0.0.2:1234", []string{"1.1.1.1", "203.0.113.9"}, "203.0.113.9"},
		"an IPv6 client is its network": {"[2001:db8::1]:1234", []string{"2a02:1:2:3:4:5:6:7"}, "2a02:1:2:3::/64"},
		"an IPv4 address in IPv6":       {"[::ffff:198.51.100.7]:1234", nil, "198.51.100.7"},
		"nonsense from our proxy":       {"10.0.0.2:1234", []string{"unknown"}, ""},
		"our proxy asks for itself":     {"10.0.0.2:1234", nil, ""},
		"everybody's address":           {"192.168.1.2:1234", []string{"203.0.113.9"}, ""},
		"a proxy on this machine":       {"127.0.0.1:1234", []string{"203.0.113.9"}, ""},
		"a peer without an address":     {"@", nil, ""},
	} {
		r := &http.Request{RemoteAddr: c.peer, Header: http.Header{"X-Forwarded-For": c.forwarded}}
		if got := newLimiter(Limits{Proxies: local}).client(r); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestLimitsForgetWhoIsQuiet(t *testing.T) {
	b := newBuckets(Rate{PerSecond: 1, Burst: 10})
	at := time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
	for i := range 200_000 {
		b.take(strconv.Itoa(i), at)
	}
	if n := len(b.list); n > 50_000 {
		t.Errorf("%d addresses are remembered", n)
	}
}
