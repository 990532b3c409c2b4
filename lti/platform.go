package lti

// Status of a platform's registration.
type Status string

// A platform registered through an invitation is pending until an operator activates it.
const (
	Pending  Status = "pending"
	Active   Status = "active"
	Disabled Status = "disabled"
)

// Platform is a registered Moodle: issuer and client id together identify it.
type Platform struct {
	ID            string // UUID
	InstitutionID string
	Name          string
	Issuer        string // exactly as in the token's iss, no trailing slash added or removed
	ClientID      string
	AuthURL       string
	TokenURL      string
	JWKSURL       string
	Deployments   []string // accepted deployment ids; Moodle has exactly one per registration
	Anonymous     bool     // launches without sub may read; otherwise they are refused
	Status        Status
}
