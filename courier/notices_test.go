package courier_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ltipolicy/courier"
	"ltipolicy/courier/post"
	"ltipolicy/courier/post/posttest"
	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/store/storetest"
	"ltipolicy/templates"
)

// mailsEnv makes the test binary a process that mails reminders, to be killed: database, the tool's address, the time, and
// the mail server's address.
const mailsEnv = "LTIPOLICY_COURIER_MAILS_CHILD"

var pages = sync.OnceValues(templates.New)

// byMail is how reminders leave for a server.
func byMail(address string) courier.Mails {
	return courier.Mails{
		Server: post.Server{Address: address, From: "policies@upt.example"},
		Write: func(r courier.Reminder) (courier.Words, error) {
			set, err := pages()
			if err != nil {
				return courier.Words{}, err
			}
			l, err := set.Letter(templates.Reminder(r))
			return courier.Words(l), err
		},
	}
}

// mailing is one more process of the tool, which mails.
func (s *site) mailing(m courier.Mails) *courier.Worker {
	s.t.Helper()
	db := storetest.Open(s.t, s.dsn, store.Options{Now: s.clock.now})
	return mailer(db, s.server.URL, s.clock.now, m)
}

func mailer(db *store.DB, base string, now func() time.Time, m courier.Mails) *courier.Worker {
	tool := lti.New(lti.Config{BaseURL: base, Now: now, Client: lti.NewClient(true), Keys: db.KeyRing})
	return courier.New(courier.Config{Store: db, Tool: tool, Now: now, Jitter: func() float64 { return 0.5 }, Mails: m})
}

// listed enrols people and fetches the course's list.
func (s *site) listed(people int) []ltitest.Person {
	s.t.Helper()
	list := s.enrol(people, ltitest.Student)
	s.launch(list[0]) // it tells where the list is
	s.fetched()
	return list
}

func (s *site) fetched() {
	s.t.Helper()
	s.must(s.c.Refresh(s.t.Context(), s.platform.ID, fmt.Sprint(s.course.ID)))
}

// remind plans a reminder to people.
func (s *site) remind(people ...ltitest.Person) {
	s.t.Helper()
	r, err := s.db.Roster(s.t.Context(), s.platform.ID, fmt.Sprint(s.course.ID))
	s.must(err)
	var subs []string
	for _, x := range people {
		subs = append(subs, fmt.Sprint(x.ID))
	}
	now := s.clock.now()
	b := store.NoticeBatch{Step: now.Format(time.DateOnly), Lang: "ro", Link: s.server.URL + "/moodle/course/view.php?id=2", Due: now, Expires: now.Add(72 * time.Hour)}
	n, err := s.db.OrderNotices(s.t.Context(), store.AdminEntry{InstitutionID: s.institution, Action: "participants.remind"}, b, r, subs)
	s.must(err)
	if n != len(people) {
		s.t.Fatalf("%d of %d planned", n, len(people))
	}
}

func (s *site) noticeCounts() store.NoticeCounts {
	s.t.Helper()
	_, c, err := s.db.LatestNotices(s.t.Context(), s.platform.ID, fmt.Sprint(s.course.ID))
	s.must(err)
	return c
}

// each counts the mails to each address.
func each(all []posttest.Mail) map[string]int {
	n := map[string]int{}
	for _, m := range all {
		n[m.To]++
	}
	return n
}

// reads is what a mail says: its subject, and its parts by their type.
func reads(t *testing.T, m *mail.Message) (subject string, parts map[string]string) {
	t.Helper()
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts = map[string]string{}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return subject, parts
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := strings.Cut(p.Header.Get("Content-Type"), ";")
		parts[kind] = strings.ReplaceAll(string(b), "\r\n", "\n")
	}
}

