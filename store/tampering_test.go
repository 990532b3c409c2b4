package store_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"ltipolicy/policy"
	"ltipolicy/store"
)

const unseen = "intact"

// tamperings are ways of writing past the program, with what verify says without a checkpoint that was kept outside the
// database, and with one. docs/security.md has the same table.
var tamperings = []struct {
	name          string
	tamper        func(c *crime)
	without, with string
}{
	// Answers.
	{"one bit of an answer", func(c *crime) {
		c.exec(`UPDATE acceptance_event SET statement = 'Am citit „Politicb”' WHERE id = ?`, c.es[3].ID)
	}, "does not match its hash", ""},
	{"an answer with its hash", func(c *crime) { c.forge(c.es[3]) }, "leaf is not the entry's hash", ""},
	{"an answer with its hash and leaf", func(c *crime) {
		c.exec(`UPDATE evidence_leaf SET hash = ? WHERE shard = ? AND number = ?`, c.forge(c.es[3]), c.es[3].Shard, c.es[3].Number)
	}, "stored hash does not match the leaf", ""},
	{"an answer with its hash, leaf and the whole tree", func(c *crime) { c.rewrite(3) }, "not those of the signed checkpoint", ""},
	{"an answer with the whole tree, and the newest checkpoint deleted", func(c *crime) {
		c.rewrite(3)
		c.exec(`DELETE FROM evidence_checkpoint WHERE size > 0`)
	}, unseen, "not those of the signed checkpoint"},
	{"an answer with the whole tree, signed anew with the stolen key", func(c *crime) { c.rewrite(3); c.resign() }, unseen, "not those of the signed checkpoint"},
	{"a note", func(c *crime) { c.exec(`UPDATE acceptance_event SET note = 'x' WHERE id = ?`, c.es[3].ID) }, "the note was changed", ""},
	{"the launch that an answer came from", func(c *crime) {
		c.exec(`UPDATE acceptance_event SET launchid = 'x' WHERE id = ?`, c.es[3].ID)
	}, "the launch or the form that it came from was changed", ""},
	{"the form that an answer came from", func(c *crime) {
		c.exec(`UPDATE acceptance_event SET presentation = 'x' WHERE id = ?`, c.es[3].ID)
	}, "the launch or the form that it came from was changed", ""},
	{"an answer's time by a microsecond", func(c *crime) {
		c.exec(`UPDATE acceptance_event SET timecreated = ? WHERE id = ?`, c.es[3].Time.Add(time.Microsecond), c.es[3].ID)
	}, "does not match its hash", ""},
	{"an answer's institution in capitals", func(c *crime) {
		c.exec(`UPDATE acceptance_event SET institutionid = UPPER(institutionid) WHERE id = ?`, c.es[3].ID)
	}, "does not match its hash", ""},
	{"an answer moved to another site of the institution", func(c *crime) {
		c.exec(`UPDATE acceptance_event SET platformid = ? WHERE id = ?`, c.addPlatform("https://other.example", "2").ID, c.es[3].ID)
	}, "does not match its hash", ""},
	{"an answer repeated under a new id and number", func(c *crime) {
		e := c.es[0]
		subject, actor := e.Subject, e.Actor
		e = c.next(e)
		e.Subject, e.Actor, e.Recorded = subject, actor, c.clock.now()
		e.Time = e.Recorded
		e.Hash = e.Sum()
		c.must(c.db.Plant(c.t.Context(), e))
		c.exec(`UPDATE evidence_shard SET last = ? WHERE shard = ?`, e.Number, e.Shard)
	}, "it commits to another person", ""},
	{"the numbers of two answers exchanged", func(c *crime) {
		a, b := c.es[0], c.es[1]
		c.exec(`UPDATE acceptance_event SET number = -7 WHERE id = ?`, a.ID)
		c.exec(`UPDATE acceptance_event SET shard = ?, number = ? WHERE id = ?`, a.Shard, a.Number, b.ID)
		c.exec(`UPDATE acceptance_event SET shard = ?, number = ? WHERE id = ?`, b.Shard, b.Number, a.ID)
	}, "does not match its hash", ""},
	{"the time of an answer, with hash, leaf and tree, and no checkpoint in the database", func(c *crime) {
		e := c.es[3]
		e.Time = e.Time.Add(-20 * time.Minute)
		c.exec(`UPDATE acceptance_event SET timecreated = ?, hash = ? WHERE id = ?`, e.Time, e.Sum(), e.ID)
		c.exec(`DELETE FROM evidence_checkpoint WHERE size > 0`)
		hash, _ := hex.DecodeString(e.Sum())
		c.exec(`UPDATE evidence_leaf SET hash = ? WHERE shard = ? AND number = ?`, hash, e.Shard, e.Number)
		c.regrow()
	}, "and written", ""},
	{"an answer deleted", func(c *crime) { c.exec(`DELETE FROM acceptance_event WHERE id = ?`, c.es[2].ID) }, "the entry is missing", ""},
	{"an answer deleted with its leaf", func(c *crime) {
		c.exec(`DELETE FROM acceptance_event WHERE id = ?`, c.es[2].ID)
		c.exec(`DELETE FROM evidence_leaf WHERE shard = ? AND number = ?`, c.es[2].Shard, c.es[2].Number)
	}, "the leaf is missing", ""},
	{"an answer deleted with its leaf, the others moved up, and signed anew", func(c *crime) {
		e := c.es[0]
		idx := c.count(`SELECT idx FROM evidence_leaf WHERE shard = ? AND number = ?`, e.Shard, e.Number)
		c.exec(`DELETE FROM acceptance_event WHERE id = ?`, e.ID)
		c.exec(`DELETE FROM evidence_leaf WHERE idx = ?`, idx)
		for i := idx + 1; c.count(`SELECT COUNT(idx) FROM evidence_leaf WHERE idx = ?`, i) > 0; i++ {
			c.exec(`UPDATE evidence_leaf SET idx = ? WHERE idx = ?`, i-1, i)
		}
		c.regrow()
		c.resign()
	}, "is not in the log", ""},
	{"an answer deleted before the log took it", func(c *crime) {
		c.exec(`DELETE FROM acceptance_event WHERE id = ?`, c.es[6].ID)
	}, "the last of which is", ""},
	{"an answer deleted before the log took it, with where the person stands", func(c *crime) {
		c.exec(`DELETE FROM acceptance_event WHERE id = ?`, c.es[6].ID)
		c.exec(`DELETE FROM tool_policy_acceptances WHERE userid = ? AND policyversionid = ?`, c.es[6].UserID, c.es[6].VersionID)
	}, "the last of which is", ""},
	{"an answer deleted before the log took it, with its number", func(c *crime) {
		c.exec(`DELETE FROM acceptance_event WHERE id = ?`, c.es[6].ID)
		c.exec(`UPDATE evidence_shard SET last = last - 1 WHERE shard = ?`, c.es[6].Shard)
	}, "has an answer to version 2 without an event", ""},
	{"a number given to nobody", func(c *crime) {
		c.exec(`UPDATE evidence_shard SET last = last + 1 WHERE shard = ?`, c.es[6].Shard)
	}, "the last of which is", ""},
	{"a number taken back", func(c *crime) {
		c.exec(`UPDATE evidence_shard SET last = last - 1 WHERE shard = ?`, c.es[6].Shard)
	}, "has a number that nobody gave", ""},
	{"an answer deleted before the log took it, after others of its shard", func(c *crime) {
		first := c.es[6]
		c.must(c.db.Plant(c.t.Context(), c.next(first)))
		c.exec(`DELETE FROM acceptance_event WHERE id = ?`, first.ID)
	}, "which was not in the log yet", ""},
	{"an answer changed before the log took it", func(c *crime) {
		c.exec(`UPDATE acceptance_event SET roles = 'x' WHERE id = ?`, c.es[6].ID)
	}, "does not match its hash", ""},
	{"an acceptance forged for somebody who never answered, 60 days back", func(c *crime) {
		e := c.es[0]
		u := c.strangers(1)[0]
		e.UserID, e.Sub, e.ActorID, e.ActorSub = u.ID, u.Sub, u.ID, u.Sub
		e.Time = e.Time.Add(-60 * 24 * time.Hour)
		e.Recorded = e.Time
		c.plant(c.next(e))
	}, "and the checkpoints around it say", ""},
	{"an acceptance forged for somebody who never answered, now", func(c *crime) {
		e := c.es[6]
		u := c.strangers(1)[0]
		e.UserID, e.Sub, e.ActorID, e.ActorSub = u.ID, u.Sub, u.ID, u.Sub
		c.plant(c.next(e))
	}, "the secret of user", ""},
	{"an acceptance forged for somebody who never answered, with a secret of the forger's", func(c *crime) {
		e := c.es[6]
		u := c.strangers(1)[0]
		e.UserID, e.Sub, e.ActorID, e.ActorSub = u.ID, u.Sub, u.ID, u.Sub
		c.exec(`INSERT INTO person_secret (userid, secret, timecreated) VALUES (?, ?, ?)`, u.ID, hashOf("x"), c.clock.now())
		c.plant(c.next(e))
	}, "cannot be opened", ""},
	{"an acceptance forged for somebody who declined, in the log with the tree", func(c *crime) {
		e := c.es[1]
		e.Answer, e.Standing, e.Recorded, e.Time = policy.Accepted, 1, c.clock.now(), c.clock.now()
		e = c.next(e)
		c.must(c.db.Plant(c.t.Context(), e))
		c.append(e)
	}, "it commits to another person", ""},
	{"an answer to a version before it was published", func(c *crime) {
		c.exec(`UPDATE admin_log SET timecreated = ? WHERE id = ?`, c.clock.now(), c.act("policy.publish"))
	}, "became active", ""},
	{"an answer with a number that nobody gives", func(c *crime) {
		e := c.es[6]
		e.ID, e.Presentation, e.Number = c.id(), "", -1
		c.must(c.db.Plant(c.t.Context(), e))
	}, "a number that nobody gives", ""},
	{"an answer in a shard that there is not", func(c *crime) {
		e := c.es[6]
		e.ID, e.Presentation, e.Shard = c.id(), "", 77
		c.must(c.db.Plant(c.t.Context(), e))
	}, "a number that nobody gives", ""},

	// People.
	{"two people exchanged by their subs", func(c *crime) {
		a, b := c.es[0], c.es[2]
		c.exec(`UPDATE lti_user SET sub = 'x' WHERE id = ?`, a.UserID)
		c.exec(`UPDATE lti_user SET sub = ? WHERE id = ?`, a.Sub, b.UserID)
		c.exec(`UPDATE lti_user SET sub = ? WHERE id = ?`, b.Sub, a.UserID)
	}, "is not the person that the event names", ""},
	{"an answer given to another person", func(c *crime) {
		c.exec(`UPDATE acceptance_event SET userid = ?, sub = ?, actorid = ?, actorsub = ? WHERE id = ?`, c.es[2].UserID, c.es[2].Sub, c.es[2].UserID, c.es[2].Sub, c.es[0].ID)
	}, "it commits to another person", ""},
	{"an answer given to another person, with that person's secret", func(c *crime) {
		a, b := c.es[0], c.es[2]
		c.exec(`UPDATE acceptance_event SET userid = ?, sub = ?, actorid = ?, actorsub = ? WHERE id = ?`, b.UserID, b.Sub, b.UserID, b.Sub, a.ID)
		c.exec(`DELETE FROM person_secret WHERE userid = ?`, b.UserID)
		c.exec(`UPDATE person_secret SET userid = ? WHERE userid = ?`, b.UserID, a.UserID)
	}, "cannot be opened", ""},
	{"somebody else made the actor", func(c *crime) {
		c.exec(`UPDATE acceptance_event SET actorid = ?, actorsub = ? WHERE id = ?`, c.es[2].UserID, c.es[2].Sub, c.es[0].ID)
	}, "who acted,", ""},
	{"a person deleted", func(c *crime) { c.exec(`DELETE FROM lti_user WHERE id = ?`, c.es[0].UserID) }, "is missing", ""},
	{"a person's secret deleted", func(c *crime) { c.exec(`DELETE FROM person_secret WHERE userid = ?`, c.es[0].UserID) }, "the secret of user", ""},
	{"the secrets of two people exchanged", func(c *crime) {
		a, b := c.es[0].UserID, c.es[2].UserID
		c.exec(`UPDATE person_secret SET userid = -1 WHERE userid = ?`, a)
		c.exec(`UPDATE person_secret SET userid = ? WHERE userid = ?`, a, b)
		c.exec(`UPDATE person_secret SET userid = ? WHERE userid = -1`, b)
	}, "cannot be opened", ""},
	{"a person moved to another site", func(c *crime) {
		c.exec(`UPDATE lti_user SET platformid = ? WHERE id = ?`, c.addPlatform("https://other.example", "2").ID, c.es[0].UserID)
	}, "is not the person that the event names", ""},
	{"a site moved to another institution", func(c *crime) {
		id, err := c.db.EnsureInstitution(c.t.Context(), "Other")
		c.must(err)
		c.exec(`UPDATE lti_platform SET institutionid = ? WHERE id = ?`, id, c.platform.ID)
	}, "belongs to another institution", ""},
	{"the name of an institution", func(c *crime) {
		c.exec(`UPDATE institution SET name = 'x' WHERE id = ?`, c.institution)
	}, "is not the one that it was added by", ""},

	{"an erasure that nobody decided", func(c *crime) {
		u := c.es[0].UserID
		c.exec(`UPDATE lti_user SET timeerased = ? WHERE id = ?`, c.clock.now(), u)
		c.exec(`DELETE FROM person_secret WHERE userid = ?`, u)
		c.exec(`UPDATE acceptance_event SET sub = '', actorsub = '', note = '', launchid = '', presentation = NULL WHERE userid = ?`, u)
	}, "answers were erased, and the decisions say 0", ""},
	{"an erased person's answer given to somebody", func(c *crime) {
		_, err := c.db.Erase(c.t.Context(), store.Decision{ID: "1"}, []int64{c.es[0].UserID})
		c.must(err)
		c.exec(`UPDATE acceptance_event SET userid = ?, actorid = ?, sub = ?, actorsub = ? WHERE id = ?`, c.es[2].UserID, c.es[2].UserID, c.es[2].Sub, c.es[2].Sub, c.es[0].ID)
	}, "it commits to another person", ""},
	{"a name written into an erased person's answer", func(c *crime) {
		_, err := c.db.Erase(c.t.Context(), store.Decision{ID: "1"}, []int64{c.es[0].UserID})
		c.must(err)
		c.exec(`UPDATE acceptance_event SET note = 'x' WHERE id = ?`, c.es[0].ID)
	}, "what was erased is there again", ""},
	{"a decision that says more than was erased", func(c *crime) {
		c.must(c.db.LogAct(c.t.Context(), store.AdminEntry{Action: "person.erase", Detail: `{"decision":"1","people":1,"answers":2}`}))
	}, "answers were erased, and the decisions say 2", ""},
	{"a decision that says more people than were erased", func(c *crime) {
		c.must(c.db.LogAct(c.t.Context(), store.AdminEntry{Action: "person.erase", Detail: `{"decision":"1","people":1}`}))
	}, "people were erased, and the decisions say 1", ""},
	{"an answer invented for somebody who was erased, under an invented decision", func(c *crime) {
		_, err := c.db.Erase(c.t.Context(), store.Decision{ID: "1"}, []int64{c.es[0].UserID})
		c.must(err)
		c.clock.add(time.Hour)
		e := c.es[0]
		c.must(c.db.SQL().GetContext(c.t.Context(), &e.UserID, `SELECT userid FROM acceptance_event WHERE id = ?`, e.ID))
		e.ActorID, e.Sub, e.ActorSub, e.LaunchID, e.Recorded, e.Time = e.UserID, "", "", "", c.clock.now(), c.clock.now()
		e.Answer, e.Standing, e.VersionID = policy.Accepted, 1, c.es[6].VersionID
		e.PolicyID, e.MaterialID, e.Digest, e.Kind = c.es[6].PolicyID, c.es[6].MaterialID, c.es[6].Digest, c.es[6].Kind
		e = c.next(e)
		c.must(c.db.Plant(c.t.Context(), e))
		c.exec(`UPDATE tool_policy_acceptances SET status = 1, timemodified = ? WHERE userid = ? AND policyversionid = ?`, e.Time.Unix(), e.UserID, e.VersionID)
		c.exec(`UPDATE evidence_shard SET last = ? WHERE shard = ?`, e.Number, e.Shard)
		c.must(c.db.LogAct(c.t.Context(), store.AdminEntry{Action: "person.erase", Detail: `{"decision":"2","people":0,"answers":1}`}))
	}, "after the person was erased", ""},

	// Moodle's table.
	{"a standing answer", func(c *crime) {
		c.exec(`UPDATE tool_policy_acceptances SET status = 1 - status WHERE userid = ? AND policyversionid = ?`, c.es[0].UserID, c.es[0].VersionID)
	}, "is not the event's (status)", ""},
	{"a standing answer's time", func(c *crime) {
		c.exec(`UPDATE tool_policy_acceptances SET timemodified = timemodified + 1 WHERE userid = ? AND policyversionid = ?`, c.es[0].UserID, c.es[0].VersionID)
	}, "is not the event's (timemodified)", ""},
	{"a standing answer's language", func(c *crime) {
		c.exec(`UPDATE tool_policy_acceptances SET lang = 'xx' WHERE userid = ? AND policyversionid = ?`, c.es[0].UserID, c.es[0].VersionID)
	}, "is not the event's (lang)", ""},
	{"a standing answer's actor", func(c *crime) {
		c.exec(`UPDATE tool_policy_acceptances SET usermodified = usermodified + 1 WHERE userid = ? AND policyversionid = ?`, c.es[0].UserID, c.es[0].VersionID)
	}, "is not the event's (usermodified)", ""},
	{"a standing answer's note", func(c *crime) {
		c.exec(`UPDATE tool_policy_acceptances SET note = 'forged' WHERE userid = ? AND policyversionid = ?`, c.es[0].UserID, c.es[0].VersionID)
	}, "is not the event's (note)", ""},
	{"a standing answer deleted", func(c *crime) {
		c.exec(`DELETE FROM tool_policy_acceptances WHERE userid = ? AND policyversionid = ?`, c.es[0].UserID, c.es[0].VersionID)
	}, "is missing from tool_policy_acceptances", ""},
	{"a standing answer without an event", func(c *crime) {
		c.exec(`INSERT INTO tool_policy_acceptances (policyversionid, userid, status, usermodified, timecreated, timemodified)
			VALUES (?, 99, 1, 99, 0, 0)`, c.es[0].VersionID)
	}, "user 99 has an answer", ""},
	{"a standing answer for a course without an event", func(c *crime) {
		c.exec(`INSERT INTO course_acceptance (policyversionid, userid, contextid, status, lang, usermodified, timecreated, timemodified)
			VALUES (?, 99, '2', 1, 'ro', 99, 0, 0)`, c.es[0].VersionID)
	}, "user 99 has an answer", ""},
	{"a standing answer of a negative person", func(c *crime) {
		c.exec(`INSERT INTO tool_policy_acceptances (policyversionid, userid, status, usermodified, timecreated, timemodified)
			VALUES (?, -1, 1, -1, 0, 0)`, c.es[0].VersionID)
	}, "user -1 has an answer", ""},
	{"a standing answer's note, empty instead of none", func(c *crime) {
		c.exec(`UPDATE tool_policy_acceptances SET note = '' WHERE userid = ? AND policyversionid = ?`, c.es[0].UserID, c.es[0].VersionID)
	}, "is not the event's (note)", ""},
	{"a standing answer made none", func(c *crime) {
		c.exec(`UPDATE tool_policy_acceptances SET status = NULL WHERE userid = ? AND policyversionid = ?`, c.es[0].UserID, c.es[0].VersionID)
	}, "is not the event's (status)", ""},

	// Texts.
	{"a text", func(c *crime) {
		c.exec(`UPDATE tool_policy_versions SET content = 'x' WHERE id = ?`, c.es[0].VersionID)
	}, "is not the one that was published", ""},
	{"a text with its digest", func(c *crime) {
		v, err := c.db.Version(c.t.Context(), c.institution, c.es[0].VersionID)
		c.must(err)
		v.Texts[0].Content = "x"
		c.exec(`UPDATE tool_policy_versions SET content = 'x' WHERE id = ?`, v.ID)
		c.exec(`UPDATE policy_version_detail SET digest = ? WHERE versionid = ?`, v.Texts[0].Digest(), v.ID)
	}, "is not the one that was shown", ""},
	{"a text's language", func(c *crime) {
		v, err := c.db.Version(c.t.Context(), c.institution, c.es[0].VersionID)
		c.must(err)
		v.Texts[0].Lang = "de"
		c.exec(`UPDATE policy_version_detail SET lang = 'de', digest = ? WHERE versionid = ?`, v.Texts[0].Digest(), v.ID)
	}, "which was shown, is missing", ""},
	{"a version deleted with its texts", func(c *crime) {
		c.exec(`DELETE FROM policy_version_text WHERE versionid = ?`, c.es[0].VersionID)
		c.exec(`DELETE FROM policy_version_detail WHERE versionid = ?`, c.es[0].VersionID)
		c.exec(`DELETE FROM tool_policy_versions WHERE id = ?`, c.es[0].VersionID)
	}, "which was shown, is missing", ""},
	{"a translation deleted that nobody answered", func(c *crime) {
		c.exec(`DELETE FROM policy_version_text WHERE versionid = ?`, c.es[0].VersionID)
	}, "a text that was published is missing", ""},
	{"a translation added after the publication", func(c *crime) {
		x := text("de", "x")
		c.exec(`INSERT INTO policy_version_text (versionid, lang, name, summary, content, digest) VALUES (?, 'de', ?, ?, ?, ?)`,
			c.es[0].VersionID, x.Name, string(x.Summary), string(x.Content), x.Digest())
	}, "a text was added after the publication", ""},
	{"the languages of two texts exchanged, with their digests", func(c *crime) {
		c.exec(`UPDATE policy_version_text SET lang = 'ro' WHERE versionid = ?`, c.es[0].VersionID)
		c.exec(`UPDATE policy_version_detail SET lang = 'en' WHERE versionid = ?`, c.es[0].VersionID)
	}, "is not the one that was shown", ""},
	{"a second text in the language of the first, under its digest", func(c *crime) {
		c.exec(`INSERT INTO policy_version_text (versionid, lang, name, summary, content, digest) VALUES (?, 'ro', 'x', 'x', 'x', ?)`,
			c.es[0].VersionID, c.es[0].Digest)
	}, "has two texts in", ""},
	{"a translation that nobody answered, with its digest and a second publication", func(c *crime) {
		v, err := c.db.Version(c.t.Context(), c.institution, c.es[0].VersionID)
		c.must(err)
		x := text("en", "x")
		c.exec(`UPDATE policy_version_text SET name = ?, summary = ?, content = ?, digest = ? WHERE versionid = ?`, x.Name, string(x.Summary), string(x.Content), x.Digest(), v.ID)
		c.must(c.db.LogAct(c.t.Context(), store.AdminEntry{InstitutionID: c.institution, Action: "version.activate", Object: "a",
			Detail: `{"before":null,"after":{"version":` + fmt.Sprint(v.ID) + `,"digests":{"ro":"` + v.Texts[0].Digest() + `","en":"` + x.Digest() + `"}}}`}))
	}, "was published with other texts", ""},
	{"the number of a version, as people read it", func(c *crime) {
		c.exec(`UPDATE tool_policy_versions SET revision = '2' WHERE id = ?`, c.es[0].VersionID)
	}, "is not as it was published: revision", ""},
	{"a version's kind", func(c *crime) {
		c.exec(`UPDATE policy_version_detail SET kind = 'consent' WHERE versionid = ?`, c.es[0].VersionID)
	}, "is not as it was published: kind", ""},
	{"the version whose answers count for another", func(c *crime) {
		c.exec(`UPDATE policy_version_detail SET materialid = ? WHERE versionid = ?`, c.es[1].VersionID, c.es[0].VersionID)
	}, "is not as it was published: material", ""},
	{"a version moved to another policy", func(c *crime) {
		a, b := c.es[0], c.es[6]
		c.exec(`UPDATE tool_policy_versions SET policyid = ? WHERE id = ?`, b.PolicyID, a.VersionID)
	}, "is of another policy", ""},
	{"a version taken out of use by nobody", func(c *crime) {
		c.exec(`UPDATE tool_policy SET currentversionid = NULL WHERE id = ?`, c.es[0].PolicyID)
		c.exec(`UPDATE tool_policy_versions SET archived = 1 WHERE id = ?`, c.es[0].VersionID)
	}, "is not active, and nobody", ""},

	{"the text of a version that is announced", func(c *crime) {
		c.exec(`UPDATE tool_policy_versions SET content = '<p>x</p>' WHERE id = ?`, c.announce().ID)
	}, "is not the one that was published", ""},
	{"how long the answers to a version count that is announced", func(c *crime) {
		c.exec(`UPDATE policy_version_detail SET validity = 'P9Y' WHERE versionid = ?`, c.announce().ID)
	}, "is not as it was published: validity", ""},
	{"until when a version may be put off", func(c *crime) {
		c.exec(`UPDATE policy_version_detail SET enforcedfrom = '2030-01-01 00:00:00' WHERE versionid = ?`, c.announce().ID)
	}, "is not as it was published: enforced_from", ""},
	{"an announcement taken back by nobody", func(c *crime) {
		c.exec(`UPDATE tool_policy_versions SET archived = 1 WHERE id = ?`, c.announce().ID)
	}, "is not announced any more, and nobody", ""},
	{"an announcement that was taken back made again by nobody", func(c *crime) {
		v := c.announce()
		c.must(c.db.Unschedule(c.t.Context(), store.Admin{InstitutionID: c.institution}, v.ID))
		c.exec(`UPDATE tool_policy_versions SET archived = 0 WHERE id = ?`, v.ID)
	}, "is announced, and nobody made it so", ""},
	{"a version that never was said to have been active", func(c *crime) {
		c.exec(`UPDATE policy_version_detail SET activefrom = '2026-01-01 00:00:00' WHERE versionid = ?`, c.announce().ID)
	}, "says that it was active, and nobody", ""},

	// Acts.
	{"an act", func(c *crime) {
		c.exec(`UPDATE admin_log SET object = 'x' WHERE id = ?`, c.act("institution.add"))
	}, "the act was changed", ""},
	{"who acted", func(c *crime) { c.exec(`UPDATE admin_log SET actor = 'x' WHERE id = ?`, c.act("grant.add")) }, "it commits to another actor", ""},
	{"what an act says about a person", func(c *crime) {
		c.exec(`UPDATE admin_log SET detail = '{}' WHERE id = ?`, c.act("grant.add"))
	}, "what the act says about a person was changed", ""},
	{"what an act says about a person, with its key", func(c *crime) {
		c.exec(`UPDATE admin_log SET detail = '{}', aboutkey = ? WHERE id = ?`, hashOf("x"), c.act("grant.add"))
	}, "what the act says about a person was changed", ""},
	{"an act deleted", func(c *crime) { c.exec(`DELETE FROM admin_log WHERE id = ?`, c.act("platform.add")) }, "the entry is missing", ""},
	{"a publication deleted", func(c *crime) { c.exec(`DELETE FROM admin_log WHERE id = ?`, c.act("policy.publish")) }, "was never published", ""},
	{"a look deleted", func(c *crime) {
		c.exec(`DELETE FROM admin_log WHERE id = ?`, c.act("acceptances.person"))
	}, "the entry is missing", ""},
	{"a look deleted with a sweep that comes too early", func(c *crime) {
		c.exec(`DELETE FROM admin_log WHERE id = ?`, c.act("acceptances.person"))
		c.must(c.db.LogAct(c.t.Context(), store.AdminEntry{Action: "looks.sweep", Detail: `{"up_to":{"36":9,"37":9,"38":9,"39":9}}`}))
		_, err := c.db.AppendLog(c.t.Context())
		c.must(err)
	}, "the entry is missing", ""},

	{"who acted erased without a decision", func(c *crime) {
		c.exec(`UPDATE admin_log SET actor = '', actorkey = NULL WHERE id = ?`, c.act("grant.add"))
	}, "names in acts were erased, and the decisions say 0", ""},

	// The log.
	{"a leaf", func(c *crime) {
		c.exec(`UPDATE evidence_leaf SET hash = ? WHERE idx = 1`, hashOf("x"))
	}, "leaf is not the entry's hash", ""},
	{"a leaf deleted", func(c *crime) { c.exec(`DELETE FROM evidence_leaf WHERE idx = 2`) }, "the leaf is missing", ""},
	{"a leaf of no entry", func(c *crime) {
		e := c.es[0]
		e.Number = int64(c.count(`SELECT MAX(number) + 1 FROM acceptance_event WHERE shard = ?`, e.Shard))
		c.append(e)
	}, "the entry is missing", ""},
	{"a leaf of a shard that there is not", func(c *crime) {
		e := c.es[0]
		e.Shard = 77
		c.append(e)
	}, "there is no shard 77", ""},
	{"a stored hash of the tree", func(c *crime) {
		c.exec(`UPDATE evidence_hash SET hash = ? WHERE idx = 2`, hashOf("x"))
	}, "stored hash does not match", ""},
	{"a stored hash beyond the tree", func(c *crime) {
		c.exec(`INSERT INTO evidence_hash (idx, hash) VALUES (1000, ?)`, hashOf("x"))
	}, "has a hash beyond its leaves", ""},
	{"two leaves exchanged", func(c *crime) {
		c.exec(`UPDATE evidence_leaf SET idx = 1000 WHERE idx = 1`)
		c.exec(`UPDATE evidence_leaf SET idx = 1 WHERE idx = 2`)
		c.exec(`UPDATE evidence_leaf SET idx = 2 WHERE idx = 1000`)
	}, "does not match the leaf", ""},
	{"a leaf before the first, for the entry that waits", func(c *crime) {
		e := c.es[6]
		c.exec(`INSERT INTO evidence_leaf (idx, shard, number, hash) VALUES (-1, ?, ?, ?)`, e.Shard, e.Number, hashOf("x"))
	}, "a leaf stands before the first", ""},
	{"an old answer made a look that was swept", func(c *crime) {
		_, err := c.db.AppendLog(c.t.Context())
		c.must(err)
		c.clock.add(200 * 24 * time.Hour)
		last := c.es[6]
		idx := c.count(`SELECT idx FROM evidence_leaf WHERE shard = ? AND number = ?`, last.Shard, last.Number)
		n := c.count(`SELECT COALESCE(MAX(number), 0) + 1 FROM evidence_leaf WHERE shard = 39`)
		c.exec(`UPDATE evidence_leaf SET shard = 39, number = ? WHERE idx = ?`, n, idx)
		c.exec(`DELETE FROM acceptance_event WHERE id = ?`, last.ID)
		c.exec(`DELETE FROM tool_policy_acceptances WHERE userid = ? AND policyversionid = ?`, last.UserID, last.VersionID)
		c.exec(`UPDATE evidence_shard SET last = last - 1 WHERE shard = ?`, last.Shard)
		c.db.SQL().ExecContext(c.t.Context(), `DELETE FROM evidence_shard WHERE shard = 39`)
		c.exec(`INSERT INTO evidence_shard (shard, last) VALUES (39, ?)`, n)
		c.must(c.db.LogAct(c.t.Context(), store.AdminEntry{Action: "looks.sweep", Detail: `{"up_to":{"39":` + fmt.Sprint(n) + `},"looks":1}`}))
	}, "stored hash does not match the leaf", ""},
	{"the end of the log cut off", func(c *crime) {
		c.exec(`DELETE FROM evidence_leaf WHERE idx >= 4`)
	}, "cut off: a checkpoint covers", ""},
	{"the end of the log cut off with its checkpoint", func(c *crime) {
		c.exec(`DELETE FROM evidence_leaf WHERE idx >= 4`)
		c.exec(`DELETE FROM evidence_checkpoint WHERE size > 4`)
	}, "has a hash beyond its leaves", "cut off: a checkpoint kept outside covers"},
	{"the end of the log cut off with the entries, their rows and the checkpoint", func(c *crime) {
		last := c.es[5]
		for _, table := range []string{"evidence_leaf", "acceptance_event"} {
			c.exec(`DELETE FROM `+table+` WHERE shard = ? AND number = ?`, last.Shard, last.Number)
		}
		c.exec(`DELETE FROM tool_policy_acceptances WHERE userid = ? AND policyversionid = ?`, last.UserID, last.VersionID)
		c.exec(`UPDATE evidence_shard SET last = ? WHERE shard = ?`, last.Number-1, last.Shard)
		c.exec(`DELETE FROM evidence_checkpoint WHERE size > 0`)
		c.exec(`DELETE FROM evidence_leaf WHERE idx > ?`, 5)
		c.regrow()
	}, unseen, "cut off: a checkpoint kept outside covers"},
	{"a checkpoint of another log", func(c *crime) {
		c.exec(`UPDATE evidence_checkpoint SET note = REPLACE(note, 'ltipolicy-evidence', 'x')`)
	}, "not signed by this log", ""},
	{"a checkpoint's time", func(c *crime) {
		c.exec(`UPDATE evidence_checkpoint SET note = REPLACE(note, '2026', '2027')`)
	}, "not signed by this log", ""},
}

