package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"ltipolicy/lti"
	"ltipolicy/policy"
)

// A registration has three steps, because the platform has a part in it: the id is reserved here, then the platform is
// told, then what it answered is stored. Whoever stops between two of them begins again, and gets the same id.

// Applicant is a platform that wants to be registered, as far as it is known before anything is sent there.
type Applicant struct {
	Issuer   string
	ClientID string // that it gives or has given the tool; empty: it did not say
	Update   bool   // the tool is there already, and is told anew what it is
}

// Registering is a registration that can go through.
type Registering struct {
	Invitation
	PlatformID string // the id that the platform has, or will have
	// Known is the platform if it has that id already: it keeps its people and answers.
	Known *lti.Platform
	// Done says that nothing is left to do: this very registration went through.
	Done bool
	// Begun says that a registration of this platform was begun with this invitation before, Again that it was the very
	// same: what was sent to the platform may have arrived there.
	Begun, Again bool
	// Twins are the institution's other platforms with the same issuer: their people are not this one's.
	Twins []lti.Platform
}

// Registering says whether a platform may register with an invitation, and as what. It writes nothing. An invitation is
// good for the first platform that begins; for it, it stays good until it went through, also a day after its end, and
// after that to be told anew. All else is policy.ErrNotFound. A client that is registered for another institution is
// policy.ErrConflict with the key register_elsewhere; a used invitation with another tool of the same platform, whose
// first one has people already, with register_twice.
func (db *DB) Registering(ctx context.Context, tokenHash []byte, a Applicant) (Registering, error) {
	r, err := db.registering(ctx, db.r, tokenHash, a)
	if err != nil {
		return r, fmt.Errorf("looking at the invitation: %w", err)
	}
	return r, nil
}

func (db *DB) registering(ctx context.Context, q sqlx.QueryerContext, tokenHash []byte, a Applicant) (Registering, error) {
	i, err := invitation(ctx, q, tokenHash)
	if err != nil {
		return Registering{}, err
	}
	r := Registering{Invitation: i, Begun: i.Issuer == a.Issuer}
	r.Again = r.Begun && !i.Used && a.ClientID != "" && i.ClientID == a.ClientID
	sites, err := platformsBy(ctx, q, `WHERE p.issuer = ?`, a.Issuer)
	if err != nil {
		return r, err
	}
	var known, first *lti.Platform // this very client, and the one that the invitation has made
	for n := range sites {
		p := &sites[n]
		switch {
		case a.ClientID != "" && p.ClientID == a.ClientID:
			known = p
		case p.InstitutionID == i.InstitutionID:
			r.Twins = append(r.Twins, *p)
		}
		if p.ID == i.PlatformID {
			first = p
		}
	}
	began := i.Issuer != "" && !r.Begun
	late := !db.now().Before(i.Expires) && !(r.Begun && db.now().Before(i.Expires.Add(reservedLife)))
	closed := missing("invitation", sql.ErrNoRows)
	switch {
	case known != nil && known.InstitutionID != i.InstitutionID:
		if i.Used || began || late {
			return r, closed
		}
		return r, policy.E(policy.ErrConflict, "register_elsewhere").Because(fmt.Errorf("platform %s is another institution's", known.ID))
	case known != nil:
		if !(i.Used && i.PlatformID == known.ID) && (i.Used || began || late) {
			return r, closed
		}
		r.PlatformID, r.Known = known.ID, known
		r.Done = !a.Update && i.Used
	case i.Used && first != nil:
		// The tool was made a second time there. As long as nobody came by the first one, this one takes its place.
		var people int
		err := sqlx.GetContext(ctx, q, &people, `SELECT COUNT(*) FROM (SELECT u.id FROM lti_user u WHERE u.platformid = ? LIMIT 1) x`, first.ID)
		if err != nil {
			return r, err
		}
		if people > 0 {
			return r, policy.E(policy.ErrConflict, "register_twice").Because(fmt.Errorf("platform %s has people", first.ID))
		}
		r.PlatformID, r.Known = first.ID, first
		r.Twins = slices.DeleteFunc(r.Twins, func(p lti.Platform) bool { return p.ID == first.ID })
	case i.Used || began || late:
		return r, closed
	case first == nil:
		r.PlatformID = i.PlatformID // may be none
	}
	return r, nil
}

