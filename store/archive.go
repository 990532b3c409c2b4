package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"ltipolicy/lti"
	"ltipolicy/policy"
)

// Archive is the past and present of policies as a platform shows them to anybody, without the texts.
type Archive struct {
	Site          string // the platform's name
	Status        lti.Status
	InstitutionID string
	Policies      []ArchivedPolicy // in their order
	// Mark is another one whenever anything here is something else, or a text is: what was published never changes.
	Mark string
}

// ArchivedPolicy is a policy that is shown on a platform, or was.
type ArchivedPolicy struct {
	ID   int64
	Slug string
	// Periods are the versions that are or were in force, each with its name alone, the earliest first.
	Periods []policy.Period
	// Beside are those that anybody can read, too: what was announced and taken back, from then until then, and last what
	// is announced, from the day on which it comes into force. There is always a version in one of the two.
	Beside []policy.Period
	// Digests are those of the versions' own texts, by version.
	Digests map[int64]string
}

// InForce is the version that is in force; false if none is any more.
func (p ArchivedPolicy) InForce() (policy.Period, bool) {
	if len(p.Periods) == 0 {
		return policy.Period{}, false
	}
	last := p.Periods[len(p.Periods)-1]
	return last, last.Current
}

// Announced is the version that is announced; false if none is.
func (p ArchivedPolicy) Announced() (policy.Period, bool) {
	if len(p.Beside) == 0 {
		return policy.Period{}, false
	}
	last := p.Beside[len(p.Beside)-1]
	return last, last.Version.Announced
}

// All are all versions that anybody can read, those of Periods first.
func (p ArchivedPolicy) All() []policy.Period { return slices.Concat(p.Periods, p.Beside) }

// Last is the version after which the policy is called: the last one that was in force, else what is announced.
func (p ArchivedPolicy) Last() policy.Period {
	if n := len(p.Periods); n > 0 {
		return p.Periods[n-1]
	}
	return p.Beside[len(p.Beside)-1]
}

// archiveQuery is look-ups by key, without any text. What only courses ask for is on no public list, and neither is a
// draft, whether it waits or not, unless it is announced: then it is where it will be asked, or was to be when it was taken
// back. Its arguments are archiveAt's.
const archiveQuery = `
	SELECT s.name AS site, s.status AS sitestatus, s.institutionid, i.zone AS institutionzone, pd.slug, d.digest, pl.timeleft,
		CASE WHEN pp.policyid IS NOT NULL AND pd.courses = 0 OR ` + wasAnnounced + ` THEN 1 ELSE 0 END AS shown, ` + outlineColumns + `
	FROM lti_platform s
	LEFT JOIN institution i ON i.id = s.institutionid
	JOIN policy_detail pd ON pd.institutionid = s.institutionid
	JOIN tool_policy p ON p.id = pd.policyid
	JOIN tool_policy_versions v ON v.policyid = p.id
	JOIN policy_version_detail d ON d.versionid = v.id
	LEFT JOIN policy_platform pp ON pp.platformid = s.id AND pp.policyid = pd.policyid
	LEFT JOIN policy_left pl ON pl.platformid = s.id AND pl.policyid = pd.policyid
	WHERE s.id = ? AND ((v.archived = 1 OR v.id = p.currentversionid) AND NOT ` + wasAnnounced + `
			AND (pp.policyid IS NOT NULL AND pd.courses = 0 OR pl.policyid IS NOT NULL)
		OR ` + wasAnnounced + ` AND ` + announcedHere + `)`

func archiveAt(platformID string) []any {
	return append([]any{platformID}, announcedAt(platformID, "")...)
}

// Archive says what a platform shows of one policy, in one statement, or is policy.ErrNotFound: what was never on its
// public list, and what was never published.
func (db *DB) Archive(ctx context.Context, platformID, slug string) (Archive, error) {
	if !isID(platformID) || !fits(slug, 190) {
		return Archive{}, missing("policy", sql.ErrNoRows)
	}
	a, err := db.archive(ctx, archiveQuery+` AND pd.slug = ?`, append(archiveAt(platformID), slug)...)
	// A database passes over spaces at the end.
	if err == nil && (len(a.Policies) == 0 || a.Policies[0].Slug != slug) {
		err = sql.ErrNoRows
	}
	if err != nil {
		return Archive{}, missing("policy", err)
	}
	return a, nil
}

