package policy

import (
	"testing"
	"time"
)

func TestBusyTimesAreReadLineByLine(t *testing.T) {
	for _, c := range []struct {
		text  string
		n     int
		wrong int
	}{
		{"", 0, 0},
		{"2027-01-18 2027-02-05 Winter exams\n\n  2027-06-01\t2027-06-30   Summer  exams \r\n", 2, 0},
		{"2027-01-18 2027-01-18 One day", 1, 0},
		{"2027-01-18 2027-02-05", 0, 1}, // no name
		{"2027-01-18 2027-02-05 a\n2027-02-30 2027-03-01 b", 0, 2},
		{"2027-02-05 2027-01-18 turned round", 0, 1},
		{"Winter exams", 0, 1},
	} {
		all, wrong := ParseBusy(c.text)
		if len(all) != c.n || wrong != c.wrong {
			t.Errorf("%q: %+v, line %d", c.text, all, wrong)
		}
	}
	all, _ := ParseBusy("2027-01-18 2027-02-05 Winter exams")
	zone := zoneOf(t, "Europe/Bucharest")
	for at, want := range map[time.Time]bool{
		time.Date(2027, 1, 18, 0, 0, 0, 0, zone):       true,
		time.Date(2027, 1, 17, 23, 59, 59, 0, zone):    false,
		time.Date(2027, 2, 5, 23, 59, 59, 0, zone):     true,
		time.Date(2027, 2, 6, 0, 0, 0, 0, zone):        false,
		time.Date(2027, 1, 17, 22, 30, 0, 0, time.UTC): true, // half past midnight there
		{}: false,
	} {
		if _, is := BusyAt(all, at, zone); is != want {
			t.Errorf("%v: %v", at, is)
		}
	}
}
