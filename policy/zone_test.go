package policy_test

import (
	"strings"
	"testing"

	"ltipolicy/policy"
)

func TestZoneIsAPlaceOrUTC(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Bucharest", "Europe/Vilnius", "America/Argentina/Buenos_Aires", "Asia/Kolkata"} {
		if zone, ok := policy.ZoneNamed(name); !ok || zone.String() != name {
			t.Errorf("%s: %v, %v", name, zone, ok)
		}
	}
	for _, name := range []string{
		"", "99", "Local", "EST", "+02:00", "Etc/GMT-2", "$Person.address.timezone", "Europe/", "Europe", "Europe/Nowhere", "Europe/../UTC",
		"../etc/passwd", "posix/Europe/Vilnius", "Europe/" + strings.Repeat("a", 64), " Europe/Vilnius", "Europe/Vilnius\n",
	} {
		if zone, ok := policy.ZoneNamed(name); ok {
			t.Errorf("%q is %v", name, zone)
		}
	}
}
