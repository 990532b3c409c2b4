package launch_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store/storetest"
)

// sheet is the rows of a downloaded workbook.
func (v *view) sheet() [][]string {
	v.t.Helper()
	z, err := zip.NewReader(bytes.NewReader(v.Body), int64(len(v.Body)))
	if err != nil {
		v.t.Fatal(err)
	}
	var doc struct {
		Rows []struct {
			Cells []struct {
				Type  string `xml:"t,attr"`
				Style string `xml:"s,attr"`
				Value string `xml:"v"`
				Text  string `xml:"is>t"`
			} `xml:"c"`
		} `xml:"sheetData>row"`
	}
	names := map[string]bool{}
	for _, f := range z.File {
		names[f.Name] = true
		r, err := f.Open()
		if err != nil {
			v.t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			v.t.Fatal(err)
		}
		into := any(new(struct{}))
		if f.Name == "xl/worksheets/sheet1.xml" {
			into = &doc
		}
		if err := xml.Unmarshal(b, into); err != nil {
			v.t.Errorf("%s: %v", f.Name, err)
		}
	}
	for _, want := range []string{"[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"} {
		if !names[want] {
			v.t.Errorf("the workbook lacks %s", want)
		}
	}
	var out [][]string
	for _, r := range doc.Rows {
		var row []string
		for _, c := range r.Cells {
			row = append(row, c.Text+c.Value)
		}
		out = append(out, row)
	}
	return out
}

func (v *view) csv() [][]string {
	v.t.Helper()
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(v.Body, []byte("\ufeff"))))
	rows, err := r.ReadAll()
	if err != nil {
		v.t.Fatal(err)
	}
	return rows
}

func TestDownloadsHoldWhatTheFilterShows(t *testing.T) {
	s := classroom(t)
	s.showAddresses()
	s.load("rules", draft(policy.Agree, english("=House rules", "Be kind.")))
	s.load("photos", draft(policy.Consent, english("Photos", "Smile.")))
	evil := s.moodle.AddPerson(ltitest.Person{Username: "evil", FirstName: "+Eva, \"the\"", LastName: "=HYPERLINK(1)\x01<&>", Email: "@eva", Lang: "en"})
	s.moodle.Enrol(s.course.ID, evil.ID, ltitest.Student)
	s.accepts(s.learner)
	s.accepts(s.teacher)
	b := s.browser()
	list := s.enter(b, s.teacher, s.window)

	header := []string{"Family name", "Given name", "Role", "Status", "'=House rules", "'=House rules: when (UTC)"}
	want := [][]string{
		header,
		{"'=HYPERLINK(1)\x01<&>", "'+Eva, \"the\"", "", "Not accepted yet", "Not answered", ""},
		{"Pârvu", "Ioana", "", "Not accepted yet", "Not answered", ""},
		{"Țăran", "Ștefan", "", "Accepted", "Accepted", "2026-09-01 08:00:00"},
	}
	byName := func(rows [][]string) [][]string {
		slices.SortFunc(rows[1:], func(a, b []string) int { return strings.Compare(a[0], b[0]) })
		return rows
	}
	got := s.get(b, list.URL.Path+"/list.csv").is(http.StatusOK, "")
	if d := cmp.Diff(want, byName(got.csv())); d != "" {
		t.Errorf("CSV (-want +got):\n%s", d)
	}
	if kind := got.Header.Get("Content-Type"); kind != "text/csv; charset=utf-8" || bytes.HasPrefix(got.Body, []byte("\ufeff")) || !bytes.Contains(got.Body, []byte("\r\n")) {
		t.Errorf("%s, %q", kind, got.Body[:20])
	}
	_, params, err := mime.ParseMediaType(got.Header.Get("Content-Disposition"))
	if err != nil || params["filename"] != "participants-alg1-2026-09-01.csv" {
		t.Errorf("disposition %v, %v", params, err)
	}
	if e := s.logged("participants.download"); e.Detail != "format=csv" {
		t.Errorf("log %+v", e)
	}
	if got := s.get(b, list.URL.Path+"/list.csv?bom=1&status=accepted&email=1"); !bytes.HasPrefix(got.Body, []byte("\ufeff\"Family name\",\"Given name\",\"E-mail\"")) || len(got.csv()) != 2 {
		t.Errorf("filtered, with a mark and addresses: %q", got.Body)
	}

	// In a workbook a text is a text, and what XML cannot hold is left out.
	sheet := s.get(b, list.URL.Path+"/list.xlsx").is(http.StatusOK, "").sheet()
	for i, row := range want {
		for j := range row {
			want[i][j] = strings.ReplaceAll(strings.TrimPrefix(row[j], "'"), "\x01", "")
		}
	}
	want[3][5] = strconv.FormatFloat(46266+8.0/24, 'f', 6, 64)
	if d := cmp.Diff(want, byName(sheet)); d != "" {
		t.Errorf("XLSX (-want +got):\n%s", d)
	}
	if got := s.get(b, list.URL.Path+"/list.xlsx?q=taran&role=everyone").sheet(); len(got) != 2 {
		t.Errorf("filtered: %q", got)
	}
}