// 5,000 people are missing, the server refuses every tenth at first, and the process that sends is stopped in the middle
// while another waits: each gets one mail, and nobody two.
func TestFiveThousandAreRemindedOnceEach(t *testing.T) {
	const people = 5000
	s := newSite(t, storetestSQLite(t))
	list := s.listed(people)
	tenth := map[string]bool{}
	for i := 0; i < people; i += 10 {
		tenth[list[i].Email] = true
	}
	var mu sync.Mutex
	middle := make(chan struct{})
	arrived := 0
	server := posttest.New(t, func(p *posttest.Server) {
		p.Answer = func(at string, m posttest.Mail) string {
			mu.Lock()
			defer mu.Unlock()
			if at == "RCPT" && tenth[m.To] {
				delete(tenth, m.To)
				return "450 4.7.1 come again"
			}
			if at == "END" {
				if arrived++; arrived == people/3 {
					close(middle)
				}
			}
			return ""
		}
	})
	s.remind(list...)
	first, second := s.mailing(byMail(server.Address())), s.mailing(byMail(server.Address()))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- first.Do(ctx, courier.Notices) }()
	<-middle
	s.must(second.Do(t.Context(), courier.Notices)) // the first one has the site
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
	if c := s.noticeCounts(); c.Sent < people/3 || c.Waiting == 0 || c.Failed != 0 || c.Sent != server.Count() {
		t.Errorf("after the stop %+v, %d arrived", c, server.Count())
	}
	s.must(second.Do(t.Context(), courier.Notices))
	if c := s.noticeCounts(); c.Sent < people*9/10 || c.Waiting == 0 {
		t.Errorf("before those who were refused %+v", c)
	}
	s.clock.add(2 * time.Minute)
	s.must(second.Do(t.Context(), courier.Notices))
	if c := s.noticeCounts(); c != (store.NoticeCounts{Sent: people}) {
		t.Errorf("in the end %+v", c)
	}
	got := each(server.Took())
	for _, x := range list {
		if got[x.Email] != 1 {
			t.Errorf("%s got %d mails", x.Email, got[x.Email])
		}
	}
	if len(got) != people {
		t.Errorf("mails to %d addresses", len(got))
	}
}

// Two processes are killed (-9) in the middle: nobody gets two mails. Whoever's mail was on its way at that moment is told
// as unsure, one for each kill at most, and all others have one.
func TestKilledWhileMailing(t *testing.T) {
	const people = 400
	eachSite(t, func(t *testing.T, s *site) {
		list := s.listed(people)
		var mu sync.Mutex
		arrived, enough := 0, 100
		reached := make(chan struct{}, 1)
		server := posttest.New(t, func(p *posttest.Server) {
			p.Answer = func(at string, _ posttest.Mail) string {
				mu.Lock()
				defer mu.Unlock()
				if at == "END" {
					if arrived++; arrived == enough {
						reached <- struct{}{}
					}
				}
				return ""
			}
		})
		s.remind(list...)
		for range 2 {
			s.killMailing(server.Address(), reached)
			s.clock.add(20 * time.Minute) // the lease of the dead ends
			mu.Lock()
			enough = arrived + 100
			mu.Unlock()
		}
		if n := server.Count(); n < 200 || n >= people {
			t.Fatalf("killed after %d mails", n)
		}
		w := s.mailing(byMail(server.Address()))
		s.must(w.Do(t.Context(), courier.Notices))
		got := each(server.Took())
		lost := 0
		for _, x := range list {
			switch got[x.Email] {
			case 0:
				lost++
			case 1:
			default:
				t.Errorf("%s got %d mails", x.Email, got[x.Email])
			}
		}
		c := s.noticeCounts()
		if lost > 2 || c.Failed > 2 || lost > c.Failed || c.Sent+c.Failed != people {
			t.Errorf("%d got none; %+v", lost, c)
		}
		t.Logf("%d got none; %+v", lost, c)
	})
}

// killMailing runs a process that mails, and kills it when enough arrived.
func (s *site) killMailing(address string, reached <-chan struct{}) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), mailsEnv+"="+strings.Join([]string{s.dsn, s.server.URL, s.clock.now().Format(time.RFC3339Nano), address}, "\n"))
	var complaint strings.Builder
	cmd.Stderr = &complaint
	s.must(cmd.Start())
	ended := make(chan struct{})
	go func() {
		cmd.Wait() //nolint:errcheck // it is killed
		close(ended)
	}()
	select {
	case <-reached:
	case <-ended:
		s.t.Fatalf("the child ended by itself: %s", complaint.String())
	}
	s.must(cmd.Process.Kill())
	<-ended
}

func mailingChild(work string) error {
	parts := strings.Split(work, "\n")
	if len(parts) != 4 {
		return errors.New("want database, address, time and mail server")
	}
	then, err := time.Parse(time.RFC3339Nano, parts[2])
	if err != nil {
		return err
	}
	now := func() time.Time { return then }
	db, err := store.Open(context.Background(), parts[0], store.Options{Now: now, Keys: storetest.Keys()})
	if err != nil {
		return err
	}
	return mailer(db, parts[1], now, byMail(parts[3])).Do(context.Background(), courier.Notices)
}

