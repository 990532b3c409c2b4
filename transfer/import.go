package transfer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/transfer/toolpolicy"
)

// importBatch is how many people or answers one transaction takes.
const importBatch = 250

// Takeover is whose tool_policy is taken over, and how.
type Takeover struct {
	Store    *store.DB
	Platform lti.Platform
	Lang     string    // of texts that do not tell theirs
	DryRun   bool      // only say what would be done
	Out      io.Writer // is told what was done
}

// Import takes a Moodle site's tool_policy over: people, policies with all their versions, answers. It can be run
// again at any time: what is here stays. A policy that is refused because a version waits for its day does not hold up
// the others, and is an error at the end.
func Import(ctx context.Context, t Takeover, src toolpolicy.Source) error {
	m := migration{Takeover: t, people: map[int64]int64{}, versions: map[int64]int64{}, converted: map[int64]toolpolicy.Converted{}, refused: map[int64]bool{}}
	return m.run(ctx, src)
}

// migration is an import under way.
type migration struct {
	Takeover
	people   map[int64]int64 // ours by Moodle's user id
	versions map[int64]int64 // ours by Moodle's version id; 0 in a dry run
	// converted are what the versions become, by Moodle's id.
	converted map[int64]toolpolicy.Converted
	refused   map[int64]bool // Moodle's version ids of policies that are left as they are
	held      int            // how many policies these are
}

func (m *migration) run(ctx context.Context, src toolpolicy.Source) error {
	policies, versions, err := src.Policies(ctx)
	if err != nil {
		return err
	}
	if len(policies) == 0 {
		return errors.New("nothing to take over: this Moodle has no policies")
	}
	if err := m.check(ctx, src, policies, versions); err != nil {
		return err
	}
	if m.DryRun {
		fmt.Fprintln(m.Out, "dry run: nothing is written")
	}
	if err := m.takePeople(ctx, src, versions); err != nil {
		return err
	}
	slices.SortFunc(policies, func(a, b toolpolicy.Policy) int { return cmp.Or(a.SortOrder-b.SortOrder, cmp.Compare(a.ID, b.ID)) })
	for _, p := range policies {
		if err := m.takePolicy(ctx, p, versions); err != nil {
			return err
		}
	}
	if err := m.takeAnswers(ctx, src); err != nil {
		return err
	}
	if m.held > 0 {
		return fmt.Errorf("%d of %d policies were refused; after their versions were taken back, import again", m.held, len(policies))
	}
	return nil
}

// check reads everything to its end before anything is written: a dump that breaks off, and a version that cannot be
// stored, leave nothing behind.
func (m *migration) check(ctx context.Context, src toolpolicy.Source, policies []toolpolicy.Policy, versions []toolpolicy.Version) error {
	for _, v := range versions {
		if !slices.ContainsFunc(policies, func(p toolpolicy.Policy) bool { return p.ID == v.PolicyID }) {
			continue
		}
		c, err := toolpolicy.Convert(ctx, v, m.Lang)
		if err != nil {
			return err
		}
		if err := store.CheckVersion("moodle", c.Version); err != nil {
			return fmt.Errorf("version %d %q of Moodle: %w", v.ID, v.Revision, err)
		}
		m.converted[v.ID] = c
	}
	if err := src.People(ctx, func(toolpolicy.Person) error { return nil }); err != nil {
		return err
	}
	return src.Acceptances(ctx, func(toolpolicy.Acceptance) error { return nil })
}