// numbers is a subquery of n numbers i, the first of them from, with plain joins that every database knows.
func numbers(from, n int) string {
	sum, tables := strconv.Itoa(from), ""
	for place := 1; place == 1 || place < n; place *= 10 { // a table for each digit, with no more of them than are needed
		at := strconv.Itoa(place)
		digits := "SELECT 0 AS d"
		for d := 1; d < 10 && d*place < n; d++ {
			digits += " UNION ALL SELECT " + strconv.Itoa(d)
		}
		sum += " + " + at + "*t" + at + ".d"
		tables += ", (" + digits + ") t" + at
	}
	return `(SELECT i FROM (SELECT ` + sum + ` AS i FROM ` + tables[2:] + `) every WHERE i < ` + strconv.Itoa(from+n) + `) n`
}

// crowd puts n more people on the course's last roster, every second of whom has accepted the versions.
func (s *site) crowd(from, n int, vs ...policy.Version) {
	s.t.Helper()
	people := ` FROM lti_roster, ` + numbers(from, n) + ` WHERE 1 = 1`
	since := "2026-09-01 08:00:00"
	queries := []string{
		`INSERT INTO lti_roster_member (generation, sub, position, teacher, name, givenname, familyname, email, idnumber)
			SELECT generation, concat('c', i), 1000000 + i, 0, concat('Ștefan Țăran-', i), 'Ștefan', concat('Țăran-', i),
				concat('c', i, '@cvupt.example'), ''` + people,
		`INSERT INTO lti_user (id, platformid, sub, name, givenname, familyname, email, username, idnumber, lang, timecreated, lastlaunch)
			SELECT 1000000 + i, platformid, concat('c', i), '', '', '', '', '', '', 'ro', '` + since + `', '` + since + `'` + people + ` AND i % 2 = 0`,
	}
	for _, v := range vs {
		queries = append(queries, `INSERT INTO tool_policy_acceptances (policyversionid, userid, status, lang, usermodified, timecreated, timemodified)
			SELECT `+number(v.ID)+`, 1000000 + i, 1, 'en', 1000000 + i, 1788249600 - i, 1788249600 - i`+people+` AND i % 2 = 0`)
	}
	for _, q := range queries {
		_, err := s.raw.ExecContext(s.t.Context(), q)
		s.must(err)
	}
}

// TestDownloadTakesTheMemoryOfAFewRows: what is held while a list is sent does not grow with the list.
func TestDownloadTakesTheMemoryOfAFewRows(t *testing.T) {
	s := classroom(t)
	v := s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
	s.accepts(s.teacher)
	b := s.browser()
	path := s.enter(b, s.teacher, s.window).URL.Path
	s.holdsAFewRows(b, func(from, n int) { s.crowd(from, n, v) }, path+"/list.csv", path+"/list.xlsx")
}