// Archives says what a platform shows of all its policies, or is policy.ErrNotFound.
func (db *DB) Archives(ctx context.Context, platformID string) (Archive, error) {
	if !isID(platformID) {
		return Archive{}, missing("platform", sql.ErrNoRows)
	}
	a, err := db.archive(ctx, archiveQuery, archiveAt(platformID)...)
	if err != nil {
		return Archive{}, missing("platform", err)
	}
	if len(a.Policies) == 0 { // nothing was ever shown, or there is no such platform
		s, err := db.Shown(ctx, platformID)
		a.Site, a.Status = s.Site, s.Status
		return a, err
	}
	return a, nil
}

func (db *DB) archive(ctx context.Context, query string, args ...any) (Archive, error) {
	var rows []struct {
		versionRow
		Site          string       `db:"site"`
		SiteStatus    string       `db:"sitestatus"`
		InstitutionID string       `db:"institutionid"`
		Institution   Zone         `db:"institutionzone"`
		Slug          string       `db:"slug"`
		Digest        string       `db:"digest"`
		Left          sql.NullTime `db:"timeleft"`
		Shown         bool         `db:"shown"`
	}
	if err := db.r.SelectContext(ctx, &rows, query, args...); err != nil {
		return Archive{}, err
	}
	a := Archive{}
	type read struct {
		ArchivedPolicy
		order    int
		versions []policy.Version
	}
	of := map[int64]*read{}
	for _, r := range rows {
		a.Site, a.Status, a.InstitutionID = r.Site, lti.Status(r.SiteStatus), r.InstitutionID
		v := r.version()
		if v.Zone == "" && v.EffectiveFrom.IsZero() { // no day was meant in any: it came into force on one of the institution's
			v.Zone = r.Institution.Name
		}
		if !r.Shown && !asLeft(&v, timeOf(r.Left)) {
			continue
		}
		p := of[v.PolicyID]
		if p == nil {
			p = &read{ArchivedPolicy{ID: v.PolicyID, Slug: r.Slug, Digests: map[int64]string{}}, r.SortOrder, nil}
			of[v.PolicyID] = p
		}
		p.versions, p.Digests[v.ID] = append(p.versions, v), r.Digest
	}
	var all []*read
	for _, p := range of {
		p.Periods = policy.Periods(p.versions)
		p.Beside = beside(p.versions)
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *read) int { return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.ID, b.ID)) })
	h := sha256.New()
	for _, p := range all {
		a.Policies = append(a.Policies, p.ArchivedPolicy)
		for _, q := range p.All() {
			fmt.Fprintf(h, "%d %d %v %d %d %s %s\n", p.ID, q.ID, q.Current, q.From.UnixMicro(), q.Until.UnixMicro(), q.Zone, p.Digests[q.ID]) //nolint:errcheck // a hash takes everything
		}
	}
	a.Mark = hex.EncodeToString(h.Sum(nil))
	return a, nil
}

// beside are those of the versions that anybody can read and that were not in force.
func beside(vs []policy.Version) []policy.Period {
	var out []policy.Period
	for _, v := range vs {
		switch {
		case v.Announced:
			out = append(out, policy.Period{Version: v, From: v.EffectiveFrom})
		case v.Retracted():
			out = append(out, policy.Period{Version: v, From: v.AnnouncedFrom, Until: v.TimeModified})
		}
	}
	slices.SortFunc(out, func(a, b policy.Period) int {
		if a.Announced != b.Announced {
			if b.Announced {
				return -1
			}
			return 1
		}
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// asLeft makes of a version what anybody could last see of it on a platform that its policy left. False: it was published
// later.
func asLeft(v *policy.Version, left time.Time) bool {
	if !v.Published().Before(left) {
		return false
	}
	if v.Current || v.TimeModified.After(left) {
		v.Current, v.Archived, v.TimeModified = false, true, left
	}
	return true
}

// keepAddresses has the addresses of a policy go on where anybody could read it and will not be shown it any more, and
// forgets that of where it is shown again.
func (db *DB) keepAddresses(ctx context.Context, tx *Tx, policyID int64, from, to Scope, at time.Time) error {
	public := func(s Scope) []string {
		if s.Courses {
			return nil
		}
		return sitesOf(s.Platforms)
	}
	was, is := public(from), public(to)
	for _, id := range slices.Concat(was, is) {
		leaves := slices.Contains(was, id)
		if leaves && slices.Contains(is, id) {
			continue
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM policy_left WHERE platformid = ? AND policyid = ?`, id, policyID)
		if err != nil {
			return fmt.Errorf("forgetting where the policy was shown: %w", err)
		}
		if !leaves {
			continue
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO policy_left (platformid, policyid, timeleft) VALUES (?, ?, ?)`, id, policyID, at)
		if duplicate(err) {
			return errAgain
		}
		if err != nil {
			return fmt.Errorf("keeping where the policy was shown: %w", err)
		}
	}
	return nil
}
