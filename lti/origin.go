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
