package toolpolicy

import (
	"context"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"ltipolicy/policy"
	"ltipolicy/policy/normal"
	"ltipolicy/policy/source"
)

// Moodle's text formats (lib/weblib.php).
const (
	formatMoodle   = 0 // HTML whose line breaks count
	formatHTML     = 1
	formatPlain    = 2
	formatMarkdown = 4
)

// Converted is a version of ours made of a row of Moodle's. Its ids and MaterialID are zero, Current is for
// the caller to say.
type Converted struct {
	Version policy.Version
	// Told is where the language of a text is from that does not tell it itself, Guess what its words say.
	Told  Told
	Guess Guess
	// Other is the language of what stands under "other"; empty if nothing does, or nothing of its own. Twice is
	// the one that would be it, but has another text of its own, which wins.
	Other, Twice string
	// Nobody are codes of no language, whose parts nobody ever saw.
	Nobody []string
	// Files are the names of the files that the texts show or link; they stay behind in Moodle.
	Files []string
	// Findings say what sanitising removed, by language and part, such as "ro content".
	Findings map[string][]source.Finding

	row   Version
	views []view
}

// Ask tells that a text has to wait until somebody says its language: nothing tells it, or it has one already
// whose text it is not, so that one of the two would be lost.
func (c Converted) Ask() bool {
	return c.Told == ToldByNobody || c.Twice != "" && c.Told != ToldForPolicy
}

// Convert makes a version of a row. said is what its author says of its language.
//
// Texts side by side in several languages become translations. The first one is primary, and before it what
// Moodle shows to everybody whose language is not among them. Compulsory policies ask for agreement, those of
// type privacy to be acknowledged, optional ones for consent. An error means that the row cannot be taken over
// at all.
func Convert(ctx context.Context, v Version, said Said) (Converted, error) {
	c := Converted{
		Version: policy.Version{
			Type: policy.Type(v.Type), Audience: policy.Audience(v.Audience), Style: policy.Style(v.Style),
			Archived: v.Archived, Revision: v.Revision,
			TimeCreated: time.Unix(v.TimeCreated, 0).UTC(), TimeModified: time.Unix(v.TimeModified, 0).UTC(),
		},
		Nobody: Nobody(v.Name, v.Summary, v.Content), Findings: map[string][]source.Finding{}, row: v,
	}
	c.Version.Kind = policy.DefaultKind(c.Version.Type)
	if v.Optional {
		c.Version.Kind = policy.Consent
	}
	if err := known(v); err != nil {
		return c, fmt.Errorf("version %d: %w", v.ID, err)
	}
	c.tell(said)
	for _, w := range c.views {
		if err := c.add(ctx, w); err != nil {
			return c, fmt.Errorf("version %d, %w", v.ID, err)
		}
	}
	slices.Sort(c.Files)
	c.Files = slices.Compact(c.Files)
	return c, nil
}

// add makes a text of what readers of one language see.
func (c *Converted) add(ctx context.Context, w view) error {
	t := policy.Text{Lang: w.tag, Name: normal.Line(strings.Join(strings.Fields(plain(w.name)), " "))}
	if t.Name == "" {
		t.Name = "–"
	}
	for _, part := range []struct {
		name, text string
		format     int
		to         *policy.SafeHTML
	}{{"summary", w.summary, c.row.SummaryFormat, &t.Summary}, {"content", w.content, c.row.ContentFormat, &t.Content}} {
		c.Files = append(c.Files, files(part.text)...)
		text, bare := source.Normal(part.text)
		format, text, err := written(text, part.format)
		if err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		raw, kept, err := toHTML(format, text)
		if err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		taken, images, odd, err := source.TakeImages(ctx, raw, nil, nil)
		if err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		safe, found, err := source.Sanitize(taken)
		if err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		c.Version.Images = append(c.Version.Images, images...)
		found = slices.Concat(bare, kept, odd, found)
		losses, err := source.Prove(format, text, safe, found)
		if err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		if *part.to = safe; len(found)+len(losses) > 0 {
			c.Findings[w.tag+" "+part.name] = append(found, losses...)
		}
	}
	var err error
	if t.Content, err = source.SeparateNotes(t.Summary, t.Content); err != nil {
		return fmt.Errorf("notes: %w", err)
	}
	c.Version.Texts = append(c.Version.Texts, t)
	return nil
}

// known refuses settings that Moodle has no meaning for.
func known(v Version) error {
	switch {
	case !slices.Contains([]int{0, 1, 2, 99}, v.Type):
		return fmt.Errorf("%w: type %d", ErrFormat, v.Type)
	case v.Audience < 0 || v.Audience > 2:
		return fmt.Errorf("%w: audience %d", ErrFormat, v.Audience)
	case v.Style < 0 || v.Style > 1:
		return fmt.Errorf("%w: agreement style %d", ErrFormat, v.Style)
	default:
		return nil
	}
}

var (
	markup     = regexp.MustCompile(`<[^>]*>`)
	pluginFile = regexp.MustCompile(`@@PLUGINFILE@@/([^"'\s<>?#)]+)`)
)

// plain is a text without its markup.
func plain(s string) string { return html.UnescapeString(markup.ReplaceAllString(s, " ")) }

// files lists the names of the files that a text mentions.
func files(text string) []string {
	var names []string
	for _, m := range pluginFile.FindAllStringSubmatch(text, -1) {
		name, err := url.PathUnescape(m[1])
		if err != nil {
			name = m[1]
		}
		names = append(names, name)
	}
	return names
}

// written is a text in one of Moodle's formats as HTML, or as Markdown where it is that, and which of the two (html, md).
func written(text string, format int) (as, src string, err error) {
	switch format {
	case formatHTML:
		return "html", text, nil
	case formatMoodle:
		return "html", breaks(betweenTags.ReplaceAllString(text, "> <")), nil
	case formatPlain:
		return "html", "<p>" + breaks(strings.ReplaceAll(html.EscapeString(text), "  ", "\u00a0 ")) + "</p>", nil
	case formatMarkdown:
		return "md", text, nil
	default:
		return "", "", fmt.Errorf("%w: text format %d", ErrFormat, format)
	}
}

// toHTML makes a tree that can be sanitised. Only Markdown has findings.
func toHTML(format, text string) (string, []source.Finding, error) {
	if format == "md" {
		return source.ImportMarkdown(text)
	}
	out, err := source.ImportHTML(text)
	return out, nil, err
}

// betweenTags is the line break between two tags, which Moodle's text_to_html takes out: those of a list are no breaks.
var betweenTags = regexp.MustCompile(`>[ \t]*\n\s*<`)

// breaks makes elements of line breaks, as Moodle's text_to_html does.
func breaks(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "<br>")
}
