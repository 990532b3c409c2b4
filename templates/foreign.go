package templates

import (
	"fmt"
	"html/template"
	"net/mail"
	"net/url"
	"strings"

	"golang.org/x/text/feature/plural"

	"ltipolicy/policy/normal"
)

// Names, addresses, titles of courses and whatever else Moodle or people sent stand on pages isolated: neither letters of a
// right-to-left script nor characters that turn writing round reach what stands beside them. In templates this is {{bdi .}},
// within a sentence {{.H "key" "Name" .}}, and {{plain .}} where no element may stand: in titles, attributes, options.
// TestForeignTextIsIsolatedOnEveryPage holds every page to it.

// bdi is a text of others as an element of its own; no text is no element.
func bdi(v any) template.HTML {
	s := plain(v)
	if s == "" {
		return ""
	}
	return template.HTML("<bdi>" + template.HTMLEscapeString(s) + "</bdi>")
}

// plain is a text of others for places where no element may stand.
func plain(v any) string { return normal.Undirected(fmt.Sprint(v)) }

// H is the message of a key as [Locale.T] gives it, as HTML with each text in it isolated.
func (l *Locale) H(key string, pairs ...any) template.HTML {
	m, ok := l.messages[key]
	if !ok {
		if l.fallback != nil {
			return l.fallback.H(key, pairs...)
		}
		return template.HTML(template.HTMLEscapeString(key))
	}
	return m[plural.Other].isolated(pairs)
}

// HN is the message of a key as [Locale.N] gives it, as HTML with each text in it isolated.
func (l *Locale) HN(key string, n int, pairs ...any) template.HTML {
	m, ok := l.messages[key]
	if !ok {
		if l.fallback != nil {
			return l.fallback.HN(key, n, pairs...)
		}
		return template.HTML(template.HTMLEscapeString(key))
	}
	return m.of(l, n).isolated(append(pairs, "Count", n))
}

// isolated is [text.fill] for HTML.
func (t text) isolated(pairs []any) template.HTML {
	var b strings.Builder
	for i, s := range t {
		if i%2 == 0 {
			b.WriteString(template.HTMLEscapeString(s))
			continue
		}
		switch value := valueOf(s, pairs).(type) {
		case int:
			fmt.Fprint(&b, value)
		default:
			b.WriteString(string(bdi(value)))
		}
	}
	return template.HTML(b.String())
}

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