// Whoever needs no reminder any more when its turn comes gets none.
func TestWhoNeedsNoReminderGetsNone(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		list := s.enrol(7, ltitest.Student)
		silent := s.moodle.AddPerson(ltitest.Person{Username: "silent", FirstName: "Ana", LastName: "Fără"})
		s.moodle.Enrol(s.course.ID, silent.ID, ltitest.Student)
		for _, x := range list {
			s.launch(x)
		}
		s.fetched()
		server := posttest.New(t, nil)
		s.remind(append(list, silent)...)
		answered, suspended, deleted, gone, erased, teaches := list[0], list[1], list[2], list[3], list[4], list[5]
		user := func(x ltitest.Person) store.User {
			u, err := s.db.UserBySub(ctx, s.platform.ID, fmt.Sprint(x.ID))
			s.must(err)
			return u
		}
		s.answer(user(answered), policy.Accepted)
		_, err := s.db.MarkAccounts(ctx, s.platform.ID, []lti.Account{
			{Sub: fmt.Sprint(suspended.ID), Is: lti.AccountSuspended}, {Sub: fmt.Sprint(deleted.ID), Is: lti.AccountDeleted},
		})
		s.must(err)
		erasing := storetest.Open(t, storetest.Eraser(s.dsn), store.Options{Now: s.clock.now})
		_, err = erasing.Erase(ctx, store.Decision{ID: "d", Admin: store.Admin{InstitutionID: s.institution}}, []int64{user(erased).ID})
		s.must(err)
		s.moodle.Unenrol(s.course.ID, gone.ID)
		s.moodle.Unenrol(s.course.ID, teaches.ID)
		s.moodle.Enrol(s.course.ID, teaches.ID, ltitest.EditingTeacher)
		s.clock.add(2 * time.Hour) // the list is fetched anew
		s.must(s.mailing(byMail(server.Address())).Do(ctx, courier.Notices))
		if got := each(server.Took()); len(got) != 1 || got[list[6].Email] != 1 {
			t.Errorf("mails to %v", got)
		}
		// The erased person's notice is gone with them.
		if c := s.noticeCounts(); c != (store.NoticeCounts{Sent: 1, Failed: 1, Pointless: 5}) {
			t.Errorf("%+v", c)
		}
		told, err := s.db.Reminded(ctx, s.platform.ID, fmt.Sprint(s.course.ID), []string{fmt.Sprint(silent.ID)})
		s.must(err)
		if told[fmt.Sprint(silent.ID)].Code != "no_address" {
			t.Errorf("who has no address: %+v", told)
		}
		s.clock.add(24 * time.Hour)
		s.remind(list[6])
		s.clock.add(73 * time.Hour)
		s.must(s.mailing(byMail(server.Address())).Do(ctx, courier.Notices))
		if c := s.noticeCounts(); server.Count() != 1 || c != (store.NoticeCounts{Pointless: 1}) {
			t.Errorf("after three days: %d mails, %+v", server.Count(), c)
		}
	})
}

// Free choices are nobody's to remind of: who has nothing else left gets no mail, and no mail names one.
func TestFreeChoicesAreNotRemindedOf(t *testing.T) {
	s := newSite(t, storetestSQLite(t))
	choice := policy.Version{Type: policy.TypeOther, Kind: policy.Consent, Texts: []policy.Text{{Lang: "ro", Name: "Fotografii", Content: "<p>Da?</p>"}}}
	_, _, err := s.db.LoadPolicy(t.Context(), s.institution, "photos", choice, []string{s.platform.ID})
	s.must(err)
	list := s.enrol(2, ltitest.Student)
	for _, x := range list {
		s.launch(x)
	}
	s.fetched()
	s.remind(list...)
	u, err := s.db.UserBySub(t.Context(), s.platform.ID, fmt.Sprint(list[0].ID))
	s.must(err)
	s.answer(u, policy.Accepted) // and is silent about the photos
	server := posttest.New(t, nil)
	s.must(s.mailing(byMail(server.Address())).Do(t.Context(), courier.Notices))
	all := server.Took()
	if len(all) != 1 || all[0].To != list[1].Email {
		t.Fatalf("mails to %v", each(all))
	}
	subject, parts := reads(t, all[0].Message(t))
	if subject != "Algoritmi și structuri de date: 1 text waits for your answer" {
		t.Errorf("subject %q", subject)
	}
	for kind, text := range parts {
		if !strings.Contains(text, "Reguli") || strings.Contains(text, "Fotografii") || !strings.Contains(text, "/moodle/course/view.php?id=2") {
			t.Errorf("%s: %s", kind, text)
		}
	}
	if text := parts["text/html"]; strings.Count(text, "http") != 2 || strings.Contains(text, "<img") || strings.Contains(text, "src=") {
		t.Errorf("more than one link, or something that is loaded: %s", text)
	}
}

