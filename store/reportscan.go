package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ltipolicy/policy"
)

// A page that has to look at many people to find few looks at so many, in steps that grow, and then ends. The
// more has to be looked up about each, the fewer they are.
const (
	scanFirst = 1000
	scanMost  = 14000
)

func (s *reportScope) scanMost() int { return scanMost * 4 / (4 + len(s.columns)) }

// page finds the people of a page on each platform and puts them together.
func (s *reportScope) page(ctx context.Context, after ReportKey) (ReportPage, error) {
	p := ReportPage{Columns: s.columns}
	var keys []ReportKey
	var edge *ReportKey // up to here every platform was read
	for _, platform := range s.platforms {
		found, until, err := s.scan(ctx, platform, after)
		if err != nil {
			return p, err
		}
		keys = append(keys, found...)
		if until != nil && (edge == nil || until.compare(*edge) < 0) {
			edge = until
		}
	}
	slices.SortFunc(keys, ReportKey.compare)
	if edge != nil {
		p.More, p.Next = true, *edge
		keys = slices.DeleteFunc(keys, func(k ReportKey) bool { return k.compare(*edge) > 0 })
	}
	if len(keys) > s.q.Limit {
		keys = keys[:s.q.Limit]
		p.More, p.Next = true, keys[len(keys)-1]
	}
	var err error
	p.Rows, err = s.details(ctx, keys)
	return p, err
}

// scan finds at most one person more than fit the page. until is the place up to which the platform was
// looked through, nil if it was to its end.
func (s *reportScope) scan(ctx context.Context, platform string, after ReportKey) (found []ReportKey, until *ReportKey, err error) {
	c := s.conditions(platform)
	if c.never {
		return nil, nil, nil
	}
	step := scanFirst
	if !c.dear || s.q.ContextID != "" { // a course is small
		step = 0
	}
	for looked := 0; ; {
		var edge *ReportKey
		if step > 0 {
			if edge, err = s.step(ctx, platform, after, step); err != nil {
				return nil, nil, err
			}
		}
		some, err := s.find(ctx, platform, c, after, edge, s.q.Limit+1-len(found))
		if err != nil {
			return nil, nil, err
		}
		found = append(found, some...)
		if len(found) > s.q.Limit {
			last := found[len(found)-1]
			return found, &last, nil
		}
		if edge == nil {
			return found, nil, nil
		}
		most := s.scanMost()
		if looked += step; looked >= most {
			return found, edge, nil
		}
		after = *edge
		step = min(4*step, most-looked)
	}
}

const stepQuery = `
	SELECT u.sortname, u.id FROM lti_user u
	WHERE u.platformid = ? AND u.class = ? AND u.sortname >= ? AND (u.sortname > ? OR u.id > ?)
	ORDER BY u.sortname, u.id LIMIT 1 OFFSET ?`

// step finds the person some places further on, nil if there are not so many.
func (s *reportScope) step(ctx context.Context, platform string, after ReportKey, n int) (*ReportKey, error) {
	var at []struct {
		Name string `db:"sortname"`
		ID   int64  `db:"id"`
	}
	err := s.db.r.SelectContext(ctx, &at, stepQuery, platform, s.q.Class, after.Name, after.Name, after.ID, n-1)
	if err != nil || len(at) == 0 {
		return nil, err
	}
	return &ReportKey{at[0].Name, at[0].ID}, nil
}

// reportFilter is the conditions of a query on one platform.
type reportFilter struct {
	sql   string
	args  []any
	dear  bool // each person costs more than a look into the index
	never bool // nobody fits
}

func (f *reportFilter) and(sql string, args ...any) {
	f.sql += " AND " + sql
	f.args = append(f.args, args...)
}

func (s *reportScope) conditions(platform string) reportFilter {
	var f reportFilter
	for _, word := range strings.Fields(policy.Fold(s.q.Text)) {
		f.and(`INSTR(u.search, ?) > 0`, word)
	}
	if s.q.Role != "" && s.q.ContextID == "" {
		f.dear = true
		f.and(`EXISTS (SELECT 1 FROM lti_membership r WHERE r.userid = u.id AND INSTR(r.roles, ?) > 0)`, s.q.Role)
	}
	if s.q.Status == ReportAny {
		return f
	}
	f.dear = true
	whom := func(c ReportColumn) asked { return s.asked(c, platform, s.q.Class) }
	switch s.q.Status {
	case ReportAccepted: // everything that they are asked, and something
		f.each(" AND ", s.columns, func(c ReportColumn) (string, []any) { return c.accepted(whom(c)) })
		if !slices.ContainsFunc(s.columns, func(c ReportColumn) bool { return whom(c).everybody() }) {
			f.each(" OR ", s.columns, func(c ReportColumn) (string, []any) { return c.stands(`1`) })
		}
	case ReportDeclined:
		f.each(" OR ", s.columns, func(c ReportColumn) (string, []any) { return c.stands(`0`) })
	case ReportExpired:
		f.each(" OR ", s.columns, func(c ReportColumn) (string, []any) { return c.stands(ended) })
	default:
		if _, some := s.erased[platform]; some { // they are counted, and nobody can ask them
			f.and(`u.timeerased IS NULL`)
		}
		asking := slices.DeleteFunc(slices.Clone(s.columns), func(c ReportColumn) bool { return whom(c).nobody })
		f.each(" OR ", asking, func(c ReportColumn) (string, []any) { return c.pending(whom(c)) })
	}
	return f
}

// each adds a condition for every column. Without columns nobody fits.
func (f *reportFilter) each(join string, columns []ReportColumn, condition func(ReportColumn) (string, []any)) {
	conditions := make([]string, len(columns))
	var args []any
	for i, c := range columns {
		var more []any
		conditions[i], more = condition(c)
		args = append(args, more...)
	}
	f.never = f.never || len(columns) == 0
	f.and("("+strings.Join(conditions, join)+")", args...)
}

// find returns the people after one place and up to another, nil being the end, who fit.
func (s *reportScope) find(ctx context.Context, platform string, c reportFilter, after ReportKey, edge *ReportKey, limit int) ([]ReportKey, error) {
	query, args := s.findQuery(platform, c, after, edge, limit)
	rows, err := s.db.r.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err tells what went wrong
	var keys []ReportKey
	for rows.Next() {
		var k ReportKey
		if err := rows.Scan(&k.Name, &k.ID); err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, rows.Err()
}

func (s *reportScope) findQuery(platform string, c reportFilter, after ReportKey, edge *ReportKey, limit int) (string, []any) {
	// A course is read from its members, everything else from the index in the order of names.
	from, args := `lti_user u WHERE u.platformid = ?`, []any{platform}
	if s.q.ContextID != "" {
		from = `lti_membership m CROSS JOIN lti_user u ON u.id = m.userid WHERE m.platformid = ? AND m.contextid = ?`
		args = append(args, s.q.ContextID)
		if s.q.Role != "" {
			from += ` AND INSTR(m.roles, ?) > 0`
			args = append(args, s.q.Role)
		}
	}
	from += ` AND u.class = ? AND u.sortname >= ? AND (u.sortname > ? OR u.id > ?)`
	args = append(args, s.q.Class, after.Name, after.Name, after.ID)
	if edge != nil {
		from += ` AND u.sortname <= ? AND (u.sortname < ? OR u.id <= ?)`
		args = append(args, edge.Name, edge.Name, edge.ID)
	}
	return fmt.Sprintf(`SELECT u.sortname, u.id FROM %s%s ORDER BY u.sortname, u.id LIMIT ?`, from, c.sql),
		append(append(args, c.args...), limit)
}
