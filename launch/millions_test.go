package launch_test

import (
	"fmt"
	"strings"

	"ltipolicy/lti"
	"ltipolicy/policy"
)

// crowdCourse is how many people each course of [site.millions] has.
const crowdCourse = 100

const secondOrigin = "https://second.example"

// millions fills a MySQL database as people who opened their course's activity and answered everything fill it:
// half of them on the site's platform, half on a second one. Eight policies, of which five want an answer, so that
// there are five answers a person; a score each, sent. Person n of a platform has n as its sub.
func (s *site) millions(people int) (vs []policy.Version) {
	s.t.Helper()
	_, _, second := s.addMoodle(secondOrigin, "Second", s.institution)
	for i := range 8 {
		v := version(policy.Agree, fmt.Sprint("Policy ", i), i)
		switch {
		case i == 4:
			v.Kind = policy.Consent
		case i > 4:
			v.Kind = policy.Inform
		}
		vs = append(vs, s.load(fmt.Sprint("policy-", i), v, s.platform, second))
	}
	answered := make([]string, 5)
	for i := range answered {
		answered[i] = fmt.Sprintf("SELECT %d AS id", vs[i].ID)
	}
	const batch = 10_000
	s.sql(`CREATE TABLE numbers (n INT NOT NULL PRIMARY KEY)`)
	for first := 0; first < batch; first += 1000 {
		rows := make([]string, 1000)
		for i := range rows {
			rows[i] = fmt.Sprintf("(%d)", first+i)
		}
		s.sql(`INSERT INTO numbers (n) VALUES ` + strings.Join(rows, ","))
	}
	const when = `'2026-08-31 08:00:00'`
	for half, p := range []lti.Platform{s.platform, second} {
		name := `CONCAT(ELT(1 + n % 10, 'Ana', 'Ștefan', 'Žydrūnė', 'Георги', 'Јелена', 'João', 'Mihai', 'Ioana', 'Petras', 'Мария'), ' ',
			ELT(1 + n DIV 7 % 4, 'Popescu', 'Țăran', 'Šimkutė', 'Щерев'))`
		for first := 1; first <= people/2; first += batch {
			// sub is the person's number on the platform, id in the database; c is the course.
			from := fmt.Sprintf(`FROM (SELECT n, n + %d AS sub, n + %d AS id, (n + %d) DIV %d AS c FROM numbers WHERE n < %d) x`,
				first, half*people/2+first, first, crowdCourse, min(batch, people/2-first+1))
			s.sql(`INSERT INTO lti_user (id, platformid, sub, name, givenname, familyname, email, username, idnumber, lang, class, timecreated, lastlaunch, sortname, search)
				SELECT id, ?, sub, `+name+`, '', '', CONCAT('u', sub, '@students.example'), CONCAT('u', sub), '', 'ro', 'learner', `+when+`, `+when+`,
					LOWER(`+name+`), LOWER(CONCAT(' ', `+name+`, ' u', sub, '@students.example')) `+from, p.ID)
			s.sql(`INSERT INTO lti_membership (platformid, contextid, userid, roles, lastlaunch)
				SELECT ?, CONCAT('c', c), id, 'http://purl.imsglobal.org/vocab/lis/v2/membership#Learner', `+when+` `+from, p.ID)
			s.sql(`INSERT INTO outbox (platformid, resourcelinkid, userid, contextid, sub, lineitem, wanted, sent, stamp, revision, attempts, dead, failure, timemodified)
				SELECT ?, CONCAT('l', c), id, CONCAT('c', c), sub, CONCAT(?, '/mod/lti/services.php/', c, '/lineitems/', c, '/lineitem?type_id=1'),
					1, 1, `+when+`, 3, 0, 0, '', `+when+` `+from, p.ID, p.Issuer)
			s.sql(`INSERT INTO tool_policy_acceptances (policyversionid, userid, status, lang, usermodified, timecreated, timemodified)
				SELECT v.id, x.id, 1, 'en', x.id, 1788163200, 1788163200 ` + from + `, (` + strings.Join(answered, " UNION ALL ") + `) v`)
		}
		courses := fmt.Sprintf(`FROM (SELECT a.n * 100 + b.n AS c FROM numbers a, numbers b WHERE b.n < 100 AND a.n <= %d) x`, people/2/crowdCourse/100)
		s.sql(`INSERT INTO lti_context (platformid, contextid, label, title, timecreated)
			SELECT ?, CONCAT('c', c), CONCAT('C', c), CONCAT('Course ', c), `+when+` `+courses, p.ID)
		s.sql(`INSERT INTO lti_line_item (platformid, resourcelinkid, contextid, url)
			SELECT ?, CONCAT('l', c), CONCAT('c', c), CONCAT(?, '/mod/lti/services.php/', c, '/lineitems/', c, '/lineitem?type_id=1') `+courses, p.ID, p.Issuer)
	}
	s.sql(`DROP TABLE numbers`)
	s.sql(`ANALYZE TABLE lti_user, lti_membership, outbox, tool_policy_acceptances, lti_context, lti_line_item`)
	return vs
}

func (s *site) sql(query string, args ...any) {
	s.t.Helper()
	_, err := s.raw.ExecContext(s.t.Context(), query, args...)
	s.must(err)
}
