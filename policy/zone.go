package policy

import (
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the zones, wherever the tool runs
)

// areas begin the names of zones that are places. Others are abbreviations, which mean several zones and know no summer
// time, and what a machine's own list of zones may hold beside them.
var areas = []string{
	"Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/",
}

// ZoneNamed is the time zone of an IANA name: a place's, such as Europe/Bucharest, or UTC. Any other name has none.
func ZoneNamed(name string) (*time.Location, bool) {
	if name == "UTC" {
		return time.UTC, true
	}
	if len(name) > 64 {
		return nil, false
	}
	for _, area := range areas {
		if strings.HasPrefix(name, area) {
			zone, err := time.LoadLocation(name)
			return zone, err == nil
		}
	}
	return nil, false
}

// zones keeps what was loaded: the rule asks for a zone with each answer that ends.
var zones sync.Map

// location is the zone of an IANA name, UTC for none and for one that nobody knows.
func location(name string) *time.Location {
	if zone, ok := zones.Load(name); ok {
		return zone.(*time.Location)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	zones.Store(name, zone)
	return zone
}
