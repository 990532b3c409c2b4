package lti

import "strings"

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
	Keys          []string // digests of the keys that its launches were signed with, see [Message.Key]
}

// Labels names platforms so that no two are named alike, by id: the name where it is the only one, else with the host,
// and with the id where that is not enough.
func Labels(all []Platform) map[string]string {
	labels := make(map[string]string, len(all))
	for _, as := range []func(Platform) string{
		func(p Platform) string { return p.Name },
		func(p Platform) string {
			_, host, _ := strings.Cut(originOf(p.Issuer), "://")
			return p.Name + " (" + host + ")"
		},
		func(p Platform) string { return p.Name + " (" + p.ID + ")" },
	} {
		uses := map[string]int{}
		for _, p := range all {
			if labels[p.ID] == "" {
				uses[as(p)]++
			}
		}
		for _, p := range all {
			if labels[p.ID] == "" && uses[as(p)] == 1 {
				labels[p.ID] = as(p)
			}
		}
	}
	return labels
}
