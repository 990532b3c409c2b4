package store_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
)

// Whatever somebody does is done once, also if the connection is lost before, while or after the server commits
// it: every method of the store that writes is run undisturbed, and then again from the same state for each of its
// commits and each way to lose one. What it returns and what the tables hold must be the same.
func TestEveryActIsDoneOnce(t *testing.T) {
	storetest.EachServer(t, func(t *testing.T, dsn string) {
		t.Parallel()
		r := newRehearsal(t, dsn)
		for _, a := range acts() {
			t.Run(a.name(), func(t *testing.T) { r.rehearse(t, a) })
		}
	})
}

// TestEveryMethodIsAnActOrReads keeps the list of acts complete.
func TestEveryMethodIsAnActOrReads(t *testing.T) {
	listed := map[string]bool{}
	for _, a := range acts() {
		listed[a.method] = true
	}
	for name := range reading {
		if listed[name] {
			t.Errorf("%s stands among the acts and among the methods that only read", name)
		}
		listed[name] = true
	}
	for name := range others {
		listed[name] = true
	}
	for _, of := range methodsOfTheStore() {
		if !listed[of] {
			t.Errorf("%s is new. If it writes, it needs an entry in acts(), which shows that it is done once although a COMMIT "+
				"gets no answer; if it only reads, it belongs into reading.", of)
		}
		delete(listed, of)
	}
	for name := range listed {
		t.Errorf("%s is listed, but there is no such method", name)
	}
}

