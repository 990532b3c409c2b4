package courier

import (
	"context"
	"slices"
	"time"
)

// Name is a job's name: in the log, in the figures, and where the web wakes it.
type Name string

// The jobs.
const (
	Scores      Name = "scores"
	Rosters     Name = "rosters"
	DoorStates  Name = "door_states"
	DoorNotices Name = "door_notices"
	Notices     Name = "notices"
	Calendar    Name = "calendar"
	Evidence    Name = "evidence"
	Witnessing  Name = "witness"
	Connections Name = "connections"
	Sightings   Name = "sightings"
	Counts      Name = "counts"
	Sweeping    Name = "sweeping"
)

// job is a line of the table.
type job struct {
	name  Name
	does  string        // for people; stands in docs/operations.md, too
	every time.Duration // from the beginning of one run to the next
	hands int           // how many do it at once in this process; 0: one
	// What replicas on one database do about it, for people too. Exactly one of them is said: lease names what in the
	// database lets one replica do it, or do a part of it, while the others do not; together says why all of them may
	// do it at once.
	lease    string
	together string
	run      func(context.Context) error
	leave    func(context.Context) error // what is done when it is not run any more; nil: nothing

	wake       chan struct{}
	complaints complaints
}

// table has every job. What runs between requests gets its line here, and its row in docs/operations.md.
func (w *Worker) table() []*job {
	return []*job{
		{
			name: Scores, every: roundEvery, run: w.scores,
			does:  "works out scores again after a publication and delivers those that are owed; at once after an answer",
			lease: "a score's or a part's own time in `outbox`, `gate_check`: whoever takes it moves it on; `scores of publications` in `job_lease`, half a minute, given back at the end",
			leave: w.store.LeaveBacklog,
		},
		{
			name: Rosters, every: time.Minute, hands: fetchers, run: w.fetchRoster, leave: w.rosters.leave,
			does:  "fetches the lists of participants that teachers' pages asked for; at once when asked",
			lease: "the course's row in `lti_roster`, two minutes, renewed",
		},
		{
			name: DoorStates, every: 10 * time.Second, run: w.doorStates,
			does:     "works out what the members of each site with a login door are asked now",
			together: "a state is stored over the one that it was compared with, once",
		},
		{
			name: DoorNotices, every: 10 * time.Second, run: w.doorNotices,
			does:     "tells login doors what changed; at once after a change",
			together: "a notice that comes twice does nothing the second time",
		},
		{
			name: Notices, every: 10 * time.Second, run: w.notices,
			does:  "mails reminders to those who still need them ([notices.md](notices.md)); at once when a teacher asks for it",
			lease: "`notices ID` in `job_lease`, five minutes, renewed and given back; and each notice's own row, which is taken before the end of its mail is sent",
		},
		{
			name: Calendar, every: time.Second, run: w.calendar,
			does:     "announces, makes active and enforces versions whose time has come ([calendar.md](calendar.md))",
			together: "acts at one policy take turns, and the second finds nothing due",
		},
		{
			name: Evidence, every: 2 * time.Second, run: w.evidence,
			does:  "adds new answers and acts to the evidence log and signs a checkpoint",
			lease: "`evidence` in `job_lease`, a minute, given back at the end",
		},
		{
			name: Witnessing, every: time.Minute, run: w.witness,
			does:  "hands the newest checkpoint to those outside who keep it: an hour after the last if the log grew, a day after it anyway",
			lease: "the receiver's row in `evidence_witness`, five minutes",
		},
		{
			name: Connections, every: time.Minute, hands: checkers, run: w.checkConnection,
			does:  "checks how a site and the tool reach each other, when a page or a plugin asked for it; at once when asked",
			lease: "`connection ID` in `job_lease`, a minute, given back when there is a table",
		},
		{
			name: Sightings, every: time.Minute, run: w.writeSightings, leave: w.leaveSightings,
			does:     "writes down how launches in frames went and when a login plugin was last heard",
			together: "what each process saw is added up",
		},
		{
			name: Counts, every: 5 * time.Second, run: w.store.Recount,
			does:     "counts anew the figures that took long and that somebody looked at",
			together: "each process keeps its own",
		},
		{
			name: Sweeping, every: 5 * time.Minute, run: w.store.Sweep,
			does:     "ends what is kept for a time only, see [the table](#how-long-what-is-kept)",
			together: "what is deleted is deleted by its own time, in small steps",
		},
	}
}

func (j *job) among(names []Name) bool { return len(names) == 0 || slices.Contains(names, j.name) }

func (w *Worker) calendar(ctx context.Context) error {
	_, err := w.store.ActivateDue(ctx)
	return err
}

func (w *Worker) evidence(ctx context.Context) error {
	_, err := w.store.AppendLog(ctx)
	return err
}
