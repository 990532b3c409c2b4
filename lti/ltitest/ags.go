package ltitest

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// gradeItem is a column of the gradebook. cmid is set for an activity's own one, linkID also for those that
// a tool made for an activity; completion knows only the activity's own.
type gradeItem struct {
	id, courseID    int64
	cmid, linkID    int64
	typeID          int64 // for items made through the service
	label           string
	max             float64
	resourceID, tag string
	grades          map[int64]grade
}

// grade of one person; a nil value is a grade that was cleared.
type grade struct {
	value   *float64
	comment string
	at      time.Time
}

// Grade is what the gradebook holds for a person in an activity's own grade item. The second value is false
// if there is no grade or it was cleared.
func (p *Platform) Grade(cmid, personID int64) (float64, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	item := p.coupled(cmid)
	if item == nil || item.grades[personID].value == nil {
		return 0, false
	}
	return *item.grades[personID].value, true
}

func (p *Platform) newItem() int64 {
	p.nextItem++
	return p.nextItem
}

func (p *Platform) coupled(cmid int64) *gradeItem {
	if cmid == 0 {
		return nil
	}
	for _, i := range p.items {
		if i.cmid == cmid {
			return i
		}
	}
	return nil
}

func (p *Platform) itemsOf(a Activity) []*gradeItem {
	return slices.DeleteFunc(byID(p.items), func(i *gradeItem) bool { return i.linkID != a.ID })
}

func (p *Platform) itemURL(i *gradeItem, typeID int64) string {
	return fmt.Sprintf("%s/%d/lineitems/%d/lineitem?type_id=%d", p.Endpoint("services.php"), i.courseID, i.id, typeID)
}

type lineItemJSON struct {
	ID             string  `json:"id"`
	Label          string  `json:"label"`
	ScoreMaximum   float64 `json:"scoreMaximum"`
	ResourceID     string  `json:"resourceId"`
	Tag            string  `json:"tag"`
	ResourceLinkID string  `json:"resourceLinkId,omitempty"`
	LTILinkID      string  `json:"ltiLinkId,omitempty"`
}

func (p *Platform) itemJSON(i *gradeItem, typeID int64) lineItemJSON {
	j := lineItemJSON{ID: p.itemURL(i, typeID), Label: i.label, ScoreMaximum: i.max, ResourceID: i.resourceID, Tag: i.tag}
	if i.linkID != 0 {
		j.ResourceLinkID = strconv.FormatInt(i.linkID, 10)
		j.LTILinkID = j.ResourceLinkID
	}
	return j
}

func scope(name string) string { return "https://purl.imsglobal.org/spec/lti-ags/scope/" + name }

// item finds the line item of a call after its token and course were checked.
func (p *Platform) item(q *serviceCall, scopes ...string) (Tool, *gradeItem, error) {
	t, err := p.permit(q, q.r.URL.Query().Get("type_id"), scopes...)
	if err != nil {
		return t, nil, err
	}
	courseID := number(q.parts[0])
	if _, ok := p.courses[courseID]; !ok {
		return t, nil, refusal{http.StatusNotFound, fmt.Sprintf("Not Found: Course %s doesn't exist.", q.parts[0])}
	}
	if len(q.parts) < 2 {
		return t, nil, nil
	}
	i, ok := p.items[number(q.parts[1])]
	if !ok {
		return t, nil, refusal{http.StatusNotFound, fmt.Sprintf("Not Found: Grade item %s doesn't exist.", q.parts[1])}
	}
	if i.courseID != courseID || !p.owns(t, i) {
		return t, nil, refusal{http.StatusForbidden, "Line item does not exist."}
	}
	return t, i, nil
}

func (p *Platform) owns(t Tool, i *gradeItem) bool {
	if i.cmid == 0 {
		return i.typeID == t.TypeID
	}
	own, ok := p.typeOf(p.activities[i.cmid])
	return ok && own.TypeID == t.TypeID
}