// methodsOfTheStore are the exported methods of [store.DB], and with their type those of everything that its
// methods return to go on with the database.
func methodsOfTheStore() []string {
	db := reflect.TypeFor[*store.DB]()
	takesContext := func(m reflect.Method) bool {
		return m.Type.NumIn() > 1 && m.Type.In(1) == reflect.TypeFor[context.Context]()
	}
	found := map[string]bool{}
	for m := range db.Methods() {
		found[m.Name] = true
		for result := range m.Type.Outs() {
			if result.Kind() != reflect.Pointer || result.Elem().PkgPath() != db.Elem().PkgPath() || result == db {
				continue
			}
			for of := range result.Methods() {
				if takesContext(of) {
					found[result.Elem().Name()+"."+of.Name] = true
				}
			}
		}
	}
	var names []string
	for name := range found {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// rehearsal is a database that goes back to where it was.
type rehearsal struct {
	plain  *sql.DB // past the wire
	wire   *storetest.Wire
	db     *store.DB // through it
	clock  *clock
	dsn    string
	tables []string
	empty  contents
}

// contents are the rows of all tables.
type contents map[string][][]any

// unlike are tables that are not compared: what they hold is about the call, not about what it did.
var unlike = []string{"tx_receipt", "replica"}

func newRehearsal(t *testing.T, dsn string) *rehearsal {
	t.Helper()
	r := &rehearsal{wire: storetest.NewWire(t, storetest.Eraser(dsn)), clock: newClock(), dsn: dsn}
	// Longer than a busy machine needs for a few tries.
	r.db = storetest.Open(t, r.wire.DSN(), store.Options{Now: r.clock.now, Patience: time.Minute})
	r.db.NumberInOneShard()
	var err error
	if r.plain, err = sql.Open("mysql", storetest.DriverDSN(dsn)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.plain.Close() }) //nolint:errcheck // the test is over
	for _, table := range r.strings(t, `
		SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY table_name`) {
		if !slices.Contains(unlike, table) {
			r.tables = append(r.tables, table)
		}
	}
	for i, table := range r.strings(t, `
		SELECT table_name FROM information_schema.columns
		WHERE table_schema = DATABASE() AND extra LIKE '%auto_increment%' ORDER BY table_name`) {
		if !slices.Contains(unlike, table) { // ids that are known for what they are wherever they stand
			r.exec(t, fmt.Sprintf(`ALTER TABLE %s AUTO_INCREMENT = %d`, table, 700_000_001+i*1_000_000))
		}
	}
	r.empty = r.contents(t)
	return r
}

func (r *rehearsal) strings(t *testing.T, query string) []string {
	t.Helper()
	rows, err := r.plain.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // read to its end
	var list []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

func (r *rehearsal) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	if _, err := r.plain.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func (r *rehearsal) contents(t *testing.T) contents {
	t.Helper()
	c := contents{}
	for _, table := range r.tables {
		rows, err := r.plain.QueryContext(t.Context(), `SELECT * FROM `+table)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.ColumnTypes()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			row, into := make([]sql.RawBytes, len(columns)), make([]any, len(columns))
			for i := range row {
				into[i] = &row[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			values := make([]any, len(columns))
			for i, v := range row {
				switch kind := columns[i].DatabaseTypeName(); {
				case v == nil:
				case strings.HasSuffix(kind, "BINARY"), strings.HasSuffix(kind, "BLOB"):
					values[i] = slices.Clone([]byte(v))
				default:
					values[i] = string(v)
				}
			}
			c[table] = append(c[table], values)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		rows.Close() //nolint:errcheck // read to its end
	}
	return c
}

// restore goes from one state to another.
func (r *rehearsal) restore(t *testing.T, from, to contents) {
	t.Helper()
	for _, table := range r.tables {
		if reflect.DeepEqual(from[table], to[table]) {
			continue
		}
		r.exec(t, `DELETE FROM `+table)
		for _, row := range to[table] {
			r.exec(t, `INSERT INTO `+table+` VALUES (?`+strings.Repeat(`, ?`, len(row)-1)+`)`, row...)
		}
	}
}

// outcome is what is compared.
type outcome struct {
	Result, Err string
	Tables      map[string][]string
}

// made matches what is made anew by each run: ids of both kinds, digests, signatures.
var made = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b7\d{8}\b|[0-9A-Za-z+/=]{43,}`)

// outcome runs an act and says what came of it. Names that were not there before are told by their kind only.
func (r *rehearsal) outcome(t *testing.T, do func() (any, error), before contents) (outcome, contents) {
	t.Helper()
	known := map[string]bool{}
	for _, name := range made.FindAllString(fmt.Sprintf("%s", before), -1) {
		known[name] = true
	}
	plainly := func(format string, v any) string {
		return made.ReplaceAllStringFunc(fmt.Sprintf(format, v), func(name string) string {
			if known[name] {
				return name
			}
			return "new"
		})
	}
	result, err := do()
	after := r.contents(t)
	o := outcome{Result: plainly("%+v", result), Tables: map[string][]string{}}
	if err != nil {
		o.Err = err.Error()
	}
	for table, rows := range after {
		for _, row := range rows {
			o.Tables[table] = append(o.Tables[table], plainly("%s", legible(row)))
		}
		slices.Sort(o.Tables[table])
	}
	return o, after
}

// legible writes secrets and commitments in hexadecimal.
func legible(row []any) []any {
	row = slices.Clone(row)
	for i, v := range row {
		if b, ok := v.([]byte); ok && len(b) >= sha256.Size && !utf8.Valid(b) {
			row[i] = hex.EncodeToString(b)
		}
	}
	return row
}

// rehearse runs an act undisturbed, and then with each of its commits lost in each way.
func (r *rehearsal) rehearse(t *testing.T, a act) {
	r.restore(t, r.contents(t), r.empty)
	r.clock.t = newClock().t
	s := &site{t: t, db: r.db, dsn: r.dsn, clock: r.clock}
	var err error
	s.institution, err = r.db.EnsureInstitution(t.Context(), "CVUPT")
	s.must(err)
	s.platform = s.addPlatform("https://moodle.example", "client-1")
	do := a.prepare(newOffice(s))
	before := r.contents(t)
	r.wire.Sent()
	want, after := r.outcome(t, do, before)
	if want.Err != "" {
		t.Fatalf("undisturbed: %s", want.Err)
	}
	commits := 0
	for _, sent := range r.wire.Sent() {
		if sent.Commits() {
			commits++
		}
	}
	if reflect.DeepEqual(before, after) {
		t.Fatal("it changes nothing, so nothing is rehearsed")
	}
	for k := range commits {
		for _, fate := range []storetest.Fate{storetest.Before, storetest.During, storetest.After} {
			r.restore(t, after, before)
			r.wire.Lose(fate, k+1, storetest.Statement.Commits)
			var got outcome
			got, after = r.outcome(t, do, before)
			r.wire.Sent()
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("connection lost %s commit %d of %d (-undisturbed +disturbed):\n%s", fate, k+1, commits, d)
			}
		}
	}
}

// reading are the methods that only read. TestReadingWritesNothing calls them all.
var reading = set(
	"AdminLogPage", "AdminLogEach", "AdminLogFilters", "Asked", "Answers", "TypingOf", "OtherTypists", "Course", "CourseNames", "PlacesOf", "FindCourses",
	"SomeCourses", "CoursePolicies", "DeepLink", "Door", "Doors", "OwedNotices", "DoorLaunch", "Enrolments", "Events", "Event",
	"Figures", "LogKey", "LogKeys", "UserBySub", "Witnesses", "LogUpdate", "Receipt", "Grants", "Image", "MissingImages", "Institutions", "Institution", "InstitutionByName", "Invitation", "Registering", "KeyRing",
	"Schema", "ExportMoodle", "CountScores", "DeadScores", "MissingScores", "Destination", "RosterColumns", "EachParticipant", "Platform", "PlatformSeen",
	"PlatformByClient", "PlatformsByIssuer", "PlatformsOf", "Platforms", "DraftPlatforms", "DraftScope", "PolicyPlatforms", "PolicyVersions", "Versions", "VersionNames", "Scheduled",
	"EachConsent", "Reach", "ReachPeople", "ClosingCourses", "Report", "ReportEach", "ReportOn", "ReportColumns", "Counts", "Recount", "Roster", "Session", "SessionPlace", "User",
	"VerifyEvidence", "ActiveVersions", "ActiveAndGiven", "Shown", "Archive", "Archives", "Announced", "Busy", "Slugs", "HasImage", "Version", "Policies", "Backlog", "Sightings", "NewestCourses", "ScoresOf",
	"NoticeSites", "DueNotices", "LatestNotices", "Reminded", "SomeParticipants",
)

// others are methods that are neither: what they do to the database has tests of its own.
var others = set(
	"Close", "String", "NewID", "Pools",
	"Invite",            // CreateInvitation, of a token that it makes
	"MayServe", "Ready", // writes that the replica lives, and says at once that it could not
	"Migrate", "MigrateTo", "AddMigration", // may be killed anywhere, which is more
	"TakeWitness",             // after a COMMIT without an answer it is nobody's turn, and somebody's five minutes later
	"TakeCheck", "LeaveCheck", // a lease, as above
	"LeaseNotices", "LeaveNotices",
	"Reseal",                                                                                                                             // in small steps that may be done again
	"SQL", "Reader", "IsMySQL", "InTx", "TakeLease", "DropLease", "SweepImages", "ForgetCounts", "NumberInOneShard", "Plant", "SecretOf", // of these tests
)

func set(names ...string) map[string]bool {
	m := map[string]bool{}
	for _, name := range names {
		m[name] = true
	}
	return m
}

// The methods that pass for reading write nothing.
func TestReadingWritesNothing(t *testing.T) {
	storetest.EachServer(t, func(t *testing.T, dsn string) {
		w := storetest.NewWire(t, dsn)
		s := newSite(t, w.DSN())
		o := newOffice(s)
		v := o.active("site")
		o.admit(graded("5", "7"))
		s.must(s.fill(learners(3), 0).Done(t.Context()))
		s.must(s.db.SetDoor(t.Context(), s.platform.ID, doorURL))
		if _, err := s.db.AppendLog(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.Sent()
		db := reflect.ValueOf(s.db)
		for name := range reading {
			m := db.MethodByName(name)
			if !m.IsValid() {
				continue
			}
			// A text may be the id of many things.
			for _, text := range []string{s.institution, s.platform.ID, "2", "site"} {
				m.Call(arguments(t, m.Type(), text, o, v))
				for _, sent := range w.Sent() {
					if sent.Writes() {
						t.Errorf("%s writes: %s", name, sent.Text)
					}
				}
			}
		}
	})
}

// arguments makes what a method may be called with: ids that exist, and functions that do nothing.
func arguments(t *testing.T, of reflect.Type, text string, o *office, v policy.Version) []reflect.Value {
	var args []reflect.Value
	for in := range of.Ins() {
		if of.IsVariadic() && len(args) == of.NumIn()-1 {
			break
		}
		var arg any
		switch reflect.Zero(in).Interface().(type) {
		case string:
			arg = text
		case int:
			arg = 10
		case []byte:
			arg = hashOf("secret")
		case []string:
			arg = []string{o.platform.ID}
		case policy.Version:
			arg = v
		case store.Admin:
			arg = o.admin
		case store.ReportQuery:
			arg = store.ReportQuery{InstitutionID: o.institution, Limit: 10}
		case store.LogQuery:
			arg = store.LogQuery{InstitutionID: o.institution, Limit: 10}
		case store.Roster:
			arg = o.roster()
		}
		switch {
		case in == reflect.TypeFor[context.Context]():
			arg = t.Context()
		case in == reflect.TypeFor[store.MoodleExport]():
			arg = nowhere{}
		case in.Kind() == reflect.Int64:
			args = append(args, reflect.ValueOf(v.PolicyID).Convert(in))
			continue
		case in.Kind() == reflect.Func:
			args = append(args, nothing(in))
			continue
		}
		if arg == nil {
			args = append(args, reflect.Zero(in))
			continue
		}
		args = append(args, reflect.ValueOf(arg))
	}
	return args
}

func nothing(f reflect.Type) reflect.Value {
	return reflect.MakeFunc(f, func([]reflect.Value) []reflect.Value {
		var out []reflect.Value
		for result := range f.Outs() {
			out = append(out, reflect.Zero(result))
		}
		return out
	})
}

// nowhere is where an export goes that nobody keeps.
type nowhere struct{}

func (nowhere) Policy(int64, int, int64) error { return nil }

func (nowhere) Version(int64, int64, int64, policy.Version, *store.MoodleText) error { return nil }

func (nowhere) Answer(int64, int64, store.MoodleAnswer, int64, int64) error { return nil }