// Whoever changes the tables behind the program's back is found, and the place is named.
func TestTamperingIsNamed(t *testing.T) {
	for _, tt := range tamperings {
		t.Run(tt.name, func(t *testing.T) {
			eachEraser(t, func(t *testing.T, s *site) {
				c := newCrime(s)
				if _, err := s.db.VerifyEvidence(t.Context(), c.held); err != nil {
					t.Fatalf("before: %v", err)
				}
				tt.tamper(c)
				c.found("without a checkpoint", tt.without)
				if tt.with == "" {
					tt.with = tt.without
				}
				c.found("with a checkpoint", tt.with, c.held)
			})
		})
	}
}

// found fails unless verify says what it should.
func (c *crime) found(how, want string, held ...string) {
	c.t.Helper()
	_, err := c.db.VerifyEvidence(c.t.Context(), held...)
	if want == unseen && err == nil {
		return
	}
	b, ok := errors.AsType[*store.Break](err)
	if !ok || !strings.Contains(b.What, want) {
		c.t.Errorf("%s: %v, want %q", how, err, want)
	}
}

// The table in the document is the table of the test.
func TestDocumentHasEveryTampering(t *testing.T) {
	doc, err := os.ReadFile("../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(doc), "\n### Every way of tampering that is tried\n")
	table, _, _ = strings.Cut(table, "\n#")
	var got, want []string
	for _, m := range regexp.MustCompile(`(?m)^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$`).FindAllStringSubmatch(table, -1) {
		if m[1] != "what is changed" {
			got = append(got, m[1]+" | "+m[2]+" | "+m[3])
		}
	}
	for _, tt := range tamperings {
		says := func(what string) string {
			if what == unseen {
				return "**" + unseen + "**"
			}
			return "…" + what + "…"
		}
		with := tt.with
		if with == "" {
			with = tt.without
		}
		want = append(want, tt.name+" | "+says(tt.without)+" | "+says(with))
	}
	if d := gocmp.Diff(want, got); d != "" {
		t.Errorf("docs/security.md (test -, document +):\n%s", d)
	}
}