// Whatever names people have, their mail has the headers of any other, and one line says hello to them.
func TestHostileNamesAreHarmless(t *testing.T) {
	s := newSite(t, storetestSQLite(t))
	hostile := []string{
		"A\r\nBcc: all@upt.example", "A\nBcc: all@upt.example", "A\rBcc: x@x.example", "A\r\n\r\nHello", "A\r\n.\r\nQUIT", "A\u2028B", "A\u2029B", "A\u0085B",
		"A\x01\x7fB", "\u202eBA", "=?utf-8?q?A=0D=0ABcc:x?=", "\" <all@upt.example>", "<img src=x onerror=alert(1)>", "<script>alert(1)</script>",
		"{{.Link}}", "%0D%0ABcc: x", "&lt;b&gt;", "' onmouseover='x", "-- \n", strings.Repeat("Țăran ", 40),
	}
	var list []ltitest.Person
	for i, name := range hostile {
		x := s.moodle.AddPerson(ltitest.Person{Username: fmt.Sprint("h", i), FirstName: name, LastName: "X", Email: fmt.Sprint("h", i, "@upt.example"), Lang: "en"})
		s.moodle.Enrol(s.course.ID, x.ID, ltitest.Student)
		list = append(list, x)
	}
	s.launch(list[0])
	s.fetched()
	s.remind(list...)
	server := posttest.New(t, nil)
	s.must(s.mailing(byMail(server.Address())).Do(t.Context(), courier.Notices))
	if c := s.noticeCounts(); c.Sent != len(hostile) || server.Count() != len(hostile) {
		t.Fatalf("%+v, %d arrived", c, server.Count())
	}
	for _, got := range server.Took() {
		m := got.Message(t)
		var have []string
		for name := range m.Header {
			have = append(have, name)
		}
		slices.Sort(have)
		if want := "Auto-Submitted Content-Language Content-Type Date From Message-Id Mime-Version Subject To X-Auto-Response-Suppress"; strings.Join(have, " ") != want {
			t.Errorf("%s: headers %q", got.To, have)
		}
		_, parts := reads(t, m)
		lines := strings.Split(parts["text/plain"], "\n")
		if len(lines) != 11 || lines[1] != "" || strings.ContainsAny(parts["text/plain"], "\u2028\u202e\x01\r") {
			t.Errorf("%s: %q", got.To, parts["text/plain"])
		}
		if h := parts["text/html"]; strings.Contains(h, "<img") || strings.Contains(h, "<script") || strings.Contains(h, " onmouseover='") || strings.Count(h, "<a ") != 1 {
			t.Errorf("%s: %s", got.To, h)
		}
	}
}

// Nobody is written to outside of the hours of the institution's zone, also when they end while mails are sent.
func TestNobodyIsWrittenToAtNight(t *testing.T) {
	s := newSite(t, storetestSQLite(t)) // at 08:00 UTC
	s.must(s.db.SetZone(t.Context(), store.Admin{InstitutionID: s.institution}, "Europe/Bucharest"))
	list := s.listed(120)
	s.remind(list...)
	m := byMail("")
	server := posttest.New(t, func(p *posttest.Server) {
		p.Answer = func(at string, _ posttest.Mail) string {
			if at == "END" {
				s.clock.add(time.Second)
			}
			return ""
		}
	})
	m.Server.Address = server.Address()
	var err error
	m.Hours, err = courier.ParseHours("12:00-20:00")
	s.must(err)
	w := s.mailing(m)
	s.must(w.Do(t.Context(), courier.Notices)) // 11:00 in Bucharest
	if n := server.Count(); n != 0 {
		t.Errorf("%d mails at 11:00", n)
	}
	if next := w.NextMails(s.clock.now().In(time.FixedZone("EEST", 3*3600))); next.Format("15:04") != "12:00" {
		t.Errorf("next at %v", next)
	}
	s.clock.add(9*time.Hour - 30*time.Second) // 19:59:30
	s.must(w.Do(t.Context(), courier.Notices))
	if n := server.Count(); n < 30 || n >= 120 {
		t.Errorf("%d mails until 20:00", n)
	}
	s.clock.add(16 * time.Hour)
	s.must(w.Do(t.Context(), courier.Notices))
	if c := s.noticeCounts(); c != (store.NoticeCounts{Sent: 120}) {
		t.Errorf("on the next day %+v", c)
	}
}

