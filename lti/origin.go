package lti

import (
	"net/url"
	"strings"
)

// originOf returns scheme://host[:port] in lower case, without a default port, or "" for anything that is
// not an absolute http or https address free of user information.
func originOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return origin(u)
}

func origin(u *url.URL) string {
	var defaultPort string
	switch u.Scheme {
	case "https":
		defaultPort = ":443"
	case "http":
		defaultPort = ":80"
	default:
		return ""
	}
	if u.User != nil || u.Hostname() == "" || u.Opaque != "" {
		return ""
	}
	host := strings.ToLower(u.Host)
	host = strings.TrimSuffix(strings.TrimSuffix(host, defaultPort), ":")
	return u.Scheme + "://" + host
}

// Origin returns the origin of the platform's pages, as frame-ancestors wants it: that of the address to
// which the browser is sent at login.
func (p Platform) Origin() string { return originOf(p.AuthURL) }

// ownAddress returns a test for addresses that the platform sent: whether they are on its own origin.
func (p Platform) ownAddress() func(raw string) bool {
	issuer, auth := originOf(p.Issuer), originOf(p.AuthURL)
	return func(raw string) bool {
		o := originOf(raw)
		return o != "" && (o == issuer || o == auth)
	}
}

// ownService reports whether an address that the platform sent is one of its own services, which get an access token.
// One host may have several platforms below different paths: it must be below this one's, and lead there however it is
// read.
func (p Platform) ownService(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil || strings.Contains(u.Path, "..") || strings.ContainsAny(u.Path, `\;`) || strings.Contains(u.Path, "//") {
		return false
	}
	for _, base := range p.bases() {
		if origin(u) == origin(base) && strings.HasPrefix(u.Path, strings.TrimSuffix(base.Path, "/")+"/") {
			return true
		}
	}
	return false
}

// bases are the addresses below which a platform's services are. Of a Moodle they are where its other endpoints for LTI
// are; of others below the issuer, or anywhere at the host to which browsers are sent if the issuer is not there.
func (p Platform) bases() []*url.URL {
	auth, err := url.Parse(p.AuthURL)
	if err != nil || origin(auth) == "" {
		return nil
	}
	if wwwroot, is := strings.CutSuffix(auth.Path, moodleAuth); is {
		return []*url.URL{{Scheme: auth.Scheme, Host: auth.Host, Path: wwwroot + "/mod/lti"}}
	}
	issuer, err := url.Parse(p.Issuer)
	if err != nil || origin(issuer) == "" {
		return []*url.URL{{Scheme: auth.Scheme, Host: auth.Host}}
	}
	bases := []*url.URL{issuer}
	if origin(issuer) != origin(auth) {
		bases = append(bases, &url.URL{Scheme: auth.Scheme, Host: auth.Host})
	}
	return bases
}

// notOwn is the tool's own refusal of an address that is no service of the platform's.
func notOwn(address string) error {
	host := ""
	if u, err := url.Parse(address); err == nil {
		host = u.Host
	}
	return &ServiceError{Code: ServiceElsewhere, Err: &AddressError{Host: host, Reason: "not below the platform's own address"}}
}
