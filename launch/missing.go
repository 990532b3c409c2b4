package launch

import (
	"bytes"
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/text/collate"

	"ltipolicy/policy"
	"ltipolicy/policy/normal"
	"ltipolicy/templates"
)

// A mail link is an address for the operating system, which takes about 2,000 characters; and nobody opens
// more than a few of them.
const (
	maxMailLink  = 1900
	maxMailLinks = 5
)

// missing gives a teacher the names of the learners who have something left to accept, and their addresses if the
// institution shows them.
func (t *teacher) missing(w http.ResponseWriter, r *http.Request, c course) error {
	base := t.Base(r, c.ses)
	type person struct {
		name, address string
		key           []byte
	}
	var people []person
	var keys collate.Buffer
	names := collator(base.Locale)
	_, err := t.fold(r.Context(), c, func(*policy.Roster) error {
		people = nil
		return nil
	}, func(row policy.RosterRow) error {
		if row.Teacher || row.Complete || row.Gone() {
			return nil
		}
		given, family := calls(row.Participant)
		x := person{name: strings.TrimSpace(given + " " + family), address: row.Email, key: names.KeyFromString(&keys, family+" "+given)}
		x.name = cmp.Or(x.name, base.T("people.noname"))
		people = append(people, x)
		return nil
	})
	if err != nil {
		return err
	}
	shown := c.ses.Addresses
	action, detail := "participants.addresses", ""
	if !shown {
		action, detail = "participants.view", filter{status: templates.MarkMissing, role: roleLearner, order: orderMissing, page: 1}.query().Encode()
	}
	if err := t.seen(r.Context(), c, action, detail); err != nil {
		return err
	}
	slices.SortStableFunc(people, func(a, b person) int { return bytes.Compare(a.key, b.key) })
	p := templates.MissingPage{Page: base, Course: c.title(), Back: c.page, Hidden: !shown}
	for _, x := range people {
		p.Names = append(p.Names, x.name)
		if shown && mailable(x.address) {
			p.Addresses = append(p.Addresses, x.address)
		}
	}
	if shown {
		p.NoAddress = len(p.Names) - len(p.Addresses)
	}
	p.Mails = mailLinks(p.Addresses, p.Course)
	t.Render(w, r, http.StatusOK, p)
	return nil
}

// mailable reports whether an address can stand in a list of addresses: nothing in it may end it early, add a header or
// look like another address.
func mailable(address string) bool {
	user, host, ok := strings.Cut(address, "@")
	return ok && user != "" && host != "" && len(address) <= 254 &&
		!strings.ContainsFunc(address, func(r rune) bool {
			return r <= ' ' || r == 0x7f || strings.ContainsRune(",;:<>()[]\"\\", r) || normal.Directs(r)
		}) &&
		!strings.Contains(host, "@")
}

// mailLinks puts the addresses into as few mail links as hold them, as blind copies; none if that would be too
// many links.
func mailLinks(addresses []string, subject string) []templates.MailLink {
	subject = normal.Undirected(subject)
	if rs := []rune(subject); len(rs) > 60 {
		subject = string(rs[:60])
	}
	start := "mailto:?subject=" + percent(subject) + "&bcc="
	var out []templates.MailLink
	for i, a := range addresses {
		a = strings.ReplaceAll(percent(a), "%40", "@")
		if n := len(out) - 1; n >= 0 && len(out[n].URL)+1+len(a) <= maxMailLink {
			out[n].URL += "," + a
			out[n].To = i + 1
			continue
		}
		if len(out) == maxMailLinks {
			return nil
		}
		out = append(out, templates.MailLink{URL: start + a, From: i + 1, To: i + 1})
	}
	return out
}

// percent encodes as RFC 6068 wants it: a plus sign would stand for itself.
func percent(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
