package lti

import (
	"errors"
)

// Names of the claims (Core 1.3, 5.3 and 5.4; Security Framework 1.0, 5.1.2).
const (
	claimPrefix      = "https://purl.imsglobal.org/spec/lti/claim/"
	claimMessageType = claimPrefix + "message_type"
	claimVersion     = claimPrefix + "version"
	claimDeployment  = claimPrefix + "deployment_id"
	claimTarget      = claimPrefix + "target_link_uri"
	claimRoles       = claimPrefix + "roles"
	claimContext     = claimPrefix + "context"
	claimLink        = claimPrefix + "resource_link"
	claimLIS         = claimPrefix + "lis"
	claimExt         = claimPrefix + "ext"
	claimCustom      = claimPrefix + "custom"
	claimPresent     = claimPrefix + "launch_presentation"
	claimNRPS        = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
	claimAGS         = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
	claimDL          = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
)

// claims are the values of a payload's claims as they stand in it; nil is absent. Each is looked at when
// its turn to be judged comes.
type claims struct {
	iss, aud, azp, exp, iat, nonce, sub          []byte
	name, given, family, email, locale           []byte
	messageType, version, deployment, target     []byte
	roles, context, link, lis, ext, custom       []byte
	presentation, nrps, ags, deepLinkingSettings []byte
}

func (c *claims) slot(name []byte) *[]byte {
	switch string(name) {
	case "iss":
		return &c.iss
	case "aud":
		return &c.aud
	case "azp":
		return &c.azp
	case "exp":
		return &c.exp
	case "iat":
		return &c.iat
	case "nonce":
		return &c.nonce
	case "sub":
		return &c.sub
	case "name":
		return &c.name
	case "given_name":
		return &c.given
	case "family_name":
		return &c.family
	case "email":
		return &c.email
	case "locale":
		return &c.locale
	case claimMessageType:
		return &c.messageType
	case claimVersion:
		return &c.version
	case claimDeployment:
		return &c.deployment
	case claimTarget:
		return &c.target
	case claimRoles:
		return &c.roles
	case claimContext:
		return &c.context
	case claimLink:
		return &c.link
	case claimLIS:
		return &c.lis
	case claimExt:
		return &c.ext
	case claimCustom:
		return &c.custom
	case claimPresent:
		return &c.presentation
	case claimNRPS:
		return &c.nrps
	case claimAGS:
		return &c.ags
	case claimDL:
		return &c.deepLinkingSettings
	}
	return nil
}

// parseClaims finds the claims of a payload. It does not judge them.
func parseClaims(payload []byte) (*claims, error) {
	var c claims
	if err := parseObject(payload, c.slot); err != nil {
		if m, ok := errors.AsType[*memberError](err); ok {
			return nil, &Error{Code: ClaimInvalid, Detail: m.name, Err: err}
		}
		return nil, &Error{Code: TokenMalformed, Detail: "payload", Err: err}
	}
	return &c, nil
}

// invalid makes a refusal of a claim.
func invalid(claim string, err error) *Error {
	return &Error{Code: ClaimInvalid, Detail: claim, Err: err}
}

// readText reads an optional claim that is a string.
func readText(dst *string, value []byte, claim string) error {
	s, err := text(value)
	if err != nil {
		return invalid(claim, err)
	}
	*dst = s
	return nil
}

// readID reads an opaque identifier (Core 1.3: at most 255 ASCII characters).
func readID(dst *string, value []byte, claim string) error {
	if err := readText(dst, value, claim); err != nil {
		return err
	}
	if !identifier(*dst) {
		return invalid(claim, errors.New("not at most 255 ASCII characters"))
	}
	return nil
}

// identifier reports whether s can be an opaque identifier; the empty string can.
func identifier(s string) bool {
	if len(s) > maxID {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// member is one member to read of an object.
type member struct {
	name  string
	text  *string
	texts *[]string
	flag  *bool // set to the default before
}

// readObject reads an optional claim that is an object, as far as it has the members asked for.
func readObject(object []byte, claim string, wanted ...member) error {
	if object == nil {
		return nil
	}
	values := make([][]byte, len(wanted))
	err := fill(object, func(name []byte) *[]byte {
		for i := range wanted {
			if wanted[i].name == string(name) {
				return &values[i]
			}
		}
		return nil
	})
	if err != nil {
		return invalid(claim, err)
	}
	for i, w := range wanted {
		var err error
		switch {
		case w.text != nil:
			*w.text, err = text(values[i])
		case w.texts != nil:
			*w.texts, err = texts(values[i])
		default:
			*w.flag, err = flag(values[i], *w.flag)
		}
		if err != nil {
			return invalid(claim+"."+w.name, err)
		}
	}
	return nil
}

// readCustom reads the custom claim, a map of strings (Core 1.3, 5.4.6).
func readCustom(object []byte) (map[string]string, error) {
	if object == nil {
		return nil, nil
	}
	custom := make(map[string]string, 8)
	err := members(object, func(name, value []byte) error {
		if value[0] == 'n' {
			return nil
		}
		n, err := text(name)
		if err != nil {
			return err
		}
		v, err := text(value)
		if err != nil {
			return &memberError{clean(n, 64), err}
		}
		custom[n] = v
		return nil
	})
	if err != nil {
		return nil, invalid("custom", err)
	}
	return custom, nil
}
