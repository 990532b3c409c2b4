package demo

import (
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"ltipolicy/policy"
)

// TestYear follows one version through a whole year, from its announcement to the end of what was accepted, and three
// others that come in between: in the night in which the clocks go back, in the one in which they go forward. Each line
// is a time in Bucharest. Whatever falls due until then is done by the replicas, all at once; then people come; last
// stands which scores the Moodle was sent: 1 opens the task of the course for somebody, 0 closes it.
func TestYear(t *testing.T) {
	zone, ok := policy.ZoneNamed("Europe/Bucharest")
	if !ok {
		t.Fatal("no zone")
	}
	y := startYear(t, zone.String())
	learners := []string{"Ioana", "Emma", "Mihai", "Radu"}
	for _, day := range []struct {
		at, what string
		do       func(t *testing.T)
		sent     string
	}{
		{"2026-08-20 10:00:00", "the first version is in force, and everybody agrees", func(t *testing.T) {
			for _, x := range learners {
				y.accepts(t, y.asked(t, x, "Campus rules", "Be kind", "no:You can go on without answering"))
			}
			y.teacher(t, "4 of 4 have accepted")
		}, "Emma 1, Ioana 1, Mihai 1, Radu 1"},
		{"2026-08-25 10:00:00", "the next version gets its days, and answers that count for a year", func(t *testing.T) {
			y.revise(t, "Campus rules", "2", "Be kind to everybody on campus. No animals, please.")
			do(t, y.ctx, "an answer counts for a year", script(`document.querySelector('[name=validity]').value = 'P1Y'`))
			y.publishes(t, "Many of us have allergies.", false, "2026-09-01T00:00", "2026-09-15T00:00", "2026-09-30T00:00",
				"1 September 2026, 00:00 EEST: announced. Everybody can read it, and answer it early.",
				"15 September 2026, 00:00 EEST: in force. People who are asked then, as far as they have not answered early: 5.",
				"30 September 2026, 00:00 EEST: enforced. Whoever has not answered is held up. Courses that close to them: 1.")
			y.shows(t, y.ctx, "the list of policies", "Scheduled", "will be active on 15 September 2026, 00:00 EEST",
				"Announced from 1 September 2026, 00:00 EEST", "Enforced from 30 September 2026, 00:00 EEST", "for 1 year", "Accepted: 5 of 5")
		}, ""},
		{"2026-08-31 23:59:59", "nobody knows of it yet", func(t *testing.T) {
			y.agreements(t, "Ioana", "no:What is coming", "no:animals")
			y.archive(t, "no:announced")
		}, ""},
		{"2026-09-01 00:00:00", "announced: everybody can read it, nobody is asked, and Ioana answers early", func(t *testing.T) {
			y.archive(t, "A new version is announced and will be in force from 15 September 2026.")
			y.photo(t, y.ctx, "archive")
			follow(t, y.ctx, "main .note a", see[string](t, y.ctx, `document.querySelector('main .note a').pathname`))
			y.shows(t, y.ctx, "the archive's page of it", "This version is announced. It will be in force from 15 September 2026.", "No animals", "Many of us have allergies.")
			y.photo(t, y.ctx, "archive announced")
			y.course(t, "Ioana")
			y.photos(t, "agreements", "what is coming")
			y.photos(t, "announced", "early page")
			y.early(t, "Ioana", "Nothing needs to be answered yet", "It will be in force from 15 September 2026, 00:00 EEST.", "Many of us have allergies.",
				"How long your answer counts: for 1 year.", "no:You can go on without answering")
			y.passes(t, "Emma")
			y.office(t, "home", "Announced", "Accepted: 5 of 5")
		}, ""},
		{"2026-09-14 23:59:59", "still nobody is asked", func(t *testing.T) {
			y.passes(t, "Ioana")
			y.passes(t, "Emma")
		}, ""},
		{"2026-09-15 00:00:00", "in force: Ioana is not asked twice, Emma is and goes on without answering", func(t *testing.T) {
			y.passes(t, "Ioana")
			frame := y.asked(t, "Emma", "You can go on without answering until 30 September 2026, 00:00 EEST.", "Answer now, or go on to your course and answer later.",
				"No animals", "From 30 September 2026, 00:00 EEST on your course may stay closed until you answer.")
			clean(t, frame, "a page that can be put off")
			y.goesOn(t, frame)
			y.photos(t, "pending", "put off")
			y.gate(t, "Emma", true)
			y.archive(t, "no:A new version is announced", "Version 2")
		}, ""},
		{"2026-09-20 12:00:00", "within the time of grace Emma answers, and Radu goes on without", func(t *testing.T) {
			y.accepts(t, y.asked(t, "Emma", "You can go on without answering until 30 September 2026, 00:00 EEST."))
			y.passes(t, "Emma")
			y.goesOn(t, y.asked(t, "Radu", "You can go on without answering until 30 September 2026, 00:00 EEST."))
			y.teacher(t, "2 of 4 have accepted", "May be put off until 30 September 2026, 00:00 EEST.", "2 only an older version")
			y.office(t, "home", "Accepted: 3 of 5")
		}, ""},
		{"2026-09-29 23:59:59", "the last second in which nobody is held up", func(t *testing.T) {
			for _, x := range learners {
				y.gate(t, x, true)
			}
		}, ""},
		{"2026-09-30 00:00:00", "enforced: the task closes to those who have not answered, and to nobody else", func(t *testing.T) {
			for _, x := range learners {
				y.gate(t, x, x == "Ioana" || x == "Emma")
			}
		}, "Mihai 0, Radu 0"},
		{"2026-09-30 09:00:00", "Mihai is held up and answers; who answered before is not asked again", func(t *testing.T) {
			y.accepts(t, y.asked(t, "Mihai", "Answer below, then go on to your course.", "until you answer, your course may stay closed", "no:You can go on without answering"))
			y.work(t)
			y.gate(t, "Mihai", true)
			y.passes(t, "Ioana")
			y.passes(t, "Emma")
			y.teacher(t, "3 of 4 have accepted", "no:May be put off", "1 only an older version")
			y.office(t, "home", "Accepted: 4 of 5")
		}, "Mihai 1"},

		// The week in which the clocks go back, with one replica only.
		{"2026-10-12 10:00:00", "other rules are to come in the night of 25 October, in the hour that there is twice", func(t *testing.T) {
			y.office(t, "admin/policies/new")
			enter(t, y.ctx, `[name="name.0"]`, "Library")
			enter(t, y.ctx, textOf(t, y.ctx, "content.0"), "Bring books back in a week.")
			y.publishes(t, "", false, "2026-10-20T08:00", "2026-10-25T03:30", "2026-10-26T00:00",
				"20 October 2026, 08:00 EEST: announced.", "25 October 2026, 03:30 EET: in force.", "26 October 2026, 00:00 EET: enforced.")
		}, ""},
		{"2026-10-19 18:00:00", "the second replica is down for a week", func(*testing.T) { y.stop(1) }, ""},
		{"2026-10-20 08:00:00", "announced: Ioana and Emma answer early", func(t *testing.T) {
			y.early(t, "Ioana", "Library", "It will be in force from 25 October 2026, 03:30 EET.")
			y.early(t, "Emma", "Library")
		}, ""},
		{"2026-10-25 03:29:59", "not yet in force", func(t *testing.T) { y.passes(t, "Mihai") }, ""},
		{"2026-10-25 03:30:00", "in force: Mihai is asked and goes on without answering", func(t *testing.T) {
			y.goesOn(t, y.asked(t, "Mihai", "Library", "You can go on without answering until 26 October 2026, 00:00 EET."))
			y.passes(t, "Ioana")
		}, ""},
		{"2026-10-25 23:59:59", "the last second of the day of 25 hours", func(t *testing.T) { y.gate(t, "Mihai", true) }, ""},
		{"2026-10-26 00:00:00", "enforced: the task closes to Mihai; to Radu it is closed already", func(t *testing.T) {
			y.gate(t, "Mihai", false)
			y.gate(t, "Emma", true)
		}, "Mihai 0"},
		{"2026-10-26 09:00:00", "Mihai answers", func(t *testing.T) {
			y.accepts(t, y.asked(t, "Mihai", "Library", "no:You can go on without answering", "no:Campus rules"))
		}, "Mihai 1"},
		{"2026-10-26 18:00:00", "the second replica is back: nothing is done twice, and it shows what the other did", func(t *testing.T) {
			y.wake(1)
			y.work(t)
			y.stop(0)
			y.passes(t, "Ioana")
			y.passes(t, "Mihai")
			y.gate(t, "Radu", false)
			y.teacher(t, "3 of 4 have accepted")
			y.wake(0)
		}, ""},

		// The night in which the clocks go forward, with no replica at all.
		{"2027-03-01 10:00:00", "a minor change is to come on 28 March, in the hour that there is not", func(t *testing.T) {
			y.revise(t, "Campus rules", "3", "Be kind to everybody on the campus. No animals, please.")
			y.publishes(t, "", true, "2027-03-20T08:00", "2027-03-28T03:30", "",
				"20 March 2027, 08:00 EET: announced. Everybody can read it; there is nothing to answer.", "28 March 2027, 04:30 EEST: in force. People who are asked then: 1.")
		}, ""},
		{"2027-03-20 08:00:00", "announced", func(t *testing.T) {
			y.agreements(t, "Emma", "What is coming", "In force from 28 March 2027, 04:30 EEST", "there is nothing to answer", "no:Read and answer")
		}, ""},
		{"2027-03-27 22:00:00", "both replicas are down over night", func(*testing.T) { y.stop(0, 1) }, ""},
		{"2027-03-28 04:30:00", "in force, but nobody is there to do it", nil, ""},
		{"2027-03-28 09:00:00", "both are back and do what fell due; nobody is asked, and answers go on to count", func(t *testing.T) {
			y.wake(0, 1)
			y.work(t)
			y.passes(t, "Emma")
			y.agreements(t, "Ioana", "Your answer to version 2 counts here", "2 September 2027, 00:00 EEST", "no:What is coming")
		}, ""},

		// The year ends.
		{"2027-08-02 23:59:59", "nobody is asked to renew yet", func(t *testing.T) { y.passes(t, "Ioana") }, ""},
		{"2027-08-03 00:00:00", "thirty days before the end Ioana is asked to renew, and goes on without", func(t *testing.T) {
			frame := y.asked(t, "Ioana", "Renew your answers", "Your answer counts until 2 September 2027, 00:00 EEST. You can renew it now.",
				"Answer now, or go on to your course and answer later.", "From 2 September 2027, 00:00 EEST on your course may stay closed until you answer.", "no:Library")
			clean(t, frame, "the page that asks to renew")
			y.goesOn(t, frame)
			y.photos(t, "pending", "renewal")
			y.photos(t, "agreements", "renewable")
			y.gate(t, "Ioana", true)
			y.passes(t, "Emma")
		}, ""},
		{"2027-08-10 12:00:00", "Ioana renews", func(t *testing.T) {
			frame := y.agreements(t, "Ioana", "1 answer ends soon.", "Renew my answer", "2 September 2027, 00:00 EEST")
			do(t, frame, "renewing", script(`[...document.querySelectorAll('a.button')].find(a => a.textContent === 'Renew my answer').click()`))
			y.accepts(t, y.toolFrame(t, y.ctx, "/pending"))
			y.agreements(t, "Ioana", "Renewed", "11 August 2028, 00:00 EEST", "no:Renew my answer")
			y.passes(t, "Ioana")
		}, ""},
		{"2027-09-10 12:00:00", "the teacher renews, Emma puts it off", func(t *testing.T) {
			y.goesOn(t, y.asked(t, "Emma", "Your answer counts until 21 September 2027, 00:00 EEST."))
			y.teacher(t, "3 of 4 have accepted")
		}, ""},
		{"2027-09-20 23:59:59", "the last second of Emma's year", func(t *testing.T) { y.gate(t, "Emma", true) }, ""},
		{"2027-09-21 00:00:00", "what Emma accepted has expired: the task closes to her alone", func(t *testing.T) {
			y.gate(t, "Emma", false)
			y.gate(t, "Mihai", true)
			frame := y.agreements(t, "Emma", "Expired", "Counted until", "21 September 2027, 00:00 EEST", "no:Declined", "no:Withdrawn", "no:counts here")
			clean(t, frame, "the expired state")
			y.photos(t, "agreements", "expired")
			y.teacher(t, "2 of 4 have accepted", "Expired: 1", "no:declined")
			y.photo(t, y.ctx, "participants")
			y.office(t, "home", "Expired: 1", "Accepted: 3 of 5", "no:Declined")
		}, "Emma 0"},
		{"2027-10-01 00:00:00", "what Mihai accepted has expired, too; Emma accepts again", func(t *testing.T) {
			y.accepts(t, y.asked(t, "Emma", "Your earlier answer counted until 21 September 2027, 00:00 EEST.", "no:You can go on without answering"))
			y.work(t)
			y.gate(t, "Emma", true)
			y.gate(t, "Mihai", false)
		}, "Emma 1, Mihai 0"},
		{"2027-10-02 09:00:00", "where everybody stands in the end", func(t *testing.T) {
			y.teacher(t, "2 of 4 have accepted", "Expired: 1", "1 only an older version")
			y.office(t, "home", "Accepted: 3 of 5", "Expired: 1", "no:Declined")
			y.office(t, "admin/report", "Mihai Lazăr Pending Expired 30 September 2026", "Radu Moldovan Pending Pending Pending")
		}, ""},
	} {
		local, err := time.ParseInLocation(time.DateTime, day.at, zone)
		if err != nil {
			t.Fatal(err)
		}
		y.mu.Lock()
		y.now = local
		y.mu.Unlock()
		y.work(t)
		if day.do != nil {
			day.do(t)
		}
		y.work(t)
		if sent := y.scores(); sent != day.sent {
			t.Errorf("%s, %s: the Moodle was sent %q, want %q", day.at, day.what, sent, day.sent)
		}
		if t.Failed() {
			t.Fatalf("on %s: %s", day.at, day.what)
		}
	}

	// Each step was done once, when it was due, but for the night in which nobody was there. Times are in UTC.
	want := []string{
		"2026-08-31T21:00:00Z version.announce Campus rules 2 due 2026-08-31T21:00:00Z",
		"2026-09-14T21:00:00Z version.activate Campus rules 2 due 2026-09-14T21:00:00Z",
		"2026-09-29T21:00:00Z version.enforce Campus rules 2 due 2026-09-29T21:00:00Z",
		"2026-10-20T05:00:00Z version.announce Library due 2026-10-20T05:00:00Z",
		"2026-10-25T01:30:00Z version.activate Library due 2026-10-25T01:30:00Z",
		"2026-10-25T22:00:00Z version.enforce Library due 2026-10-25T22:00:00Z",
		"2027-03-20T06:00:00Z version.announce Campus rules 3 due 2027-03-20T06:00:00Z",
		"2027-03-28T06:00:00Z version.activate Campus rules 3 due 2027-03-28T01:30:00Z",
	}
	if got := y.log(t); !slices.Equal(got, want) {
		t.Errorf("the log of the administrators has %q, want %q", got, want)
	}
	if n := y.accepted(t); n != 5+4+4+3 {
		t.Errorf("%d answers are recorded and intact", n)
	}
}

// archive opens the lasting address of the rules, as anybody may.
func (y *year) archive(t *testing.T, texts ...string) {
	t.Helper()
	address := y.tool("/policies/" + y.platform + "/rules")
	do(t, y.ctx, "the archive", chromedp.Navigate(address), waitFor(loaded))
	y.shows(t, y.ctx, "the archive", texts...)
}
