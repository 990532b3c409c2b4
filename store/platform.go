package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"ltipolicy/lti"
	"ltipolicy/policy"
)

type platformRow struct {
	ID            string `db:"id"`
	InstitutionID string `db:"institutionid"`
	Name          string `db:"name"`
	Issuer        string `db:"issuer"`
	ClientID      string `db:"clientid"`
	AuthURL       string `db:"authurl"`
	TokenURL      string `db:"tokenurl"`
	JWKSURL       string `db:"jwksurl"`
	Anonymous     bool   `db:"anonymous"`
	Status        string `db:"status"`
	Keys          string `db:"keydigests"`
}

const platformColumns = `p.id, p.institutionid, p.name, p.issuer, p.clientid, p.authurl, p.tokenurl, p.jwksurl,
	p.anonymous, p.status, p.keydigests`

func (r platformRow) platform() lti.Platform {
	p := lti.Platform{
		ID: r.ID, InstitutionID: r.InstitutionID, Name: r.Name, Issuer: r.Issuer, ClientID: r.ClientID,
		AuthURL: r.AuthURL, TokenURL: r.TokenURL, JWKSURL: r.JWKSURL, Anonymous: r.Anonymous,
		Status: lti.Status(r.Status),
	}
	if r.Keys != "" {
		p.Keys = strings.Fields(r.Keys)
	}
	return p
}

// AddPlatform registers a platform with its deployments; its people are asked what the institution asks everywhere. A
// second one with the same issuer and client id is policy.ErrConflict; fields that are missing or too long, or an unknown
// institution, are policy.ErrInvalid.
func (db *DB) AddPlatform(ctx context.Context, p lti.Platform) error {
	if err := checkPlatform(p); err != nil {
		return fmt.Errorf("adding the platform: %w", err)
	}
	err := db.tx(ctx, func(tx *Tx) error { return db.addPlatform(ctx, tx, p) })
	if err != nil {
		return fmt.Errorf("adding the platform: %w", err)
	}
	return nil
}

// AddPlatformWithDoor is [DB.AddPlatform] and [DB.SetDoor] in one: no platform is left without its door. With an
// empty address it has none.
func (db *DB) AddPlatformWithDoor(ctx context.Context, p lti.Platform, authURL string) error {
	err := cmp.Or(checkPlatform(p), checkDoor(p, authURL))
	if err == nil {
		err = db.tx(ctx, func(tx *Tx) error {
			if err := db.addPlatform(ctx, tx, p); err != nil || authURL == "" {
				return err
			}
			return db.setDoor(ctx, tx, p, authURL)
		})
	}
	if err != nil {
		return fmt.Errorf("adding the platform with its door: %w", err)
	}
	return nil
}

func checkPlatform(p lti.Platform) error {
	bad := func(what string) error {
		return policy.E(policy.ErrInvalid, "").Because(fmt.Errorf("platform %s is missing or too long", what))
	}
	for _, f := range []struct {
		name, value string
		max         int
	}{
		{"id", p.ID, 36}, {"institution", p.InstitutionID, 36}, {"name", p.Name, 255},
		{"issuer", p.Issuer, opaqueMax}, {"client id", p.ClientID, opaqueMax},
		{"authentication address", p.AuthURL, 4000}, {"token address", p.TokenURL, 4000}, {"key set address", p.JWKSURL, 4000},
	} {
		if f.value == "" || len(f.value) > f.max && !(f.name == "name" && fits(f.value, f.max)) {
			return bad(f.name)
		}
	}
	for _, d := range p.Deployments {
		if d == "" || len(d) > opaqueMax {
			return bad("deployment id")
		}
	}
	switch p.Status {
	case lti.Pending, lti.Active, lti.Disabled:
		return nil
	}
	return bad("status")
}

func (db *DB) addPlatform(ctx context.Context, tx *Tx, p lti.Platform) error {
	var institution string
	err := tx.GetContext(ctx, &institution, `SELECT id FROM institution WHERE id = ?`, p.InstitutionID)
	if errors.Is(err, sql.ErrNoRows) {
		return policy.E(policy.ErrInvalid, "").Because(errors.New("unknown institution"))
	}
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO lti_platform (id, institutionid, name, issuer, clientid, authurl, tokenurl, jwksurl,
			anonymous, status, timecreated)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.ID, p.InstitutionID, p.Name, p.Issuer, p.ClientID, p.AuthURL, p.TokenURL, p.JWKSURL,
		p.Anonymous, string(p.Status), utc(db.now()))
	if duplicate(err) {
		return policy.E(policy.ErrConflict, "").Because(errors.New("a platform with this issuer and client id is registered already"))
	}
	if err != nil {
		return err
	}
	if err := db.allowDeployments(ctx, tx, p.ID, nil, p.Deployments); err != nil {
		return err
	}
	if err := askEverywhere(ctx, tx, p.InstitutionID, p.ID); err != nil {
		return err
	}
	return db.logAdmin(ctx, tx, AdminEntry{
		InstitutionID: p.InstitutionID, Action: "platform.add", Object: p.ID,
		Detail: p.Name + " " + p.Issuer + " " + p.ClientID + " " + string(p.Status),
	})
}

// PlatformSeen is [DB.Platform] as this process last read it, whatever became of the platform since: [DB.Admit]
// tells. It saves a look at each launch.
func (db *DB) PlatformSeen(ctx context.Context, id string) (lti.Platform, error) {
	if p, ok := db.seen.Load(id); ok {
		return p.(lti.Platform), nil
	}
	return db.Platform(ctx, id)
}

// Platform returns a platform by its id, or policy.ErrNotFound.
func (db *DB) Platform(ctx context.Context, id string) (lti.Platform, error) {
	if !isID(id) {
		return lti.Platform{}, missing("platform", sql.ErrNoRows)
	}
	return db.platform(ctx, `WHERE p.id = ?`, id)
}