// takePeople adds everybody in the list of users, whoever answered or acted beside, and authors.
func (m *migration) takePeople(ctx context.Context, src toolpolicy.Source, versions []toolpolicy.Version) error {
	var batch []store.User
	added, known := 0, 0
	flush := func() error {
		ids, err := m.Store.ImportMoodleUsers(ctx, m.Platform.ID, batch, true)
		if err != nil {
			return err
		}
		known += len(ids)
		added += len(batch) - len(ids)
		if !m.DryRun {
			if ids, err = m.Store.ImportMoodleUsers(ctx, m.Platform.ID, batch, false); err != nil {
				return err
			}
		}
		for _, u := range batch {
			id, err := strconv.ParseInt(u.Sub, 10, 64)
			if err != nil {
				return err
			}
			m.people[id] = ids[u.Sub]
		}
		batch = nil
		return nil
	}
	add := func(id int64, u store.User) error {
		if _, ok := m.people[id]; ok || id <= 0 {
			return nil
		}
		u.Sub = strconv.FormatInt(id, 10)
		m.people[id] = 0
		if batch = append(batch, u); len(batch) < importBatch {
			return nil
		}
		return flush()
	}
	guests := map[int64]bool{}
	err := src.People(ctx, func(p toolpolicy.Person) error {
		if p.Guest {
			guests[p.ID] = true
			return nil
		}
		u := store.User{
			Name: p.Name(), GivenName: p.FirstName, FamilyName: p.LastName, Email: p.Email,
			Username: p.Username, IDNumber: p.IDNumber, Lang: p.Lang,
		}
		if p.Service {
			u.Class = "service"
		}
		return add(p.ID, u)
	})
	if err != nil {
		return err
	}
	for _, v := range versions {
		if err := add(v.UserModified, store.User{}); err != nil {
			return err
		}
	}
	err = src.Acceptances(ctx, func(a toolpolicy.Acceptance) error {
		return errors.Join(add(a.UserID, store.User{}), add(a.UserModified, store.User{}))
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(m.Out, "people: %d added, %d were here, %d guests left out\n", added, known, len(guests))
	return nil
}

func (m *migration) takePolicy(ctx context.Context, p toolpolicy.Policy, versions []toolpolicy.Version) error {
	mp := store.MoodlePolicy{ID: p.ID, Slug: fmt.Sprintf("moodle-%d", p.ID), SortOrder: p.SortOrder, Current: p.Current}
	var notes []string
	for _, v := range versions {
		if v.PolicyID != p.ID {
			continue
		}
		c := m.converted[v.ID]
		c.Version.UserModified = m.people[v.UserModified]
		mp.Versions = append(mp.Versions, store.MoodleVersion{
			ID: v.ID, Version: c.Version, Name: v.Name, Summary: v.Summary, Content: v.Content,
			SummaryFormat: v.SummaryFormat, ContentFormat: v.ContentFormat,
		})
		notes = append(notes, remarks(v, c)...)
	}
	if len(mp.Versions) == 0 {
		fmt.Fprintf(m.Out, "policy %d: left out, it has no version\n", p.ID)
		return nil
	}
	slices.SortFunc(mp.Versions, func(a, b store.MoodleVersion) int { return cmp.Compare(a.ID, b.ID) })
	done, err := m.Store.ImportMoodlePolicy(ctx, m.Platform, mp, m.DryRun)
	if w, ok := errors.AsType[*store.Waiting](err); ok {
		m.held++
		for _, v := range mp.Versions {
			m.refused[v.ID] = true
		}
		fmt.Fprintf(m.Out, "policy %d %q: refused, %s\n", p.ID, mp.Versions[len(mp.Versions)-1].Name, waits(w))
		return nil
	}
	if err != nil {
		return err
	}
	maps.Copy(m.versions, done.Versions)
	fmt.Fprintf(m.Out, "policy %d %q: %d of %d versions added", p.ID, mp.Versions[len(mp.Versions)-1].Name, len(done.Added), len(mp.Versions))
	if done.Activated != 0 {
		fmt.Fprintf(m.Out, ", version %d is active", done.Activated)
	}
	fmt.Fprintln(m.Out)
	if done.Left != 0 {
		fmt.Fprintf(m.Out, "  version %d is active in Moodle but not here, where the policy was changed since\n", done.Left)
	}
	for _, id := range done.Changed {
		fmt.Fprintf(m.Out, "  version %d has another text in Moodle since it was taken over; here it stays\n", id)
	}
	for _, n := range notes {
		fmt.Fprintln(m.Out, "  "+n)
	}
	return nil
}

// remarks say what an administrator should know about a converted version.
func remarks(v toolpolicy.Version, c toolpolicy.Converted) []string {
	var notes []string
	var tags []string
	for _, t := range c.Version.Texts {
		tags = append(tags, t.Lang)
	}
	how := "as its text says"
	switch {
	case c.Guessed:
		how = "taken from its words"
	case c.Unknown:
		how = "not told by the text: -lang"
	}
	notes = append(notes, fmt.Sprintf("version %d %q: kind %s, language %s (%s)", v.ID, v.Revision, c.Version.Kind, strings.Join(tags, ", "), how))
	if n := len(policy.ImagesIn(c.Version.Texts...)); n > 0 {
		notes = append(notes, fmt.Sprintf("version %d: %d images of its texts come along", v.ID, n))
	}
	for _, name := range c.Files {
		notes = append(notes, fmt.Sprintf("version %d: the file %q stays in Moodle; put it back in the editor", v.ID, name))
	}
	for _, part := range slices.Sorted(maps.Keys(c.Findings)) {
		for _, odd := range c.Findings[part] {
			at := part
			if odd.Line > 0 { // HTML tells none
				at += fmt.Sprintf(", line %d", odd.Line)
			}
			notes = append(notes, fmt.Sprintf("version %d, %s: %s %s (%d)", v.ID, at, odd.Code, odd.Detail, odd.Count))
		}
	}
	return notes
}

func (m *migration) takeAnswers(ctx context.Context, src toolpolicy.Source) error {
	var batch []store.MoodleAnswer
	var n store.MoodleAnswers
	open, lost, pending, refused := 0, 0, 0, 0
	flush := func() error {
		done, err := m.Store.ImportMoodleAnswers(ctx, m.Platform, batch, m.DryRun)
		n.Add(done)
		batch = nil
		return err
	}
	err := src.Acceptances(ctx, func(a toolpolicy.Acceptance) error {
		version, ok := m.versions[a.VersionID]
		switch {
		case a.Status == nil:
			open++
			return nil
		case m.refused[a.VersionID]:
			refused++
			return nil
		case !ok:
			lost++
			return nil
		case version == 0: // a dry run, and the version is new
			pending++
			return nil
		}
		batch = append(batch, m.answer(a, version))
		if len(batch) < importBatch {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	if err == nil && !m.DryRun {
		err = m.Store.FinishMoodleImport(ctx, m.Platform, n)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(m.Out, "answers: %d taken over, %d were here, %d left because the person answered here later\n", n.Recorded+pending, n.Known, n.Newer)
	if refused > 0 {
		fmt.Fprintf(m.Out, "left for the next import: %d answers to policies that were refused\n", refused)
	}
	if open+lost > 0 {
		fmt.Fprintf(m.Out, "left out: %d rows without an answer, %d of versions that are not there\n", open, lost)
	}
	return nil
}

func (m *migration) answer(a toolpolicy.Acceptance, version int64) store.MoodleAnswer {
	out := store.MoodleAnswer{
		ID: a.ID, VersionID: version, UserID: m.people[a.UserID], Sub: strconv.FormatInt(a.UserID, 10),
		ActorID: m.people[a.UserModified], Accepted: *a.Status == 1, Lang: a.Lang, Tag: toolpolicy.Tag(a.Lang),
		Created: time.Unix(a.TimeCreated, 0).UTC(), Modified: time.Unix(a.TimeModified, 0).UTC(),
	}
	if a.UserModified > 0 {
		out.ActorSub = strconv.FormatInt(a.UserModified, 10)
	}
	if a.Note != nil {
		out.Note = *a.Note
	}
	return out
}
