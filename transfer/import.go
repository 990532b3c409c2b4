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
	Langs    Langs
	Meant    Meant     // by Moodle's ids
	DryRun   bool      // only say what would be done
	Out      io.Writer // is told what was done
}

// Import takes a Moodle site's tool_policy over: people, policies with all their versions, answers. It can be run
// again at any time: what is here stays. A policy that is refused because a version waits for its day does not hold up
// the others, and is an error at the end.
func Import(ctx context.Context, t Takeover, src toolpolicy.Source) error {
	m := migration{
		Takeover: t, people: map[int64]int64{}, versions: map[int64]int64{}, refused: map[int64]bool{},
		texts: map[int64]toolpolicy.Converted{}, shown: map[shownKey]string{},
	}
	return m.run(ctx, src)
}

// migration is an import under way.
type migration struct {
	Takeover
	people   map[int64]int64                // ours by Moodle's user id
	versions map[int64]int64                // ours by Moodle's version id; 0 in a dry run
	refused  map[int64]bool                 // Moodle's version ids of policies that are left as they are
	held     int                            // how many policies these are
	texts    map[int64]toolpolicy.Converted // by Moodle's version id
	shown    map[shownKey]string
}

// shownKey is a version and a language as Moodle has them.
type shownKey struct {
	version int64
	code    string
}

