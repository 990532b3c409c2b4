package policy

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Choice is what a submitted form says about one version.
type Choice struct {
	VersionID int64
	Answer    Answer // Accepted, Declined or Withdrawn
	Lang      string // language of the text that the form stood under; empty: the primary one
	Digest    string // Text.Digest that the form carried; empty: not checked here
	Statement string // exact wording beside the control
	Button    string // exact wording of the button that was pressed
	Note      string
}

// Decide turns a choice for a version into the event to record, without id, time, who and where from, which
// are the caller's to fill in. latest is the person's answer that counts now, see [Latest].
//
// It refuses: any answer of a guest (ErrForbidden), to a version that asks nothing or not yet (ErrInvalid),
// of somebody outside the audience (ErrForbidden); accepting or declining a version that is neither active nor
// announced, or a text other than the one that was shown (ErrConflict: show it again); declining a compulsory
// version (ErrInvalid); withdrawing what does not stand accepted (ErrConflict) or what is not the viewer's
// to withdraw (ErrForbidden). Declining what stands accepted is a withdrawal and becomes one, unless it has ended; accepting
// what stands accepted for a time that is over, or about to be, is a renewal and becomes one.
func Decide(v Version, c Choice, w Viewer, latest *Given) (Event, error) {
	if c.VersionID != v.ID {
		return Event{}, E(ErrInvalid, "answer.not_asked").Because(fmt.Errorf("choice for version %d, asked %d", c.VersionID, v.ID))
	}
	text, ok := v.In(c.Lang)
	if !ok {
		return Event{}, E(ErrInvalid, "answer.language").Because(fmt.Errorf("version %d has no text in %q", v.ID, c.Lang))
	}
	answer, err := settle(v, c.Answer, w, latest)
	if err != nil {
		return Event{}, err
	}
	digest := text.Digest()
	if c.Digest != "" && c.Digest != digest && answer != Withdrawn {
		return Event{}, E(ErrConflict, "answer.version_replaced", v.ID)
	}
	e := Event{
		PolicyID: v.PolicyID, VersionID: v.ID, MaterialID: v.material(),
		PolicyName: text.Name, Revision: v.Revision, Kind: v.Kind,
		Lang: text.Lang, Digest: digest, Statement: c.Statement, Button: c.Button,
		Answer: answer, Note: c.Note,
	}
	if answer == Accepted || answer == Renewed {
		e.Standing = 1
	}
	return e, nil
}

func settle(v Version, a Answer, w Viewer, latest *Given) (Answer, error) {
	asked := v.asked(latest)
	switch a {
	case Accepted:
		if asked.Expired(w.Now) || asked.Renewable(w) {
			a = Renewed
		}
		return a, mayAnswer(v, w)
	case Declined:
		if err := mayAnswer(v, w); err != nil {
			return a, err
		}
		if !v.Optional() {
			return a, E(ErrInvalid, "answer.compulsory")
		}
		if latest != nil && latest.Accepted && !asked.Expired(w.Now) {
			return Withdrawn, nil
		}
		return a, nil
	case Withdrawn:
		switch {
		case w.Guest:
			return a, E(ErrForbidden, "answer.guest")
		case latest == nil || !latest.Accepted:
			return a, E(ErrConflict, "answer.nothing_to_withdraw")
		case !CanWithdraw(v, w, latest):
			return a, E(ErrForbidden, "answer.not_withdrawable")
		}
		return a, nil
	default:
		return a, E(ErrInvalid, "answer.unknown").Because(fmt.Errorf("answer %q", a))
	}
}

// In is the version's text in exactly the language; the primary one for the empty string. It reports false
// if there is none.
func (v Version) In(lang string) (Text, bool) {
	if lang == "" && len(v.Texts) > 0 {
		return v.Texts[0], true
	}
	for _, t := range v.Texts {
		if t.Lang == lang {
			return t, true
		}
	}
	return Text{}, false
}

func (v Version) material() int64 { return cmp.Or(v.MaterialID, v.ID) }

// RevisionLabels names the versions of one policy for people, by version id, as Moodle does when it reads
// them: an empty revision becomes the date of creation, and of equal labels each gets " - v1", " - v2" and so
// on from the oldest. date writes a time in the reader's form.
func RevisionLabels(versions []Version, date func(time.Time) string) map[int64]string {
	sorted := slices.Clone(versions)
	slices.SortStableFunc(sorted, func(a, b Version) int {
		return cmp.Or(a.TimeCreated.Compare(b.TimeCreated), cmp.Compare(a.ID, b.ID))
	})
	label := func(v Version) string {
		if v.Revision == "" {
			return date(v.TimeCreated)
		}
		return v.Revision
	}
	count := map[string]int{}
	for _, v := range sorted {
		count[label(v)]++
	}
	labels, seen := make(map[int64]string, len(sorted)), map[string]int{}
	for _, v := range sorted {
		l := label(v)
		labels[v.ID] = l
		if count[l] > 1 {
			seen[l]++
			labels[v.ID] = fmt.Sprintf("%s - v%d", l, seen[l])
		}
	}
	return labels
}