// holdsAFewRows downloads files of few people and of many more, and fails if more is held for the longer ones.
func (s *site) holdsAFewRows(b *ltitest.Browser, add func(from, n int), paths ...string) {
	s.t.Helper()
	// The store reads parts of 2,000 people, so that both hold a whole part. A list held as a whole takes at least
	// 200 bytes a person; of parts and buffers, one more or one less may be there when it is weighed.
	const few, many, aPerson = 5_000, 20_000, 80
	add(0, few)
	held := make([]int64, len(paths))
	for i, path := range paths {
		held[i] = s.weigh(b, path, few)
	}
	add(few, many-few)
	for i, path := range paths {
		more := s.weigh(b, path, many) - held[i]
		s.t.Logf("%s: %d KiB held for %d people, %d KiB more for %d", path, held[i]>>10, few, more>>10, many)
		if more > (many-few)*aPerson {
			s.t.Errorf("%s: %d KiB held for %d people, %d KiB more for %d", path, held[i]>>10, few, more>>10, many)
		}
	}
}

// weigh downloads a file of so many people and returns how much memory is held at most while it is sent.
func (s *site) weigh(b *ltitest.Browser, path string, people int64) int64 {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), http.MethodGet, s.setup.base+path, nil)
	for _, c := range b.Cookies(s.setup.base + "/") {
		r.AddCookie(c)
	}
	w := &scales{header: http.Header{}, before: live()}
	s.server.Handler().ServeHTTP(w, r)
	least := 20 * people
	if strings.HasSuffix(path, ".xlsx") { // it is compressed
		least = people
	}
	if w.status != http.StatusOK || w.total < least {
		s.t.Fatalf("%s of %d people: status %d, %d bytes", path, people, w.status, w.total)
	}
	return w.peak
}

// scales take an answer and weigh what its sender holds meanwhile: the sender waits, so that it does not matter
// how fast or how busy the machine is.
type scales struct {
	header       http.Header
	status       int
	before, peak int64 // bytes held
	total, next  int64 // bytes sent: so far, and when to weigh again
}

func (s *scales) Header() http.Header    { return s.header }
func (s *scales) WriteHeader(status int) { s.status = status }

func (s *scales) Write(b []byte) (int, error) {
	if s.status == 0 {
		s.status = http.StatusOK
	}
	if s.total += int64(len(b)); s.total >= s.next {
		s.next = s.total + s.total/4
		s.peak = max(s.peak, live()-s.before)
	}
	return len(b), nil
}

// live is the memory in use that nobody could give back.
func live() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what pools keep lives through one
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkParticipants is the first paint of a course of 5,000 from the kept roster: three policies, every
// second learner has accepted.
func BenchmarkParticipants(b *testing.B) {
	for _, e := range storetest.Engines(b) {
		b.Run(e.Name, func(b *testing.B) { benchmarkParticipants(b, e.Migrated(b)) })
	}
}

func benchmarkParticipants(b *testing.B, dsn string) {
	s := classroom(b, setup{dsn: dsn})
	var vs []policy.Version
	for i, name := range []string{"House rules", "Privacy", "Cookies"} {
		v := draft(policy.Agree, english(name, "Text of "+name))
		v.SortOrder = i
		vs = append(vs, s.load(strings.ToLower(strings.ReplaceAll(name, " ", "-")), v))
	}
	s.accepts(s.teacher)
	browser := s.browser()
	path := s.enter(browser, s.teacher, s.window).URL.Path
	s.crowd(0, 5_000, vs...)
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, s.setup.base+path, nil)
	for _, c := range browser.Cookies(s.setup.base + "/") {
		r.AddCookie(c)
	}
	h := s.server.Handler()
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r.Clone(b.Context()))
		if w.Code != http.StatusOK || w.Body.Len() > 100<<10 {
			b.Fatalf("status %d, %d bytes", w.Code, w.Body.Len())
		}
	}
}