func (p *Platform) lineItems(q *serviceCall) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	scopes := []string{scope("lineitem")}
	if q.r.Method == http.MethodGet {
		scopes = append(scopes, scope("lineitem.readonly"))
	}
	t, _, err := p.item(q, scopes...)
	if err != nil {
		return err
	}
	courseID := number(q.parts[0])
	if !p.usedIn(t, courseID) {
		return refusal{http.StatusForbidden, "Not allowed in context"}
	}
	if q.r.Method == http.MethodPost {
		return p.makeItem(q, t, courseID)
	}
	if a := q.r.Header.Get("Accept"); a != "" && a != kindItems {
		return refusal{http.StatusBadRequest, "No context or unsupported content type"}
	}
	v := q.r.URL.Query()
	items := slices.DeleteFunc(byID(p.items), func(i *gradeItem) bool {
		return i.courseID != courseID || !p.owns(t, i) ||
			v.Has("resource_id") && v.Get("resource_id") != i.resourceID ||
			v.Has("resource_link_id") && number(v.Get("resource_link_id")) != i.linkID ||
			v.Has("tag") && v.Get("tag") != i.tag
	})
	q.kind = kindItems
	list := []lineItemJSON{}
	for _, i := range p.page(q, items) {
		list = append(list, p.itemJSON(i, t.TypeID))
	}
	q.body = list
	return nil
}

// page cuts a list by limit and from, and sets the Link header with the curly quotes that Moodle has there.
func (p *Platform) page(q *serviceCall, items []*gradeItem) []*gradeItem {
	limit, from := int(number(q.r.FormValue("limit"))), max(0, int(number(q.r.FormValue("from"))))
	if limit <= 0 {
		return items
	}
	link := func(at int, rel string) string {
		v := q.r.URL.Query()
		v.Set("from", strconv.Itoa(at))
		return fmt.Sprintf("<%s%s?%s>; rel=“%s”", p.o.Issuer, q.r.URL.Path, v.Encode(), rel)
	}
	links := []string{link(0, "first"), link(from, "canonical")}
	if from+limit < len(items) {
		links = append(links, link(from+limit, "next"))
	}
	q.header.Set("Link", strings.Join(append(links, link(max(0, len(items)-limit+1), "last")), ", "))
	return items[min(from, len(items)):min(from+limit, len(items))]
}

func (p *Platform) makeItem(q *serviceCall, t Tool, courseID int64) error {
	if q.r.Header.Get("Content-Type") == kindItems {
		return refusal{http.StatusBadRequest, "No context or unsupported content type"}
	}
	in, label, limit, err := readItem(q.r.Body)
	if err != nil {
		return err
	}
	i := &gradeItem{id: p.newItem(), courseID: courseID, typeID: t.TypeID, label: label, max: limit, grades: map[int64]grade{}}
	i.resourceID, _ = in["resourceId"].(string)
	i.tag, _ = in["tag"].(string)
	for _, k := range []string{"ltiLinkId", "resourceLinkId"} {
		if id, ok := in[k].(string); ok && id != "" {
			i.linkID = number(id)
		}
	}
	if i.linkID != 0 {
		a, ok := p.activityByInstance(i.linkID)
		own, typed := p.typeOf(a)
		if !ok || !typed || own.TypeID != t.TypeID || a.CourseID != courseID {
			return refusal{http.StatusForbidden, ""}
		}
	}
	p.items[i.id] = i
	in["id"] = p.itemURL(i, t.TypeID)
	q.status, q.kind, q.body = http.StatusCreated, kindItem, in
	return nil
}

func readItem(body io.Reader) (in map[string]any, label string, limit float64, err error) {
	if json.NewDecoder(body).Decode(&in) != nil || in["scoreMaximum"] == nil || in["label"] == nil {
		return nil, "", 0, refusal{http.StatusBadRequest, "No label or Score Maximum"}
	}
	label, _ = in["label"].(string)
	limit, ok := numeric(in["scoreMaximum"])
	if !ok {
		return nil, "", 0, refusal{http.StatusBadRequest, ""}
	}
	return in, label, limit, nil
}

