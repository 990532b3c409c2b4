package policy

import "time"

// Calendar is when a version that is about to be published is announced, in force and enforced.
type Calendar struct {
	Announce time.Time // shown to everybody before it is in force; zero: not before
	Begin    time.Time // in force; zero: at once
	Enforce  time.Time // until when an answer may be put off; zero: not at all
}

// Check is ErrInvalid, with the message of what is wrong, for a calendar that contradicts itself: of a version of a kind,
// published at a time, as a minor change or not.
func (c Calendar) Check(k Kind, minor bool, now time.Time) error {
	begin := c.Begin
	if begin.IsZero() {
		begin = now
	}
	switch {
	case !c.Begin.IsZero() && !c.Begin.After(now):
		return E(ErrInvalid, "calendar.past")
	case !c.Announce.IsZero() && c.Begin.IsZero():
		return E(ErrInvalid, "calendar.announce_now")
	case !c.Announce.IsZero() && !c.Announce.Before(c.Begin):
		return E(ErrInvalid, "calendar.announce_late")
	case c.Enforce.IsZero():
		return nil
	case minor:
		return E(ErrInvalid, "calendar.enforce_minor")
	case !k.Compulsory():
		return E(ErrInvalid, "calendar.enforce_free")
	case !c.Enforce.After(begin):
		return E(ErrInvalid, "calendar.enforce_early")
	}
	return nil
}

// Answerable reports whether the version can be answered: it is in force, or announced and not only a minor change of
// what is in force, which asks nobody anything.
func (v Version) Answerable() bool {
	return v.Status() == Active || v.Announced && v.material() == v.ID
}

// Retracted reports whether the version was announced and taken back before it came into force.
func (v Version) Retracted() bool {
	return v.Status() == Archived && v.ActiveFrom.IsZero() && !v.AnnouncedFrom.IsZero()
}
