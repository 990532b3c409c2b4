package lti

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const (
	membersType    = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
	maxMembersPage = 96 << 20 // of one page; a platform may give 200,000 members in one
	maxPages       = 10_000
	maxRosterSize  = 2_000_000 // members
)

// Member is one member of a course's roster (Names and Role Provisioning Services 2.0, 2.2). Every field but
// Sub may be empty, depending on the platform's privacy settings. Text is as the platform sent it.
type Member struct {
	Sub        string
	Status     string // "" means "Active"
	Roles      Roles
	Name       string
	GivenName  string
	FamilyName string
	Email      string
	IDNumber   string
}

// Active reports whether the member takes part now.
func (m Member) Active() bool { return m.Status == "" || strings.EqualFold(m.Status, "Active") }

// MembersQuery says which part of a roster is wanted. The zero value is all of it.
type MembersQuery struct {
	Role           string // short or full name; empty: every role
	ResourceLinkID string // only who can see this activity
	Limit          int    // members a page that the platform is asked for; 0: as it likes
}

// Members calls each with every member of a course, in the platform's order, page by page and member by
// member, so that memory does not grow with the course. address is the one that a launch told. All pages must
// be on its origin, and below the platform's own address. The parameters of the query are put into each page's address
// again, because Moodle drops the role from the next one's. Failures are [*ServiceError]; what was given to
// each before is then not the whole roster. An error of each ends it and is returned.
//
// odd counts members that were passed over because they have no id that a launch could have, or are none at all: nobody
// is known by them, and the others are the roster. One of nothing else is no roster: nonsense. Of a member with an id
// the fields that cannot be read are empty.
func (t *Tool) Members(ctx context.Context, p Platform, address string, q MembersQuery, each func(Member) error) (odd int, err error) {
	if !p.ownService(address) {
		return 0, notOwn(address)
	}
	first, err := url.Parse(address)
	if err != nil {
		return 0, &ServiceError{Code: ServiceElsewhere, Err: Redacted(err)}
	}
	count := 0
	counted := func(m Member) error {
		if count++; count > maxRosterSize {
			return &ServiceError{Code: ServiceTooLarge}
		}
		return each(m)
	}
	seen := map[string]bool{}
	for page := q.page(first); page != nil; page = q.page(page) {
		if len(seen) == maxPages || seen[page.String()] {
			return odd, &ServiceError{Code: ServiceTooLarge, Err: errors.New("too many pages, or the same one again")}
		}
		seen[page.String()] = true
		next, passed, err := t.membersPage(ctx, p, page, counted)
		if odd += passed; err != nil {
			return odd, err
		}
		if next != nil && (origin(next) != origin(first) || !p.ownService(next.String())) {
			return odd, notOwn(next.String())
		}
		page = next
	}
	if odd > 0 && count == 0 {
		return odd, &ServiceError{Code: ServiceNonsense, Status: http.StatusOK, Err: fmt.Errorf("none of %d members has an id", odd)}
	}
	return odd, nil
}

// page puts the query's parameters into an address that lacks them. What is there stays as it is, letter by
// letter.
func (q MembersQuery) page(u *url.URL) *url.URL {
	if u == nil {
		return nil
	}
	c := *u
	has := c.Query()
	for _, f := range [][2]string{{"role", q.Role}, {"rlid", q.ResourceLinkID}, {"limit", limitText(q.Limit)}} {
		if f[1] == "" || has.Has(f[0]) {
			continue
		}
		if c.RawQuery != "" {
			c.RawQuery += "&"
		}
		c.RawQuery += f[0] + "=" + url.QueryEscape(f[1])
	}
	return &c
}

func limitText(n int) string {
	if n <= 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// membersPage reads one page and returns the address of the next, nil after the last, and how many were passed over.
func (t *Tool) membersPage(ctx context.Context, p Platform, page *url.URL, each func(Member) error) (next *url.URL, odd int, err error) {
	resp, err := t.ask(ctx, p, ScopeNRPS, func() (*http.Request, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, page.String(), nil)
		if err != nil {
			return nil, fmt.Errorf("asking for the roster: %w", err)
		}
		r.Header.Set("Accept", membersType) // exactly this: Moodle compares the whole header
		return r, nil
	})
	if err != nil {
		return nil, 0, err
	}
	defer closeAnswer(resp)
	if resp.StatusCode != http.StatusOK {
		return nil, 0, failure(resp)
	}
	if odd, err = readMembers(resp.Body, each); err != nil {
		return nil, odd, err
	}
	next, err = nextPage(page, resp.Header.Values("Link"))
	return next, odd, err
}

