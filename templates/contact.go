package templates

import (
	"net/mail"
	"net/url"
	"strings"
)

// Contact is whom people can ask about a policy, as its author wrote it: an address, or any other words.
type Contact string

// URL is where a contact that is an e-mail or web address leads; empty for all others.
func (c Contact) URL() string {
	if a, err := mail.ParseAddress(string(c)); err == nil && a.Address == string(c) {
		return (&url.URL{Scheme: "mailto", Opaque: url.PathEscape(a.Address)}).String()
	}
	if u, err := url.Parse(string(c)); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" {
		return u.String()
	}
	return ""
}

// Web reports whether the contact is a page, which opens beside the policy and not in its place.
func (c Contact) Web() bool { return strings.HasPrefix(c.URL(), "http") }