func (p *Platform) lineItem(q *serviceCall) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	scopes := []string{scope("lineitem")}
	if q.r.Method == http.MethodGet {
		scopes = append(scopes, scope("lineitem.readonly"))
	}
	t, i, err := p.item(q, scopes...)
	if err != nil {
		return err
	}
	switch q.r.Method {
	case http.MethodPut:
		in, label, limit, err := readItem(q.r.Body)
		if err != nil {
			return err
		}
		for who, g := range i.grades {
			if g.value != nil && i.max > 0 {
				v := *g.value / i.max * limit
				g.value = &v
				i.grades[who] = g
			}
		}
		i.label, i.max = label, limit
		i.resourceID, _ = in["resourceId"].(string)
		i.tag, _ = in["tag"].(string)
		in["id"] = p.itemURL(i, t.TypeID)
		q.kind, q.body = kindItem, in
	case http.MethodDelete:
		delete(p.items, i.id)
		q.status = http.StatusNoContent
	default:
		q.kind, q.body = kindItem, p.itemJSON(i, t.TypeID)
	}
	return nil
}

// score stores a grade by Moodle's rules: only students can be graded, a timestamp not later than the stored
// one is refused, and whatever is not fully graded clears the grade.
func (p *Platform) score(q *serviceCall) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, i, err := p.item(q, scope("score"))
	if err != nil {
		return err
	}
	bad := refusal{http.StatusBadRequest, "Incorrect score received"}
	var in map[string]any
	if q.r.Header.Get("Content-Type") != kindScore || json.NewDecoder(q.r.Body).Decode(&in) != nil {
		return bad
	}
	for _, k := range []string{"userId", "timestamp", "gradingProgress", "activityProgress"} {
		if in[k] == nil {
			return bad
		}
	}
	stamp, _ := in["timestamp"].(string)
	at, ok := iso8601(stamp)
	who := number(fmt.Sprint(in["userId"]))
	given, isGiven := numeric(in["scoreGiven"])
	limit, isLimit := numeric(in["scoreMaximum"])
	if !ok || in["scoreGiven"] != nil && (!isGiven || !isLimit) || in["scoreMaximum"] != nil && !isLimit ||
		isGiven && limit <= 0 || !p.holds(i.courseID, p.people[who], Student) {
		return bad
	}
	at = at.Truncate(time.Second)
	if old, ok := i.grades[who]; ok && !at.After(old.at) {
		return refusal{http.StatusConflict, fmt.Sprintf("Refusing score with an earlier timestamp for item %d and user %d", i.id, who)}
	}
	g := grade{at: at}
	g.comment, _ = in["comment"].(string)
	if isGiven && in["gradingProgress"] == "FullyGraded" {
		v := given / limit * i.max
		g.value = &v
	}
	i.grades[who] = g
	q.kind = kindScore
	return nil
}

type resultJSON struct {
	ID            string   `json:"id"`
	UserID        string   `json:"userId"`
	ResultScore   *float64 `json:"resultScore,omitempty"`
	ResultMaximum *float64 `json:"resultMaximum,omitempty"`
	Comment       string   `json:"comment,omitempty"`
	ScoreOf       string   `json:"scoreOf"`
	Timestamp     string   `json:"timestamp"`
}

func (p *Platform) results(q *serviceCall) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	t, i, err := p.item(q, scope("result.readonly"))
	if err != nil {
		return err
	}
	only := number(q.r.URL.Query().Get("user_id"))
	list := []resultJSON{}
	ids := make([]int64, 0, len(i.grades))
	for id := range i.grades {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		if only != 0 && only != id {
			continue
		}
		g := i.grades[id]
		own := p.itemURL(i, t.TypeID)
		r := resultJSON{
			ID:     strings.Replace(own, "/lineitem?", "/lineitem/results?", 1) + "&" + url.Values{"user_id": {strconv.FormatInt(id, 10)}}.Encode(),
			UserID: strconv.FormatInt(id, 10), Comment: g.comment, ScoreOf: own,
			Timestamp: g.at.UTC().Format("2006-01-02T15:04:05+00:00"),
		}
		if g.value != nil {
			limit := i.max
			r.ResultScore, r.ResultMaximum = g.value, &limit
		}
		list = append(list, r)
	}
	q.kind, q.body = kindResults, list
	return nil
}

// numeric is PHP's is_numeric for decoded JSON.
func numeric(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, true
	case string:
		f, err := strconv.ParseFloat(strings.TrimSpace(n), 64)
		return f, err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
	}
	return 0, false
}

func iso8601(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