func TestHoursOfADay(t *testing.T) {
	for text, ok := range map[string]bool{"07:00-20:00": true, "00:00-24:00": true, "20:00-07:00": false, "7-20": false, "": false, "07:00": false, "08:00-08:00": false, "24:00-25:00": false} {
		if _, err := courier.ParseHours(text); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
	h, err := courier.ParseHours("07:30-20:00")
	if err != nil {
		t.Fatal(err)
	}
	day := func(clock string) time.Time {
		c, err := time.Parse("15:04:05", clock)
		if err != nil {
			t.Fatal(err)
		}
		return time.Date(2026, 12, 31, c.Hour(), c.Minute(), c.Second(), 0, time.UTC)
	}
	for at, want := range map[string]string{
		"07:29:59": "2026-12-31 07:30:00", "07:30:00": "2026-12-31 07:30:00", "19:59:59": "2026-12-31 19:59:59", "20:00:00": "2027-01-01 07:30:00", "00:00:00": "2026-12-31 07:30:00",
	} {
		if got := h.Next(day(at)).Format(time.DateTime); got != want {
			t.Errorf("at %s: %s, want %s", at, got, want)
		}
	}
	if all := (courier.Hours{}); !all.Open(day("03:00:00")) || !all.Next(day("03:00:00")).Equal(day("03:00:00")) {
		t.Error("without hours it is not the whole day")
	}
}

// A mail server that is away, or takes nothing from us, costs nobody their reminder; who has no mailbox is told as that.
func TestAMailServerThatIsAwayCostsNobodyTheirReminder(t *testing.T) {
	s := newSite(t, storetestSQLite(t))
	list := s.listed(3)
	s.remind(list...)
	says := "550 5.7.1 who are you"
	var mu sync.Mutex
	server := posttest.New(t, func(p *posttest.Server) {
		p.Answer = func(at string, m posttest.Mail) string {
			mu.Lock()
			defer mu.Unlock()
			if at == "MAIL" {
				return says
			}
			if at == "RCPT" && m.To == list[1].Email {
				return "550 5.1.1 no such " + m.To
			}
			return ""
		}
	})
	w := s.mailing(byMail(server.Address()))
	if err := w.Do(t.Context(), courier.Notices); err == nil || strings.Contains(err.Error(), "@cvupt") {
		t.Errorf("refused: %v", err)
	}
	s.must(w.Do(t.Context(), courier.Notices)) // it is left alone for a while
	if c := s.noticeCounts(); c != (store.NoticeCounts{Waiting: 3}) {
		t.Errorf("%+v", c)
	}
	mu.Lock()
	says = ""
	mu.Unlock()
	s.clock.add(3 * time.Minute)
	s.must(w.Do(t.Context(), courier.Notices))
	if c := s.noticeCounts(); c != (store.NoticeCounts{Sent: 2, Failed: 1}) {
		t.Errorf("in the end %+v", c)
	}
	told, err := s.db.Reminded(t.Context(), s.platform.ID, fmt.Sprint(s.course.ID), []string{fmt.Sprint(list[1].ID)})
	s.must(err)
	if told[fmt.Sprint(list[1].ID)].Code != "550 5.1.1" {
		t.Errorf("%+v", told)
	}
}

// A site's mails leave no faster than is set.
func TestMailsLeaveNoFasterThanIsSet(t *testing.T) {
	s := newSite(t, storetestSQLite(t))
	s.remind(s.listed(6)...)
	server := posttest.New(t, nil)
	m := byMail(server.Address())
	m.PerMinute = 3000
	began := time.Now()
	s.must(s.mailing(m).Do(t.Context(), courier.Notices))
	if took := time.Since(began); server.Count() != 6 || took < 5*time.Minute/3000 {
		t.Errorf("%d mails in %v", server.Count(), took)
	}
}

// Sending takes two statements a mail at most, all that is read and leased counted.
func TestAMailIsTwoStatements(t *testing.T) {
	storetest.EachServer(t, func(t *testing.T, dsn string) {
		const people = 200
		s := newSite(t, dsn)
		s.remind(s.listed(people)...)
		server := posttest.New(t, nil)
		wire := storetest.NewWire(t, dsn)
		w := mailer(storetest.Open(t, wire.DSN(), store.Options{Now: s.clock.now}), s.server.URL, s.clock.now, byMail(server.Address()))
		wire.Sent()
		s.must(w.Do(t.Context(), courier.Notices))
		if n := len(wire.Sent()); server.Count() != people || n > 2*people {
			t.Errorf("%d statements for %d mails", n, server.Count())
		} else {
			t.Logf("%d statements for %d mails", n, people)
		}
	})
}
