package policy

import "time"

// Act is something that was done to policies, sites, keys and the like, or a look at what not everybody may see, as
// evidence. Who acted is not hashed, and neither are Object and Detail where the act is about a person: commitments to
// them are, each under a key of its own, so that they can be taken away and the act still has its hash.
type Act struct {
	ID       string // UUIDv7
	Shard    int    // see [Event]
	Number   int64
	Recorded time.Time

	InstitutionID string
	Action        string
	Actor         string // not hashed
	// What was acted on, and what was done. Not hashed if the act is about a person.
	Object, Detail string

	ActorMark Commitment  // to the actor
	AboutMark *Commitment // to object and detail; nil: the act is about nobody
}

// Commit fills in the commitments; about is nil for an act about nobody.
func (a *Act) Commit(actor EntryKey, about *EntryKey) {
	a.ActorMark = actor.commit(roleActor, a.Actor)
	a.AboutMark = nil
	if about != nil {
		mark := about.commit(roleAbout, a.Object, a.Detail)
		a.AboutMark = &mark
	}
}

// Sum is the SHA-256, in lower-case hexadecimal, over the canonical encoding, which docs/evidence.md writes down.
func (a Act) Sum() string {
	object, detail, about := a.Object, a.Detail, ""
	if a.AboutMark != nil {
		object, detail, about = "", "", string(a.AboutMark[:])
	}
	return entry{a.Shard, a.Number, a.Recorded, a.ID}.sum("ltipolicy act 2\n",
		a.InstitutionID, a.Action, string(a.ActorMark[:]), object, detail, about)
}
