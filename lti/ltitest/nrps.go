package ltitest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

type member struct {
	Status     string           `json:"status"`
	Roles      []string         `json:"roles"`
	Message    []map[string]any `json:"message,omitempty"`
	UserID     string           `json:"user_id"`
	SourcedID  string           `json:"lis_person_sourcedid"`
	Name       string           `json:"name,omitempty"`
	GivenName  string           `json:"given_name,omitempty"`
	FamilyName string           `json:"family_name,omitempty"`
	Email      string           `json:"email,omitempty"`
	Username   string           `json:"ext_user_username,omitempty"`
}

// members is the roster of a course. As in Moodle the next page's address has lost the role, while from
// counts only people of that role: who does not add it again skips or repeats people.
func (p *Platform) members(q *serviceCall) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	courseID, typeID := number(q.parts[1]), q.parts[2]
	t, err := p.permit(q, typeID, ScopeNRPS)
	if err != nil {
		return err
	}
	course, ok := p.courses[courseID]
	if !ok || !p.usedIn(t, courseID) {
		return refusal{http.StatusNotFound, ""}
	}
	role, limit, from := q.r.FormValue("role"), int(number(q.r.FormValue("limit"))), int(number(q.r.FormValue("from")))
	if limit <= 0 {
		limit, from = 0, 0
	}
	var link *Activity
	if id := q.r.FormValue("rlid"); id != "" {
		a, ok := p.activityByInstance(number(id))
		if !ok {
			return refusal{http.StatusNotFound, ""}
		}
		link = &a
	}
	people := p.roster(course.ID, role, link)
	endpoint := p.membershipsURL(course.ID, t.TypeID)
	page := people
	if limit > 0 {
		page = people[min(from, len(people)):min(from+limit, len(people))]
		if from+limit < len(people) {
			next := fmt.Sprintf("%s?limit=%d&from=%d", endpoint, limit, from+limit)
			if link != nil {
				next += fmt.Sprintf("&rlid=%d", link.ID)
			}
			q.header.Set("Link", "<"+next+`>; rel="next"`)
			if p.o.ShortPages && len(page) > 1 {
				page = page[:len(page)-1]
			}
		}
	}
	members := make([]member, 0, len(page))
	for _, x := range page {
		members = append(members, p.member(x, course.ID, link, t))
	}
	context := courseContext(course)
	delete(context, "type")
	q.kind = kindMembers
	q.body = struct {
		ID      string         `json:"id"`
		Context map[string]any `json:"context"`
		Members []member       `json:"members"`
	}{endpoint, context, members}
	return nil
}

func (p *Platform) member(x Person, courseID int64, link *Activity, t Tool) member {
	m := member{Status: "Active", Roles: p.rosterRoles(courseID, x), UserID: strconv.FormatInt(x.ID, 10), SourcedID: x.IDNumber}
	if link != nil {
		message := map[string]any{ClaimMessageType: resourceLinkRequest}
		if p.coupled(link.CMID) != nil {
			message[ClaimOutcome] = p.outcome(*link, x.ID, t)
		}
		m.Message = []map[string]any{message}
	}
	if t.ShareName {
		m.Name, m.GivenName, m.FamilyName, m.Username = x.Name(), x.FirstName, x.LastName, x.Username
	}
	if t.ShareEmail {
		m.Email = x.Email
	}
	return m
}

// roster lists the active enrolments of a course, by surname as Moodle's database sorts. A role that Moodle
// does not know filters nothing.
func (p *Platform) roster(courseID int64, role string, link *Activity) []Person {
	const prefix = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
	if role != "" && !strings.HasPrefix(role, "http://") && !strings.HasPrefix(role, "https://") {
		role = prefix + role
	}
	var out []Person
	for id, e := range p.enrolments[courseID] {
		x, ok := p.people[id]
		switch {
		case !ok || e.suspended,
			role == RoleInstructor && !p.edits(courseID, x),
			role == RoleLearner && p.edits(courseID, x),
			link != nil && !p.available(*link, x):
			continue
		}
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b Person) int {
		return cmp.Or(
			cmp.Compare(collationKey(a.LastName), collationKey(b.LastName)),
			cmp.Compare(collationKey(a.FirstName), collationKey(b.FirstName)),
			cmp.Compare(a.ID, b.ID))
	})
	return out
}