// capped ends a body that is too large with an error instead of an end.
type capped struct {
	r    io.Reader
	left int64
}

func (c *capped) Read(b []byte) (int, error) {
	if c.left <= 0 {
		return 0, errTooLarge
	}
	n, err := c.r.Read(b[:min(int64(len(b)), c.left)])
	c.left -= int64(n)
	return n, err
}

// readMembers reads a membership container member by member.
func readMembers(body io.Reader, each func(Member) error) (odd int, err error) {
	d := json.NewDecoder(&capped{r: body, left: maxMembersPage})
	found := false
	if err := expect(d, json.Delim('{')); err != nil {
		return 0, err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return odd, broken(err)
		}
		if name != "members" || found {
			if err := passOver(d); err != nil {
				return odd, err
			}
			continue
		}
		found = true
		if odd, err = readList(d, each); err != nil {
			return odd, err
		}
	}
	if err := expect(d, json.Delim('}')); err != nil {
		return odd, err
	}
	if !found {
		return odd, broken(errors.New("no members"))
	}
	return odd, nil
}

// readList reads the list of members.
func readList(d *json.Decoder, each func(Member) error) (odd int, err error) {
	if err := expect(d, json.Delim('[')); err != nil {
		return 0, err
	}
	for d.More() {
		var m memberJSON
		err := d.Decode(&m)
		// One of another kind was read to its end, and so were its other fields: the next one begins.
		if _, kind := errors.AsType[*json.UnmarshalTypeError](err); err != nil && !kind {
			return odd, broken(err)
		}
		if m.UserID == "" || !identifier(m.UserID) {
			odd++ // nobody who could launch
			continue
		}
		if err := each(m.member()); err != nil {
			return odd, err
		}
	}
	return odd, expect(d, json.Delim(']'))
}

type memberJSON struct {
	Status     string   `json:"status"`
	Roles      []string `json:"roles"`
	UserID     string   `json:"user_id"`
	SourcedID  string   `json:"lis_person_sourcedid"`
	Name       string   `json:"name"`
	GivenName  string   `json:"given_name"`
	FamilyName string   `json:"family_name"`
	Email      string   `json:"email"`
}

func (m memberJSON) member() Member {
	return Member{
		Sub: m.UserID, Status: m.Status, Roles: ParseRoles(m.Roles), Name: m.Name, GivenName: m.GivenName,
		FamilyName: m.FamilyName, Email: m.Email, IDNumber: m.SourcedID,
	}
}

func expect(d *json.Decoder, want json.Delim) error {
	got, err := d.Token()
	if err != nil {
		return broken(err)
	}
	if got != want {
		return broken(fmt.Errorf("want %v", want))
	}
	return nil
}

// passOver passes over one value without keeping it.
func passOver(d *json.Decoder) error {
	for depth := 0; ; {
		token, err := d.Token()
		if err != nil {
			return broken(err)
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// broken tells an answer that ended too early from one that is something else.
func broken(err error) error {
	_, syntax := errors.AsType[*json.SyntaxError](err)
	_, kind := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case errors.Is(err, errTooLarge):
		return &ServiceError{Code: ServiceTooLarge, Status: http.StatusOK, Err: err}
	case syntax, kind, errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &ServiceError{Code: ServiceNonsense, Status: http.StatusOK, Err: err}
	}
	if e, ok := errors.AsType[*ServiceError](err); ok {
		return e
	}
	return &ServiceError{Code: ServiceNonsense, Status: http.StatusOK, Err: err}
}

// nextPage finds the address with rel="next" in Link headers (RFC 8288), as it is written. Quotes of any kind
// around the relation do.
func nextPage(page *url.URL, headers []string) (*url.URL, error) {
	for _, h := range headers {
		for {
			_, rest, ok := strings.Cut(h, "<")
			if !ok {
				break
			}
			address, params, ok := strings.Cut(rest, ">")
			if !ok {
				break
			}
			// The parameters end where the next address begins.
			mine, _, _ := strings.Cut(params, "<")
			h = params
			if !relNext(mine) {
				continue
			}
			next, err := page.Parse(address)
			if err != nil {
				return nil, &ServiceError{Code: ServiceNonsense, Status: http.StatusOK, Err: Redacted(err)}
			}
			return next, nil
		}
	}
	return nil, nil
}

func relNext(params string) bool {
	for f := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.Trim(f, " \t,"), "=")
		if !strings.EqualFold(strings.TrimSpace(name), "rel") {
			continue
		}
		for rel := range strings.FieldsSeq(strings.Trim(value, ` "'“”,`)) {
			if strings.EqualFold(rel, "next") {
				return true
			}
		}
	}
	return false
}