// Reserve is [DB.Registering], and keeps the invitation for this platform from now on: everything on our side is known
// to go through. What is to be registered has the id that it returns.
func (db *DB) Reserve(ctx context.Context, tokenHash []byte, a Applicant) (Registering, error) {
	if len(a.Issuer) > opaqueMax || len(a.ClientID) > opaqueMax {
		return Registering{}, policy.E(policy.ErrInvalid, "").Because(errors.New("issuer or client id: too long"))
	}
	id, err := db.NewID()
	if err != nil {
		return Registering{}, err
	}
	var r Registering
	err = db.tx(ctx, func(tx *Tx) error {
		var err error
		if r, err = db.registering(ctx, tx, tokenHash, a); err != nil || r.Done {
			return err
		}
		if r.PlatformID == "" {
			r.PlatformID = id
		}
		if r.Invitation.Used {
			return nil // as before
		}
		ok, err := one(tx.ExecContext(ctx, `
			UPDATE lti_invitation SET platformid = ?, issuer = ?, clientid = ?
			WHERE tokenhash = ? AND timeused IS NULL AND issuer = ? AND clientid = ?`,
			r.PlatformID, a.Issuer, a.ClientID, tokenHash, r.Invitation.Issuer, r.Invitation.ClientID))
		if err == nil && !ok {
			err = errAgain // somebody came between
		}
		return err
	})
	if err != nil {
		return Registering{}, fmt.Errorf("reserving the registration: %w", err)
	}
	return r, nil
}

// Release gives an invitation back that was reserved for a registration which the platform refused.
func (db *DB) Release(ctx context.Context, tokenHash []byte, platformID string) error {
	err := db.redo(ctx, func(tx *Tx) error {
		_, err := tx.ExecContext(ctx, `
			UPDATE lti_invitation SET platformid = NULL, issuer = '', clientid = ''
			WHERE tokenhash = ? AND platformid = ? AND timeused IS NULL`, tokenHash, platformID)
		return err
	})
	if err != nil {
		return fmt.Errorf("releasing the invitation: %w", err)
	}
	return nil
}

