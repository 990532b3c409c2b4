package toolpolicy

import (
	"cmp"
	"slices"
	"strings"
)

// Said is what an author says about the language of texts that do not tell it: for their policy, and for all
// of the site. Both may be empty.
type Said struct{ Policy, Site string }

// Told is where the language of a version's text is from.
type Told int

// Where a language is from.
const (
	ToldByText    Told = iota // spans or tags say it
	ToldForPolicy             // the author, for this policy
	ToldForSite               // the author, for all
	ToldByWords               // a guess
	ToldByNobody
)

// view is a row as readers of one language see it, before anything is converted.
type view struct{ tag, name, summary, content string }

func (v Version) in(tag string, reads ...string) view {
	return view{tag, shown(v.Name, reads), shown(v.Summary, reads), shown(v.Content, reads)}
}

// within tells whether a reader of w misses no word of v: each part is the same or has no words.
func (v view) within(w view) bool {
	same := func(a, b string) bool { return !hasWords(a) || words(a) == words(b) }
	return same(v.name, w.name) && same(v.summary, w.summary) && same(v.content, w.content)
}

func words(s string) string { return strings.Join(strings.Fields(plain(s)), " ") }

// tell finds the languages of a row and what readers of each see. A row in one language needs to be told which.
// So does what stands under "other", if it is not just one of the translations again: it is what most people
// saw, and becomes primary.
func (c *Converted) tell(said Said) {
	v := c.row
	for _, tag := range Languages(v.Name, v.Summary, v.Content) {
		c.views = append(c.views, v.in(tag, tag))
	}
	rest := v.in("")
	switch {
	case len(c.views) == 0:
		c.judge(rest, said, said.Site)
		rest.tag = cmp.Or(c.Other, unknown)
		c.Other = ""
		c.views = []view{rest}
	case Other(v.Name, v.Summary, v.Content):
		c.tellOther(rest, said)
	}
}

// unknown stands for a language until it is told.
const unknown = "und"

func (c *Converted) tellOther(rest view, said Said) {
	if i := slices.IndexFunc(c.views, rest.within); i >= 0 {
		c.first(i)
		return
	}
	c.judge(rest, said, "")
	i := slices.IndexFunc(c.views, func(w view) bool { return w.tag == c.Other })
	if i >= 0 {
		c.Twice, c.Other = c.Other, ""
		c.first(i)
		return
	}
	rest.tag = cmp.Or(c.Other, unknown)
	c.views = slices.Insert(c.views, 0, rest)
}

// first makes one of the translations the primary one.
func (c *Converted) first(i int) {
	w := c.views[i]
	c.views = slices.Insert(slices.Delete(c.views, i, i+1), 0, w)
}

// judge finds the language of a text that does not tell it: what is said wins over the guess. before is what
// is said for the whole site, if that goes before a guess; otherwise it comes after: beside blocks of other
// languages what is said for the site means them as well.
func (c *Converted) judge(w view, said Said, before string) {
	c.Guess = Language(plain(w.name + " " + w.summary + " " + w.content))
	for _, by := range []struct {
		tag  string
		told Told
	}{{said.Policy, ToldForPolicy}, {before, ToldForSite}, {c.Guess.Tag, ToldByWords}, {said.Site, ToldForSite}} {
		if by.tag != "" {
			c.Other, c.Told = by.tag, by.told
			return
		}
	}
	c.Told = ToldByNobody
}

// Shown is the language of the text that Moodle showed to whoever had set this code.
func (c Converted) Shown(code string) string {
	reads := reader(code)
	saw := c.row.in("", reads...)
	best, tag := 0, c.views[0].tag
	for _, w := range c.views {
		n := 0
		if w.content == saw.content {
			n += 4
		}
		if w.summary == saw.summary {
			n += 2
		}
		if w.name == saw.name {
			n++
		}
		// Several languages may share a part: of equal texts it is the reader's own.
		if n *= 2; n > 0 && slices.Contains(reads, w.tag) {
			n++
		}
		if n > best {
			best, tag = n, w.tag
		}
	}
	return tag
}