// PlatformByClient returns the platform with exactly this issuer and client id, or policy.ErrNotFound.
func (db *DB) PlatformByClient(ctx context.Context, issuer, clientID string) (lti.Platform, error) {
	return db.platform(ctx, `WHERE p.issuer = ? AND p.clientid = ?`, issuer, clientID)
}

func (db *DB) platform(ctx context.Context, which string, args ...any) (lti.Platform, error) {
	ps, err := db.platforms(ctx, which, args...)
	if err == nil && len(ps) == 0 {
		err = missing("platform", sql.ErrNoRows)
	}
	if err != nil {
		return lti.Platform{}, err
	}
	db.seen.Store(ps[0].ID, ps[0])
	return ps[0], nil
}

// PlatformsByIssuer returns the platforms registered for an issuer, by name; none is no error.
func (db *DB) PlatformsByIssuer(ctx context.Context, issuer string) ([]lti.Platform, error) {
	return db.platforms(ctx, `WHERE p.issuer = ?`, issuer)
}

// PlatformsOf returns an institution's platforms by name.
func (db *DB) PlatformsOf(ctx context.Context, institutionID string) ([]lti.Platform, error) {
	return db.platforms(ctx, `WHERE p.institutionid = ?`, institutionID)
}

// Platforms returns all platforms of all institutions, for operators.
func (db *DB) Platforms(ctx context.Context) ([]lti.Platform, error) {
	return db.platforms(ctx, ``)
}

func (db *DB) platforms(ctx context.Context, which string, args ...any) ([]lti.Platform, error) {
	return platformsBy(ctx, db.r, which, args...)
}

// platformsBy reads platforms with their deployments, by name; which says which ones.
func platformsBy(ctx context.Context, q sqlx.QueryerContext, which string, args ...any) ([]lti.Platform, error) {
	var rows []struct {
		platformRow
		DeploymentID sql.NullString `db:"deploymentid"`
	}
	err := sqlx.SelectContext(ctx, q, &rows, `
		SELECT `+platformColumns+`, d.deploymentid
		FROM lti_platform p LEFT JOIN lti_deployment d ON d.platformid = p.id `+which, args...)
	if err != nil {
		return nil, fmt.Errorf("reading the platforms: %w", unavailable(err))
	}
	var ps []lti.Platform
	at := map[string]int{}
	for _, r := range rows {
		if _, ok := at[r.ID]; !ok {
			at[r.ID] = len(ps)
			ps = append(ps, r.platform())
		}
		if r.DeploymentID.Valid {
			p := &ps[at[r.ID]]
			p.Deployments = append(p.Deployments, r.DeploymentID.String)
		}
	}
	for _, p := range ps {
		slices.Sort(p.Deployments)
	}
	slices.SortFunc(ps, func(a, b lti.Platform) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return ps, nil
}

// parts cuts a list for an IN clause into pieces of at most n, so that no statement grows without bound.
func parts[T any](list []T, n int) [][]T {
	var out [][]T
	for len(list) > n {
		out, list = append(out, list[:n:n]), list[n:]
	}
	if len(list) > 0 {
		out = append(out, list)
	}
	return out
}

// SetPlatformStatus activates or disables a platform, or is policy.ErrNotFound. Disabling also ends its
// visits at once and for good: those who visited launch again when it is active again.
func (db *DB) SetPlatformStatus(ctx context.Context, id string, s lti.Status) error {
	switch s {
	case lti.Pending, lti.Active, lti.Disabled:
	default:
		return policy.E(policy.ErrInvalid, "").Because(fmt.Errorf("platform status %q", s))
	}
	err := db.tx(ctx, func(tx *Tx) error {
		var row platformRow
		err := tx.GetContext(ctx, &row, `SELECT `+platformColumns+` FROM lti_platform p WHERE p.id = ?`, id)
		if err != nil {
			return missing("platform", err)
		}
		if row.Status == string(s) {
			return nil
		}
		ok, err := one(tx.ExecContext(ctx, `UPDATE lti_platform SET status = ?, visitepoch = visitepoch + 1 WHERE id = ? AND status = ?`, string(s), id, row.Status))
		if err != nil {
			return err
		}
		if !ok {
			return errAgain
		}
		return db.logAdmin(ctx, tx, AdminEntry{
			InstitutionID: row.InstitutionID, Action: "platform." + string(s), Object: id, Detail: row.Name + " " + row.Issuer,
		})
	})
	if err != nil {
		return fmt.Errorf("setting the platform's status: %w", err)
	}
	return nil
}

// RenamePlatform gives a platform another name, the one that people and policy files know it by. An unknown
// id is policy.ErrNotFound.
func (db *DB) RenamePlatform(ctx context.Context, id, name string) error {
	if name == "" || len(name) > 255 || !utf8.ValidString(name) {
		return policy.E(policy.ErrInvalid, "").Because(errors.New("platform name: empty, too long or not UTF-8"))
	}
	err := db.tx(ctx, func(tx *Tx) error {
		var row platformRow
		err := tx.GetContext(ctx, &row, `SELECT `+platformColumns+` FROM lti_platform p WHERE p.id = ?`, id)
		if err != nil {
			return missing("platform", err)
		}
		if _, err := tx.ExecContext(ctx, `UPDATE lti_platform SET name = ? WHERE id = ?`, name, id); err != nil {
			return err
		}
		return db.logAdmin(ctx, tx, AdminEntry{
			InstitutionID: row.InstitutionID, Action: "platform.renamed", Object: id, Detail: row.Name + " → " + name,
		})
	})
	if err != nil {
		return fmt.Errorf("renaming the platform: %w", err)
	}
	return nil
}
