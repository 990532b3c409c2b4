package launch

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"golang.org/x/text/collate"

	"ltipolicy/launch/download"
	"ltipolicy/launch/web"
	"ltipolicy/policy"
	"ltipolicy/templates"
)

// choicesPage is the address of the list of who has agreed to a policy, in a course's pages.
func choicesPage(c course, policyID int64) string {
	return c.page + "/choices/" + strconv.FormatInt(policyID, 10)
}

// choice is one participant with a free choice that is named.
type choice struct {
	templates.Participant
	agreed bool
	key    []byte // by which names are compared in the reader's language
}

// choiceList are those of a course's participants about one policy, sorted by name.
type choiceList struct {
	column   policy.Column
	people   []choice
	summary  policy.RosterSummary
	nameless bool // somebody has no name
	at       time.Time
}

// named finds the policy of the address among those of a course. One that the course does not ask, or that names nobody, is
// policy.ErrNotFound: nothing tells whether there is such a policy.
func named(columns []policy.Column, id string) (int, error) {
	at := slices.IndexFunc(columns, func(c policy.Column) bool {
		return strconv.FormatInt(c.Version.PolicyID, 10) == id && c.Version.Named()
	})
	if at < 0 {
		return 0, policy.E(policy.ErrNotFound, "").Because(errors.New("no policy of the course that names people to its teachers"))
	}
	return at, nil
}

// choicesOf reads who has agreed to the policy of the address, see [named]. Everybody is on the list, teachers too, but those who
// were erased, whom nobody could find by it.
func (t *teacher) choicesOf(ctx context.Context, c course, id string, base templates.Page) (choiceList, error) {
	var out choiceList
	var keys collate.Buffer
	names, at := collator(base.Locale), -1
	roster, err := t.fold(ctx, c, func(r *policy.Roster) error {
		out = choiceList{at: t.Now()}
		keys.Reset()
		var err error
		if at, err = named(r.Columns(), id); err == nil {
			out.column = r.Columns()[at]
		}
		return err
	}, func(row policy.RosterRow) error {
		if row.Gone() {
			return nil
		}
		x := choice{agreed: row.Cells[at].Agreed}
		x.Given, x.Family = calls(row.Participant)
		x.key = names.KeyFromString(&keys, x.Family+" "+x.Given)
		if row.Teacher {
			x.Role = "people.teacher"
		}
		out.nameless = out.nameless || x.Given == "" && x.Family == ""
		out.people = append(out.people, x)
		return nil
	})
	if err != nil {
		return out, err
	}
	out.summary = roster.Summary()
	slices.SortStableFunc(out.people, func(a, b choice) int { return bytes.Compare(a.key, b.key) })
	return out, nil
}

// choicesSeen writes into the log of the institution who was given the list of a policy. It is for ever, as what is taken
// along: the list is made to be printed.
func (t *teacher) choicesSeen(ctx context.Context, c course, of policy.Column, format string) error {
	detail := url.Values{"policy": {of.Slug}}
	if format != "" {
		detail.Set("format", format)
	}
	return t.seen(ctx, c, "participants.choices", detail.Encode())
}

// choices shows by name who of a course has agreed to a policy and who has not, so that teachers can honour it.
func (t *teacher) choices(w http.ResponseWriter, r *http.Request, c course) error {
	columns, err := t.store.RosterColumns(r.Context(), c.ses.PlatformID, c.id)
	if err != nil {
		return err
	}
	if _, err := named(columns, r.PathValue("policy")); err != nil {
		return err // before the list of participants is fetched for nothing
	}
	if c, err = t.fresh(r.Context(), c); err != nil {
		return err
	}
	base := t.Base(r, c.ses)
	list, err := t.choicesOf(r.Context(), c, r.PathValue("policy"), base)
	if err != nil {
		return err
	}
	if err := t.choicesSeen(r.Context(), c, list.column, ""); err != nil {
		return err
	}
	text, page := web.Readable(base.Locale, list.column.Version), choicesPage(c, list.column.Version.PolicyID)
	p := templates.ChoicesPage{
		Page: base, Course: c.title(), Name: text.Name, Lang: text.Lang, At: list.at,
		CSV: page + "/list.csv", XLSX: page + "/list.xlsx", Back: c.page,
	}
	if p.Roster, err = t.rosterNote(base, c, listing{summary: list.summary, nameless: list.nameless}); err != nil {
		return err
	}
	for _, x := range list.people {
		if x.agreed {
			p.Yes = append(p.Yes, x.Participant)
		} else {
			p.No = append(p.No, x.Participant)
		}
	}
	t.Render(w, r, http.StatusOK, p)
	return nil
}

// choicesCSV downloads the list as comma-separated values.
func (t *teacher) choicesCSV(w http.ResponseWriter, r *http.Request, c course) error {
	return t.exportChoices(w, r, c, download.CSV(r.URL.Query().Get("bom") == "1"))
}

// choicesXLSX downloads it as an Excel workbook.
func (t *teacher) choicesXLSX(w http.ResponseWriter, r *http.Request, c course) error {
	return t.exportChoices(w, r, c, download.XLSX(t.Now()))
}

// exportChoices writes those who have not agreed first, as the page does.
func (t *teacher) exportChoices(w http.ResponseWriter, r *http.Request, c course, format download.Format) error {
	base := t.Base(r, c.ses)
	list, err := t.choicesOf(r.Context(), c, r.PathValue("policy"), base)
	if err != nil {
		return err
	}
	if err := t.choicesSeen(r.Context(), c, list.column, format.Ending); err != nil {
		return err
	}
	out := format.File(w, t.fileName(base, c)+"-"+list.column.Slug)
	rows, err := list.write(out, format, base)
	return t.Sent(r, out.Begun(), rows, err)
}

// write puts the list into a file, and returns how many people it names.
func (l choiceList) write(out *download.File, format download.Format, base templates.Page) (rows int, err error) {
	table, err := format.Open(out)
	if err != nil {
		return 0, err
	}
	name := web.Readable(base.Locale, l.column.Version).Name
	err = table.Row([]any{base.T("download.family"), base.T("download.given"), base.T("people.role"), name, base.T("choices.when")})
	for _, agreed := range []bool{false, true} {
		says := "choices.hasnot"
		if agreed {
			says = "choices.has"
		}
		for _, x := range l.people {
			if x.agreed != agreed || err != nil {
				continue
			}
			role := ""
			if x.Role != "" {
				role = base.T(x.Role)
			}
			rows++
			err = table.Row([]any{x.Family, x.Given, role, base.T(says), l.at.UTC()})
		}
	}
	if err == nil {
		err = out.End(table)
	}
	return rows, err
}