// Register stores what a platform answered to a registration that was reserved: a new platform, or one that is as the
// answer says from now on and keeps its id, its name, its people and what else stands under it. It is active if the
// invitation says so, and has the login door unless it has one. Doing it again changes nothing. p.ID is the reserved
// one; a registration that was not reserved is policy.ErrNotFound, a client that another platform has policy.ErrConflict.
func (db *DB) Register(ctx context.Context, tokenHash []byte, p lti.Platform, door string) (lti.Platform, error) {
	err := db.tx(ctx, func(tx *Tx) error {
		i, err := invitation(ctx, tx, tokenHash)
		if err != nil {
			return err
		}
		if i.PlatformID != p.ID || i.Issuer != p.Issuer {
			return missing("invitation", sql.ErrNoRows)
		}
		p.InstitutionID = i.InstitutionID
		if i.Name != "" {
			p.Name = i.Name
		}
		if i.Activates {
			p.Status = lti.Active
		}
		if err := checkPlatform(p); err != nil {
			return err
		}
		if err := checkDoor(p, door); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			UPDATE lti_invitation SET timeused = COALESCE(timeused, ?), clientid = ? WHERE tokenhash = ? AND platformid = ?`,
			utc(db.now()), p.ClientID, tokenHash, p.ID)
		if err != nil {
			return err
		}
		old, err := platformsBy(ctx, tx, `WHERE p.id = ?`, p.ID)
		if err != nil {
			return err
		}
		if len(old) == 0 {
			err = db.addPlatform(ctx, tx, p)
		} else {
			err = db.renewPlatform(ctx, tx, old[0], p, i)
		}
		if err != nil || door == "" {
			return err
		}
		var doors int
		if err := tx.GetContext(ctx, &doors, `SELECT COUNT(*) FROM lti_door WHERE platformid = ?`, p.ID); err != nil || doors > 0 {
			return err
		}
		return db.setDoor(ctx, tx, p, door)
	})
	if err != nil {
		return lti.Platform{}, fmt.Errorf("storing the registration: %w", err)
	}
	return db.Platform(ctx, p.ID)
}

// renewPlatform lets a platform be what it answered, with the name and the status that it has unless the invitation says
// another one.
func (db *DB) renewPlatform(ctx context.Context, tx *Tx, old, p lti.Platform, i Invitation) error {
	if i.Name == "" {
		p.Name = old.Name
	}
	if !i.Activates {
		p.Status = old.Status
	}
	p.Anonymous, p.Deployments = old.Anonymous, slices.Clone(p.Deployments)
	for _, d := range old.Deployments {
		if !slices.Contains(p.Deployments, d) {
			p.Deployments = append(p.Deployments, d)
		}
	}
	slices.Sort(p.Deployments)
	if before, after := settingsOf(old), settingsOf(p); before != after {
		ended := 0 // the visits that began by another key, client or status
		if p.JWKSURL != old.JWKSURL || p.ClientID != old.ClientID || p.Status != old.Status {
			ended = 1
		}
		ok, err := one(tx.ExecContext(ctx, `
			UPDATE lti_platform SET name = ?, clientid = ?, authurl = ?, tokenurl = ?, jwksurl = ?, status = ?, visitepoch = visitepoch + ?
			WHERE id = ? AND issuer = ?`,
			p.Name, p.ClientID, p.AuthURL, p.TokenURL, p.JWKSURL, string(p.Status), ended, p.ID, p.Issuer))
		if duplicate(err) {
			return policy.E(policy.ErrConflict, "").Because(errors.New("a platform with this issuer and client id is registered already"))
		}
		if err == nil && !ok {
			err = errAgain
		}
		if err != nil {
			return err
		}
		if err := db.logChange(ctx, tx, Admin{InstitutionID: p.InstitutionID}, "platform.register", p.ID, before, after); err != nil {
			return err
		}
	}
	return db.allowDeployments(ctx, tx, p.ID, old.Deployments, p.Deployments)
}

// platformSettings are what the log says of a platform.
type platformSettings struct {
	Name     string     `json:"name"`
	Issuer   string     `json:"issuer"`
	ClientID string     `json:"client_id"`
	AuthURL  string     `json:"auth_url"`
	TokenURL string     `json:"token_url"`
	JWKSURL  string     `json:"jwks_url"`
	Status   lti.Status `json:"status"`
}

func settingsOf(p lti.Platform) platformSettings {
	return platformSettings{p.Name, p.Issuer, p.ClientID, p.AuthURL, p.TokenURL, p.JWKSURL, p.Status}
}

// allowDeployments adds those deployments of a platform that it does not have.
func (db *DB) allowDeployments(ctx context.Context, tx *Tx, platformID string, have, want []string) error {
	for n, d := range want {
		if slices.Contains(have, d) || slices.Contains(want[:n], d) {
			continue
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO lti_deployment (platformid, deploymentid) VALUES (?, ?)`, platformID, d)
		if duplicate(err) {
			return errAgain
		}
		if err != nil {
			return fmt.Errorf("adding the deployment: %w", err)
		}
	}
	return nil
}

// AllowDeployment lets a platform launch from one more deployment. One that it has is left as it is; an unknown platform
// is policy.ErrNotFound.
func (db *DB) AllowDeployment(ctx context.Context, platformID, deploymentID string) error {
	return db.allowDeployment(ctx, platformID, deploymentID, false)
}

// FirstDeployment is [DB.AllowDeployment] for a platform that has none yet, because it did not say when it was
// registered; with another one it is left as it is. The deployment must come from a launch that was verified.
func (db *DB) FirstDeployment(ctx context.Context, platformID, deploymentID string) error {
	return db.allowDeployment(ctx, platformID, deploymentID, true)
}

func (db *DB) allowDeployment(ctx context.Context, platformID, deploymentID string, onlyFirst bool) error {
	if deploymentID == "" || len(deploymentID) > opaqueMax {
		return policy.E(policy.ErrInvalid, "").Because(errors.New("deployment id: want 1 to 255 bytes"))
	}
	err := db.tx(ctx, func(tx *Tx) error {
		ps, err := platformsBy(ctx, tx, `WHERE p.id = ?`, platformID)
		if err != nil {
			return err
		}
		if len(ps) == 0 {
			return missing("platform", sql.ErrNoRows)
		}
		have := ps[0].Deployments
		if slices.Contains(have, deploymentID) || onlyFirst && len(have) > 0 {
			return nil
		}
		if err := db.allowDeployments(ctx, tx, platformID, have, []string{deploymentID}); err != nil {
			return err
		}
		return db.logAdmin(ctx, tx, AdminEntry{
			InstitutionID: ps[0].InstitutionID, Action: "platform.deployment", Object: platformID, Detail: deploymentID,
		})
	})
	if err != nil {
		return fmt.Errorf("adding the deployment: %w", err)
	}
	return nil
}