func (m *migration) run(ctx context.Context, src toolpolicy.Source) error {
	policies, versions, err := src.Policies(ctx)
	if err != nil {
		return err
	}
	if len(policies) == 0 {
		return errors.New("nothing to take over: this Moodle has no policies")
	}
	for _, id := range slices.Sorted(maps.Keys(m.Langs.Policies)) {
		if !slices.ContainsFunc(policies, func(p toolpolicy.Policy) bool { return p.ID == id }) {
			return fmt.Errorf("-lang %d=%s: there is no policy %d in Moodle; -dry-run lists them with their numbers", id, m.Langs.Policies[id], id)
		}
	}
	if err := m.check(ctx, src, policies, versions); err != nil {
		return err
	}
	var ids []string
	for _, p := range policies {
		ids = append(ids, strconv.FormatInt(p.ID, 10))
	}
	if err := m.Meant.among(ids, "Moodle"); err != nil {
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
		return fmt.Errorf("%d of %d policies were refused; do what stands beside each of them, then import again", m.held, len(policies))
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
		c, err := toolpolicy.Convert(ctx, v, toolpolicy.Said{Policy: m.Langs.Policies[v.PolicyID], Site: m.Langs.All})
		if err != nil {
			return err
		}
		if err := store.CheckVersion("moodle", c.Version); err != nil {
			return fmt.Errorf("version %d %q of Moodle: %w", v.ID, v.Revision, err)
		}
		m.texts[v.ID] = c
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
	asks := map[int64]string{}
	for _, v := range versions {
		if v.PolicyID != p.ID {
			continue
		}
		c := m.texts[v.ID]
		c.Version.UserModified = m.people[v.UserModified]
		mp.Versions = append(mp.Versions, store.MoodleVersion{
			ID: v.ID, Version: c.Version, Name: v.Name, Summary: v.Summary, Content: v.Content,
			SummaryFormat: v.SummaryFormat, ContentFormat: v.ContentFormat,
		})
		switch {
		case c.Ask():
			asks[v.ID] = asking(v, c)
		case !slices.Contains(m.Meant, strconv.FormatInt(p.ID, 10)):
			asks[v.ID] = losing(v, c)
		}
		notes = append(notes, remarks(v, c)...)
	}
	if len(mp.Versions) == 0 {
		fmt.Fprintf(m.Out, "policy %d: left out, it has no version\n", p.ID)
		return nil
	}
	slices.SortFunc(mp.Versions, func(a, b store.MoodleVersion) int { return cmp.Compare(a.ID, b.ID) })
	done, why, err := m.takeVersions(ctx, mp, asks)
	if err != nil {
		return err
	}
	if why != "" {
		m.held++
		for _, v := range mp.Versions {
			m.refused[v.ID] = true
		}
		fmt.Fprintf(m.Out, "policy %d %q: refused, %s\n", p.ID, mp.Versions[len(mp.Versions)-1].Name, why)
		say(m.Out, notes)
		return nil
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
	say(m.Out, notes)
	return nil
}

func say(w io.Writer, notes []string) {
	for _, n := range notes {
		fmt.Fprintln(w, "  "+n)
	}
}

// takeVersions writes a policy, or says why it is refused. asks are the versions of which somebody has to say something
// first, which matters only for those that are not here.
func (m *migration) takeVersions(ctx context.Context, mp store.MoodlePolicy, asks map[int64]string) (done store.MoodleImported, why string, err error) {
	if len(asks) > 0 {
		done, err = m.Store.ImportMoodlePolicy(ctx, m.Platform, mp, true)
		for _, id := range done.Added {
			if asks[id] != "" {
				return done, asks[id], nil
			}
		}
	}
	if err == nil {
		done, err = m.Store.ImportMoodlePolicy(ctx, m.Platform, mp, m.DryRun)
	}
	if w, ok := errors.AsType[*store.Waiting](err); ok {
		return done, waits(w), nil
	}
	return done, "", err
}

// asking says what has to be told of a version.
func asking(v toolpolicy.Version, c toolpolicy.Converted) string {
	if c.Twice != "" {
		return fmt.Sprintf("what version %[1]d shows to whoever has no language of its own seems to be %[2]s, which has another text: "+
			"say its language with -lang %[3]d=CODE; with -lang %[3]d=%[2]s it is left out for the other text", v.ID, c.Twice, v.PolicyID)
	}
	like := "are too few to tell"
	if len(c.Guess.Or) > 0 {
		like = "do not say surely (" + strings.Join(c.Guess.Or, ", ") + "?)"
	}
	if len(c.Guess.Or) == 1 {
		like = "are too few to be sure (" + c.Guess.Or[0] + "?)"
	}
	return fmt.Sprintf("Moodle does not tell the language of version %d, and its words %s: say it with -lang %d=CODE", v.ID, like, v.PolicyID)
}

// how says where the language of a version is from, and what else it could be.
func how(v toolpolicy.Version, c toolpolicy.Converted) string {
	another := fmt.Sprintf("-lang %d=", v.PolicyID)
	switch c.Told {
	case toolpolicy.ToldForPolicy:
		return "as -lang says of this policy"
	case toolpolicy.ToldForSite:
		if g := c.Guess.Tag; g != "" && g != c.Version.Primary().Lang {
			return fmt.Sprintf("as -lang says; its words seem to be %[2]s: if they are, %[1]s%[2]s", another, g)
		}
		return "as -lang says"
	case toolpolicy.ToldByNobody:
		return "nothing tells it"
	case toolpolicy.ToldByWords:
		or := "CODE"
		if len(c.Guess.Or) > 0 {
			or = c.Guess.Or[0]
		}
		return fmt.Sprintf("guessed from its words; %s%s if it is another", another, or)
	default:
		return "as its text says"
	}
}

// remarks say what an administrator should know about a converted version.
func remarks(v toolpolicy.Version, c toolpolicy.Converted) []string {
	var notes []string
	var tags []string
	for _, t := range c.Version.Texts {
		tags = append(tags, t.Lang)
	}
	notes = append(notes, fmt.Sprintf("version %d %q: kind %s, language %s (%s)", v.ID, v.Revision, c.Version.Kind, strings.Join(tags, ", "), how(v, c)))
	if c.Other != "" {
		notes = append(notes, fmt.Sprintf("version %d: what it shows to whoever has no language of its own is the primary text, %s", v.ID, c.Other))
	}
	if c.Twice != "" {
		notes = append(notes, fmt.Sprintf("version %d: what it shows to whoever has no language of its own is left out for its text in %s", v.ID, c.Twice))
	}
	for _, code := range c.Nobody {
		notes = append(notes, fmt.Sprintf("version %d: its text for %q is left out, there is no such language", v.ID, code))
	}
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
			what := odd.Code
			if odd.Loss() {
				what = "loss: " + what
			}
			notes = append(notes, fmt.Sprintf("version %d, %s: %s %s (%d)", v.ID, at, what, odd.Detail, odd.Count))
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

// shownTo is the language of the text that Moodle showed with an answer.
func (m *migration) shownTo(a toolpolicy.Acceptance) string {
	key := shownKey{a.VersionID, a.Lang}
	tag, ok := m.shown[key]
	if !ok {
		tag = m.texts[a.VersionID].Shown(a.Lang)
		m.shown[key] = tag
	}
	return tag
}

func (m *migration) answer(a toolpolicy.Acceptance, version int64) store.MoodleAnswer {
	out := store.MoodleAnswer{
		ID: a.ID, VersionID: version, UserID: m.people[a.UserID], Sub: strconv.FormatInt(a.UserID, 10),
		ActorID: m.people[a.UserModified], Accepted: *a.Status == 1, Lang: a.Lang, Tag: toolpolicy.Tag(a.Lang), Shown: m.shownTo(a),
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
