package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/transfer/toolpolicy"
)

// Export writes an institution's policies, and the answers of one of its sites, as SQL for that Moodle's own tables,
// whose names begin with prefix. What did not come along as it is, notes is told.
func Export(ctx context.Context, db *store.DB, p lti.Platform, prefix string, sql, notes io.Writer) error {
	out := &tables{w: toolpolicy.NewWriter(sql, prefix), text: func(h policy.SafeHTML) (string, error) { return withDataImages(ctx, db, h) }}
	left, err := db.ExportMoodle(ctx, p.InstitutionID, p.ID, out)
	if err != nil {
		return err
	}
	if out.policies == 0 {
		return errors.New("nothing to export: no policy applies on the platform or came from it")
	}
	if err := out.w.Close(); err != nil {
		return err
	}
	if out.images > 0 {
		fmt.Fprintf(notes, "%d images are in the texts themselves; Moodle does not show those until they are put in again in its editor\n", out.images)
	}
	if left.Inactive > 0 {
		fmt.Fprintf(notes, "not active there: %d policies that are asked in some courses only, or not on this site; Moodle would ask everybody\n", left.Inactive)
	}
	if left.Settings > 0 {
		fmt.Fprintf(notes, "not said there: when %d versions are announced or enforced, how long acceptances of them count, who learns choices by name, or which items their texts must have\n", left.Settings)
	}
	if left.Expired > 0 {
		fmt.Fprintf(notes, "left out: %d acceptances that have ended here; there they would count\n", left.Expired)
	}
	if left.Foreign > 0 {
		fmt.Fprintf(notes, "left out: %d answers of people whose id is not a Moodle user id\n", left.Foreign)
	}
	return nil
}

// tables writes what the store tells as rows of Moodle's.
type tables struct {
	w        *toolpolicy.Writer
	text     func(policy.SafeHTML) (string, error)
	images   int
	policies int
}

func (t *tables) Policy(id int64, sortOrder int, current int64) error {
	t.policies++
	t.w.Policy(toolpolicy.Policy{ID: id, SortOrder: sortOrder, Current: current})
	return nil
}

func (t *tables) Version(id, policyID, author int64, v policy.Version, source *store.MoodleText) error {
	row := toolpolicy.Version{
		ID: id, Type: int(v.Type), Audience: int(v.Audience), Archived: v.Archived, UserModified: author,
		TimeCreated: v.TimeCreated.Unix(), TimeModified: v.TimeModified.Unix(), PolicyID: policyID,
		Style: int(v.Style), Optional: v.Optional(), Revision: v.Revision,
	}
	if source != nil {
		row.Name, row.Summary, row.Content = source.Name, source.Summary, source.Content
		row.SummaryFormat, row.ContentFormat = source.SummaryFormat, source.ContentFormat
	} else {
		var tags, names, summaries, contents []string
		for _, text := range v.Texts {
			summary, err := t.text(text.Summary)
			if err != nil {
				return err
			}
			content, err := t.text(text.Content)
			if err != nil {
				return err
			}
			t.images += len(policy.ImagesIn(text))
			tags, names = append(tags, text.Lang), append(names, text.Name)
			summaries, contents = append(summaries, summary), append(contents, content)
		}
		row.Name, row.Summary, row.Content = toolpolicy.Spans(tags, names), toolpolicy.Spans(tags, summaries), toolpolicy.Spans(tags, contents)
		row.SummaryFormat, row.ContentFormat = 1, 1 // HTML
	}
	t.w.Version(row)
	return nil
}

func (t *tables) Answer(id, versionID int64, a store.MoodleAnswer, person, actor int64) error {
	status := 0
	if a.Accepted {
		status = 1
	}
	row := toolpolicy.Acceptance{
		ID: id, VersionID: versionID, UserID: person, Status: &status, Lang: toolpolicy.Code(a.Lang), UserModified: actor,
		TimeCreated: a.Created.Unix(), TimeModified: a.Modified.Unix(),
	}
	if a.Note != "" {
		row.Note = &a.Note
	}
	t.w.Acceptance(row)
	return nil
}
