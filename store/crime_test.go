package store_test

import (
	"encoding/hex"
	"time"

	"ltipolicy/policy"
	"ltipolicy/store"
)

// crime is a site whose tables somebody will write to: six answers in the log, then one that waits for it.
type crime struct {
	*site
	es   []policy.Event // the last one waits
	held string         // a checkpoint from before the last answer
}

func newCrime(s *site) *crime {
	c := &crime{site: s}
	a := s.load("a", draft(policy.Agree, text("ro", "a"), text("en", "a")))
	b := s.load("b", draft(policy.Consent, text("ro", "b")))
	s.clock.add(time.Hour)
	admin := store.Admin{InstitutionID: s.institution, UserID: 1, Actor: "Ana"}
	for i := range 3 {
		u := s.user(userNumber(i))
		c.es = append(c.es, s.answer(s.event(u, a, policy.Accepted), s.event(u, b, policy.Declined))...)
	}
	s.must(s.db.Grant(s.t.Context(), admin, s.platform.ID, c.es[0].UserID, store.Powers()[0]))
	s.must(s.db.LogAct(s.t.Context(), store.AdminEntry{
		InstitutionID: s.institution, ActorID: 1, Actor: "Ana", Action: "acceptances.person", Object: "Ion", About: []int64{c.es[0].UserID},
	}))
	_, err := s.db.AppendLog(s.t.Context())
	s.must(err)
	c.held, _, err = s.db.Checkpoint(s.t.Context())
	s.must(err)
	c.es = s.inLogOrder(c.es)
	s.clock.add(time.Hour)
	c.es = append(c.es, s.answer(s.event(s.user("waits"), b, policy.Accepted))...)
	return c
}

// next is a copy of an event with the next number of its shard, as somebody forges one who has no key.
func (c *crime) next(e policy.Event) policy.Event {
	e.ID, e.Presentation = c.id(), ""
	e.Number = int64(c.count(`SELECT MAX(number) + 1 FROM acceptance_event WHERE shard = ?`, e.Shard))
	e.Commit(policy.EntryKey{1}, policy.EntryKey{1})
	e.Hash = e.Sum()
	return e
}

// plant writes the event with its row of Moodle's table.
func (c *crime) plant(e policy.Event) {
	c.must(c.db.Plant(c.t.Context(), e))
	c.exec(`INSERT INTO tool_policy_acceptances (policyversionid, userid, status, lang, usermodified, timecreated, timemodified)
		VALUES (?, ?, ?, ?, ?, ?, ?)`, e.VersionID, e.UserID, e.Standing, e.Lang, e.ActorID, e.Time.Unix(), e.Time.Unix())
}

// append gives a planted event its leaf, and the tree its hashes.
func (c *crime) append(e policy.Event) {
	hash, err := hex.DecodeString(e.Hash)
	c.must(err)
	c.exec(`INSERT INTO evidence_leaf (idx, shard, number, hash) VALUES (?, ?, ?, ?)`, c.count(`SELECT COUNT(idx) FROM evidence_leaf`), e.Shard, e.Number, hash)
	c.regrow()
}

// resign signs the log as it is, as somebody does who has the key, and nobody's checkpoint contradicts.
func (c *crime) resign() {
	c.exec(`DELETE FROM evidence_checkpoint WHERE size > 0`)
	_, err := c.db.AppendLog(c.t.Context())
	c.must(err)
}

// announce announces another version of the first policy, for the next hour.
func (c *crime) announce() policy.Version {
	c.t.Helper()
	admin, v := store.Admin{InstitutionID: c.institution}, draft(policy.Agree, text("ro", "soon"))
	v.PolicyID, v.Validity = c.es[0].PolicyID, "P1Y"
	id, err := c.db.NewDraft(c.t.Context(), admin, v)
	c.must(err)
	now := c.clock.now()
	c.must(c.db.Publish(c.t.Context(), admin, store.Publication{VersionID: id, Edit: 1, Announce: now, At: now.Add(time.Hour), Enforce: now.Add(2 * time.Hour)}))
	c.clock.add(time.Second)
	v, err = c.db.Version(c.t.Context(), c.institution, id)
	c.must(err)
	return v
}

// act is the id of an act in the log.
func (c *crime) act(action string) string {
	c.t.Helper()
	var id string
	c.must(c.db.SQL().GetContext(c.t.Context(), &id, `SELECT id FROM admin_log WHERE action = ? ORDER BY number LIMIT 1`, action))
	return id
}
