package store_test

import (
	"sync"
	"time"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// act is something that is done to the database, for [TestEveryActIsDoneOnce].
type act struct {
	method string // of [store.DB], or of another type with its name before a dot
	when   string // what is special about it, if the method is rehearsed more than once
	// prepare makes whatever the act needs in an empty institution, and returns the act. It is done many times,
	// each time over the same state, so it must not keep anything.
	prepare func(o *office) func() (any, error)
}

func (a act) name() string {
	if a.when == "" {
		return a.method
	}
	return a.method + " " + a.when
}

// only is an act that returns an error and nothing else.
func only(f func() error) func() (any, error) { return func() (any, error) { return nil, f() } }

// testKeys are some signing keys, made once because that takes a while.
var testKeys = sync.OnceValue(func() []lti.Key {
	var keys []lti.Key
	for range 4 {
		k, err := generateKey()
		if err != nil {
			panic(err)
		}
		keys = append(keys, k)
	}
	return keys
})

func acts() []act {
	var all []act
	for _, list := range [][]act{operatorActs, officeActs, readerActs, courierActs, moodleActs} {
		all = append(all, list...)
	}
	return all
}

// operatorActs are what the command line and the program's start do.
var operatorActs = []act{
	{method: "EnsureInstitution", prepare: func(o *office) func() (any, error) {
		return func() (any, error) { return o.db.EnsureInstitution(o.t.Context(), "another") }
	}},
	{method: "SetZone", prepare: func(o *office) func() (any, error) {
		return only(func() error {
			return o.db.SetZone(o.t.Context(), store.Admin{InstitutionID: o.institution}, "Europe/Vilnius")
		})
	}},
	{method: "SetAddresses", prepare: func(o *office) func() (any, error) {
		return only(func() error { return o.db.SetAddresses(o.t.Context(), store.Admin{InstitutionID: o.institution}, true) })
	}},
	{method: "LearnZone", prepare: func(o *office) func() (any, error) {
		return only(func() error { return o.db.LearnZone(o.t.Context(), o.platform, "Europe/Vilnius") })
	}},
	{method: "AddPlatform", prepare: func(o *office) func() (any, error) {
		p := platformFor(o.id(), o.institution, "https://other.example", "2")
		return only(func() error { return o.db.AddPlatform(o.t.Context(), p) })
	}},
	{method: "AddPlatformWithDoor", prepare: func(o *office) func() (any, error) {
		p := platformFor(o.id(), o.institution, o.platform.Issuer, "2")
		return only(func() error { return o.db.AddPlatformWithDoor(o.t.Context(), p, doorURL) })
	}},
	{method: "SetPlatformStatus", prepare: func(o *office) func() (any, error) {
		return only(func() error { return o.db.SetPlatformStatus(o.t.Context(), o.platform.ID, lti.Disabled) })
	}},
	{method: "EndVisits", prepare: func(o *office) func() (any, error) {
		return only(func() error {
			return o.db.EndVisits(o.t.Context(), o.admin, store.Visits{PlatformID: o.platform.ID}, "")
		})
	}},
	{method: "RenamePlatform", prepare: func(o *office) func() (any, error) {
		return only(func() error { return o.db.RenamePlatform(o.t.Context(), o.platform.ID, "another") })
	}},
	{method: "CreateInvitation", prepare: func(o *office) func() (any, error) {
		return only(func() error {
			return o.db.CreateInvitation(o.t.Context(), hashOf("invited"), o.invitation())
		})
	}},
	{method: "Reserve", prepare: func(o *office) func() (any, error) {
		o.must(o.db.CreateInvitation(o.t.Context(), hashOf("invited"), o.invitation()))
		return only(func() error {
			_, err := o.db.Reserve(o.t.Context(), hashOf("invited"), store.Applicant{Issuer: "https://other.example", ClientID: "2"})
			return err
		})
	}},
	{method: "Release", prepare: func(o *office) func() (any, error) {
		id := o.reserve("invited", "https://other.example", "2")
		return only(func() error { return o.db.Release(o.t.Context(), hashOf("invited"), id) })
	}},
	{method: "Register", prepare: func(o *office) func() (any, error) {
		p := platformFor(o.reserve("invited", "https://other.example", "2"), "", "https://other.example", "2")
		return only(func() error {
			_, err := o.db.Register(o.t.Context(), hashOf("invited"), p, p.Issuer+"/door")
			return err
		})
	}},
	{method: "Register", when: "the platform is there", prepare: func(o *office) func() (any, error) {
		p := platformFor(o.reserve("invited", o.platform.Issuer, o.platform.ClientID), "", o.platform.Issuer, o.platform.ClientID)
		p.TokenURL += "/moved"
		return only(func() error {
			_, err := o.db.Register(o.t.Context(), hashOf("invited"), p, "")
			return err
		})
	}},
	{method: "LearnKey", prepare: func(o *office) func() (any, error) {
		return only(func() error { return o.db.LearnKey(o.t.Context(), o.platform, "abc") })
	}},
	{method: "MovePlatform", prepare: func(o *office) func() (any, error) {
		to, err := o.platform.Moved("https://moved.example")
		o.must(err)
		return only(func() error { return o.db.MovePlatform(o.t.Context(), o.platform, to, store.Moving{Reason: "R"}) })
	}},
	{method: "AllowDeployment", prepare: func(o *office) func() (any, error) {
		return only(func() error { return o.db.AllowDeployment(o.t.Context(), o.platform.ID, "2") })
	}},
	{method: "FirstDeployment", prepare: func(o *office) func() (any, error) {
		p := platformFor(o.id(), o.institution, o.platform.Issuer, "2")
		p.Deployments = nil
		o.must(o.db.AddPlatform(o.t.Context(), p))
		return only(func() error { return o.db.FirstDeployment(o.t.Context(), p.ID, "2") })
	}},
	{method: "EnsureKeys", prepare: func(o *office) func() (any, error) {
		return only(func() error {
			next := 0
			return o.db.EnsureKeys(o.t.Context(), func() (lti.Key, error) { next++; return testKeys()[next-1], nil })
		})
	}},
	{method: "RotateKey", prepare: func(o *office) func() (any, error) {
		for _, k := range testKeys()[:3] {
			o.must(o.db.RotateKey(o.t.Context(), k))
		}
		return only(func() error { return o.db.RotateKey(o.t.Context(), testKeys()[3]) })
	}},
	{method: "Secret", prepare: func(o *office) func() (any, error) {
		return func() (any, error) {
			return o.db.Secret(o.t.Context(), "pepper", func() ([]byte, error) { return []byte("hot"), nil })
		}
	}},
	{method: "SessionKey", prepare: func(o *office) func() (any, error) {
		return func() (any, error) {
			return o.db.SessionKey(o.t.Context(), func() ([]byte, error) { return []byte("hot"), nil })
		}
	}},
	{method: "RotateSessionKey", prepare: func(o *office) func() (any, error) {
		return only(func() error { return o.db.RotateSessionKey(o.t.Context(), []byte("hotter")) })
	}},
	{method: "RotateLogKey", prepare: func(o *office) func() (any, error) {
		return func() (any, error) { return o.db.RotateLogKey(o.t.Context()) }
	}},
	{method: "RevokeKeys", prepare: func(o *office) func() (any, error) {
		for _, k := range testKeys()[:2] {
			o.must(o.db.RotateKey(o.t.Context(), k))
		}
		return func() (any, error) {
			return o.db.RevokeKeys(o.t.Context(), testKeys()[2], testKeys()[3], []byte("hot"))
		}
	}},
	{method: "CheckKeys", prepare: func(o *office) func() (any, error) {
		return only(func() error { return o.db.CheckKeys(o.t.Context()) })
	}},
	{method: "SetDoor", prepare: func(o *office) func() (any, error) {
		return only(func() error { return o.db.SetDoor(o.t.Context(), o.platform.ID, doorURL) })
	}},
	{method: "LoadPolicy", when: "new", prepare: func(o *office) func() (any, error) {
		return func() (any, error) {
			did, id, err := o.db.LoadPolicy(o.t.Context(), o.institution, "site", draft(policy.Agree, text("ro", "unu")), []string{o.platform.ID})
			return []any{did, id}, err
		}
	}},
	{method: "LoadPolicy", when: "changed", prepare: func(o *office) func() (any, error) {
		o.load("site", draft(policy.Agree, text("ro", "unu")))
		return func() (any, error) {
			did, id, err := o.db.LoadPolicy(o.t.Context(), o.institution, "site", draft(policy.Agree, text("ro", "doi")), []string{o.platform.ID})
			return []any{did, id}, err
		}
	}},
	{method: "RebuildAcceptances", prepare: func(o *office) func() (any, error) {
		v := o.active("site")
		o.answer(o.event(o.people[1], v, policy.Accepted))
		o.exec(`UPDATE tool_policy_acceptances SET status = 0 WHERE userid = ?`, o.people[0].ID)
		return func() (any, error) { return o.db.RebuildAcceptances(o.t.Context()) }
	}},
	{method: "Sweep", prepare: func(o *office) func() (any, error) {
		o.must(o.db.CreateSession(o.t.Context(), o.session()))
		o.must(o.db.KeepDeepLink(o.t.Context(), o.id(), lti.DeepLinking{}, o.clock.now().Add(time.Hour)))
		o.clock.add(365 * 24 * time.Hour)
		return only(func() error { return o.db.Sweep(o.t.Context()) })
	}},
}

// logged has a log with a checkpoint.
func (o *office) logged() {
	o.active("site")
	_, err := o.db.AppendLog(o.t.Context())
	o.must(err)
}

// officeActs are what administrators do.
var officeActs = []act{
	{method: "LogAct", prepare: func(o *office) func() (any, error) {
		return only(func() error {
			return o.db.LogAct(o.t.Context(), store.AdminEntry{InstitutionID: o.institution, Action: "report.view", Object: "all"})
		})
	}},
	{method: "Witnessed", prepare: func(o *office) func() (any, error) {
		o.logged()
		_, _, err := o.db.TakeWitness(o.t.Context(), "file")
		o.must(err)
		return only(func() error { return o.db.Witnessed(o.t.Context(), "file", 1) })
	}},
	{method: "WitnessFailed", prepare: func(o *office) func() (any, error) {
		o.logged()
		_, _, err := o.db.TakeWitness(o.t.Context(), "file")
		o.must(err)
		return only(func() error { return o.db.WitnessFailed(o.t.Context(), "file", "full") })
	}},
	{method: "Erase", prepare: func(o *office) func() (any, error) {
		v := o.active("site")
		o.answer(o.event(o.people[0], v, policy.Accepted))
		d := store.Decision{ID: "17", Reason: "left", Admin: o.admin}
		return func() (any, error) { return o.db.Erase(o.t.Context(), d, []int64{o.people[0].ID, o.people[1].ID}) }
	}},
	{method: "CreatePolicy", prepare: func(o *office) func() (any, error) {
		return func() (any, error) {
			p, v, err := o.db.CreatePolicy(o.t.Context(), o.admin, "site", named(policy.Agree, "Site", "1"), []string{o.platform.ID})
			return []int64{p, v}, err
		}
	}},
	{method: "NewDraft", prepare: func(o *office) func() (any, error) {
		v := o.active("site")
		return func() (any, error) { return o.db.NewDraft(o.t.Context(), o.admin, v) }
	}},
	{method: "RestoreAsDraft", prepare: func(o *office) func() (any, error) {
		v := o.active("site")
		o.must(o.db.Inactivate(o.t.Context(), o.admin, v.ID))
		return func() (any, error) { return o.db.RestoreAsDraft(o.t.Context(), o.admin, v.ID) }
	}},
	{method: "SaveDraft", prepare: func(o *office) func() (any, error) {
		v := o.create("site", named(policy.Agree, "Site", "1"))
		v.Texts[0].Content = "<p>another</p>"
		return func() (any, error) { return o.db.SaveDraft(o.t.Context(), o.admin, v, []string{o.platform.ID}) }
	}},
	{method: "DeleteDraft", prepare: func(o *office) func() (any, error) {
		v := o.create("site", named(policy.Agree, "Site", "1"))
		return only(func() error { return o.db.DeleteDraft(o.t.Context(), o.admin, v.ID) })
	}},
	{method: "Publish", prepare: func(o *office) func() (any, error) {
		v, why := o.newDraft(o.active("site")), "the law changed"
		return only(func() error {
			return o.db.Publish(o.t.Context(), o.admin, store.Publication{VersionID: v.ID, Edit: v.Edit, Note: &why})
		})
	}},
	{method: "Publish", when: "elsewhere", prepare: func(o *office) func() (any, error) {
		v := o.newDraft(o.active("site"))
		v.Courses = true
		v = o.chosen(v)
		return only(func() error {
			return o.db.Publish(o.t.Context(), o.admin, store.Publication{VersionID: v.ID, Edit: v.Edit})
		})
	}},
	{method: "Publish", when: "later", prepare: func(o *office) func() (any, error) {
		p := o.later(o.active("site"))
		return only(func() error { return o.db.Publish(o.t.Context(), o.admin, p) })
	}},
	{method: "Unschedule", prepare: func(o *office) func() (any, error) {
		v := o.active("site")
		p := o.later(v)
		o.must(o.db.Publish(o.t.Context(), o.admin, p))
		return only(func() error { return o.db.Unschedule(o.t.Context(), o.admin, p.VersionID) })
	}},
	{method: "ActivateDue", prepare: func(o *office) func() (any, error) {
		for _, slug := range []string{"one", "two"} {
			p := o.later(o.active(slug))
			v := o.chosen(o.version(p.VersionID))
			p.Edit = v.Edit
			o.must(o.db.Publish(o.t.Context(), o.admin, p))
		}
		o.clock.add(2 * time.Hour)
		return func() (any, error) { return o.db.ActivateDue(o.t.Context()) }
	}},
	{method: "SetBusy", prepare: func(o *office) func() (any, error) {
		return only(func() error { return o.db.SetBusy(o.t.Context(), o.admin, "2027-01-18 2027-02-05 Winter exams") })
	}},
	{method: "ActivateDue", when: "announces and enforces", prepare: func(o *office) func() (any, error) {
		p := o.later(o.active("one"))
		p.Announce, p.At, p.Enforce = o.clock.now().Add(time.Minute), o.clock.now().Add(time.Hour), o.clock.now().Add(3*time.Hour)
		o.must(o.db.Publish(o.t.Context(), o.admin, p))
		o.must(o.calendarOf(o.create("two", named(policy.Agree, "two", "1")), false, time.Time{}, time.Time{}, o.clock.now().Add(time.Minute)))
		o.clock.add(2 * time.Hour)
		return func() (any, error) { return o.db.ActivateDue(o.t.Context()) }
	}},
	{method: "Unschedule", when: "what was announced", prepare: func(o *office) func() (any, error) {
		p := o.later(o.active("site"))
		p.Announce = o.clock.now()
		o.must(o.db.Publish(o.t.Context(), o.admin, p))
		return only(func() error { return o.db.Unschedule(o.t.Context(), o.admin, p.VersionID) })
	}},
	{method: "Inactivate", prepare: func(o *office) func() (any, error) {
		v := o.active("site")
		return only(func() error { return o.db.Inactivate(o.t.Context(), o.admin, v.ID) })
	}},
	{method: "Move", when: "up", prepare: func(o *office) func() (any, error) {
		o.active("one")
		v := o.active("two")
		return only(func() error { return o.db.Move(o.t.Context(), o.admin, v.PolicyID, true) })
	}},
	{method: "Move", when: "down", prepare: func(o *office) func() (any, error) {
		v := o.active("one")
		o.active("two")
		return only(func() error { return o.db.Move(o.t.Context(), o.admin, v.PolicyID, false) })
	}},
	{method: "Grant", prepare: func(o *office) func() (any, error) {
		return only(func() error {
			return o.db.Grant(o.t.Context(), o.admin, o.platform.ID, o.people[0].ID, store.PowerReport)
		})
	}},
	{method: "Revoke", prepare: func(o *office) func() (any, error) {
		o.must(o.db.Grant(o.t.Context(), o.admin, o.platform.ID, o.people[0].ID, store.PowerReport))
		return only(func() error {
			return o.db.Revoke(o.t.Context(), o.admin, o.platform.ID, o.people[0].ID, store.PowerReport)
		})
	}},
	{method: "AddImages", prepare: func(o *office) func() (any, error) {
		images := []policy.Image{grey(o.t, 1), grey(o.t, 2)}
		return only(func() error { return o.db.AddImages(o.t.Context(), o.admin, images) })
	}},
	{method: "KeepTyping", when: "first", prepare: func(o *office) func() (any, error) {
		v := o.create("site", named(policy.Agree, "Site", "1"))
		return only(func() error { return o.db.KeepTyping(o.t.Context(), o.admin, typed(v, "p1", "x"), "") })
	}},
	{method: "KeepTyping", when: "again", prepare: func(o *office) func() (any, error) {
		v := o.create("site", named(policy.Agree, "Site", "1"))
		o.must(o.db.KeepTyping(o.t.Context(), o.admin, typed(v, "p1", "x"), ""))
		return only(func() error { return o.db.KeepTyping(o.t.Context(), o.admin, typed(v, "p2", "xy"), "p1") })
	}},
	{method: "ForgetTyping", prepare: func(o *office) func() (any, error) {
		v := o.create("site", named(policy.Agree, "Site", "1"))
		o.must(o.db.KeepTyping(o.t.Context(), o.admin, typed(v, "p1", "x"), ""))
		return only(func() error { return o.db.ForgetTyping(o.t.Context(), o.admin, v.ID) })
	}},
	{method: "AnswerFor", prepare: func(o *office) func() (any, error) {
		v := o.active("site") // the first has answered
		b := store.Behalf{
			Platform: o.platform, VersionIDs: []int64{v.ID}, Answer: policy.Accepted, ActorID: o.people[3].ID, ActorSub: o.people[3].Sub,
			UserIDs: []int64{o.people[0].ID, o.people[1].ID, o.people[2].ID}, UILang: "ro", Presentation: "page",
		}
		return func() (any, error) { return o.db.AnswerFor(o.t.Context(), o.admin, b) }
	}},
}

// later is a draft after v, to begin in an hour.
func (o *office) later(v policy.Version) store.Publication {
	o.t.Helper()
	next := o.newDraft(v)
	return store.Publication{VersionID: next.ID, Edit: next.Edit, At: o.clock.now().Add(time.Hour)}
}

// readerActs are what people do who come from their platform.
var readerActs = []act{
	{method: "Admit", when: "for the first time", prepare: func(o *office) func() (any, error) {
		m := graded("new", "7")
		return func() (any, error) { return o.db.Admit(o.t.Context(), m, o.platform) }
	}},
	{method: "Admit", when: "again", prepare: func(o *office) func() (any, error) {
		m := message("u1", "once")
		return func() (any, error) { return o.db.Admit(o.t.Context(), m, o.platform) }
	}},
	{method: "CreateSession", prepare: func(o *office) func() (any, error) {
		ses := o.session()
		return only(func() error { return o.db.CreateSession(o.t.Context(), ses) })
	}},
	{method: "SetSessionLanguage", prepare: func(o *office) func() (any, error) {
		ses := o.session()
		o.must(o.db.CreateSession(o.t.Context(), ses))
		return only(func() error { return o.db.SetSessionLanguage(o.t.Context(), ses.ID, "bg") })
	}},
	{method: "EndSession", prepare: func(o *office) func() (any, error) {
		ses := o.session()
		o.must(o.db.CreateSession(o.t.Context(), ses))
		return only(func() error { return o.db.EndSession(o.t.Context(), ses.ID) })
	}},
	{method: "AddDoorLaunch", prepare: func(o *office) func() (any, error) {
		l := store.DoorLaunch{SessionID: o.id(), Nonce: "n", Expires: o.clock.now().Add(time.Hour)}
		return only(func() error { return o.db.AddDoorLaunch(o.t.Context(), l) })
	}},
	{method: "KeepDeepLink", prepare: func(o *office) func() (any, error) {
		id := o.id()
		return only(func() error {
			return o.db.KeepDeepLink(o.t.Context(), id, lti.DeepLinking{Data: "x"}, o.clock.now().Add(time.Hour))
		})
	}},
	{method: "UseDeepLink", prepare: func(o *office) func() (any, error) {
		id := o.id()
		o.must(o.db.KeepDeepLink(o.t.Context(), id, lti.DeepLinking{Data: "x"}, o.clock.now().Add(time.Hour)))
		return func() (any, error) { return o.db.UseDeepLink(o.t.Context(), id) }
	}},
	{method: "Answer", prepare: func(o *office) func() (any, error) {
		a, b := o.active("one"), o.active("two")
		u := o.admit(graded("new", "7"))
		form := []policy.Event{o.event(u, a, policy.Accepted), o.event(u, b, policy.Accepted)}
		return func() (any, error) { return o.db.Answer(o.t.Context(), form) }
	}},
	{method: "Answer", when: "taken back", prepare: func(o *office) func() (any, error) {
		v := o.active("site")
		form := []policy.Event{o.event(o.people[0], v, policy.Withdrawn)}
		return func() (any, error) { return o.db.Answer(o.t.Context(), form) }
	}},
}

// door is a platform's login door that is owed a notice.
func (o *office) door() store.Door {
	o.t.Helper()
	o.must(o.db.SetDoor(o.t.Context(), o.platform.ID, doorURL))
	d, err := o.db.Door(o.t.Context(), o.platform.ID)
	o.must(err)
	return d
}

// scored makes two learners whose scores are owed.
func (o *office) scored() *office {
	o.t.Helper()
	v := o.active("site")
	for _, sub := range []string{"u1", "u2"} {
		o.answer(o.event(o.admit(graded(sub, "7")), v, policy.Accepted))
	}
	return o
}

// moodleActs are what an import does.
var moodleActs = []act{
	{method: "ImportMoodlePolicy", when: "new", prepare: func(o *office) func() (any, error) {
		p := o.fromMoodle()
		return func() (any, error) { return o.db.ImportMoodlePolicy(o.t.Context(), o.platform, p, false) }
	}},
	{method: "ImportMoodlePolicy", when: "with a new version", prepare: func(o *office) func() (any, error) {
		p := o.fromMoodle()
		_, err := o.db.ImportMoodlePolicy(o.t.Context(), o.platform, p, false)
		o.must(err)
		p.Versions = append(p.Versions, store.MoodleVersion{ID: 12, Version: named(policy.Agree, "Moodle", "2"), Name: "Moodle"})
		p.Current = 12
		return func() (any, error) { return o.db.ImportMoodlePolicy(o.t.Context(), o.platform, p, false) }
	}},
	{method: "ImportMoodleUsers", prepare: func(o *office) func() (any, error) {
		us := []store.User{{Sub: "u1", IDNumber: "17"}, {Sub: "m1", Name: "Ana"}, {Sub: "m2", Name: "Ion"}}
		return func() (any, error) { return o.db.ImportMoodleUsers(o.t.Context(), o.platform.ID, us, false) }
	}},
	{method: "ImportMoodleAnswers", prepare: func(o *office) func() (any, error) {
		v := o.active("site")
		var as []store.MoodleAnswer
		for i, u := range o.people {
			as = append(as, store.MoodleAnswer{
				ID: int64(i + 1), VersionID: v.ID, UserID: u.ID, Sub: u.Sub, Accepted: i%2 == 1, Lang: "ro", Tag: "ro",
				Created: o.clock.now().Add(time.Hour), Modified: o.clock.now().Add(time.Hour),
			})
		}
		return func() (any, error) { return o.db.ImportMoodleAnswers(o.t.Context(), o.platform, as, false) }
	}},
	{method: "FinishMoodleImport", prepare: func(o *office) func() (any, error) {
		v := o.active("site")
		n, err := o.db.ImportMoodleAnswers(o.t.Context(), o.platform, []store.MoodleAnswer{imported(1, o.people[1], v, true, o.clock.now())}, false)
		o.must(err)
		return only(func() error { return o.db.FinishMoodleImport(o.t.Context(), o.platform, n) })
	}},
}

func (o *office) fromMoodle() store.MoodlePolicy {
	return store.MoodlePolicy{
		ID: 1, Slug: "moodle", SortOrder: 10, Current: 11,
		Versions: []store.MoodleVersion{{ID: 11, Version: named(policy.Agree, "Moodle", "1"), Name: "Moodle"}},
	}
}
