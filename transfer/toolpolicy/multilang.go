package toolpolicy

import (
	"regexp"
	"slices"
	"strings"
)

// The two ways to write several languages into one text of Moodle's: its own filter's spans, of which at
// least two must follow one another, and the tags of the filter multilang2. Both are read as those filters
// read them (filter/multilang, filter_multilang2).
var (
	spanGroup = regexp.MustCompile(`(?is)(?:` + spanForm + `)(?:\s*` + spanForm + `)+`)
	spanOne   = regexp.MustCompile(`(?is)<span(?:\s+lang="([a-z0-9_-]+)"|\s+class="multilang"){2}\s*>(.*?)</span>`)
	tagOne    = regexp.MustCompile(`(?is)\{mlang\s+([a-z0-9_,\s-]+?)\s*\}(.*?)\{mlang\s*\}`)
)

const spanForm = `<span(?:\s+lang="[a-z0-9_-]+"|\s+class="multilang"){2}\s*>.*?</span>`

// other is multilang2's code for every language that has no text of its own.
const other = "other"

// Languages lists the tags of the languages that the texts are written in side by side, in the order in which
// they first stand there; none if they are plain.
func Languages(texts ...string) []string {
	var tags []string
	add := func(code string) {
		if t := Tag(code); t != "" && !slices.Contains(tags, t) {
			tags = append(tags, t)
		}
	}
	for _, text := range texts {
		for _, group := range spanGroup.FindAllString(text, -1) {
			for _, m := range spanOne.FindAllStringSubmatch(group, -1) {
				add(m[1])
			}
		}
		for _, m := range tagOne.FindAllStringSubmatch(text, -1) {
			for _, code := range tagCodes(m[1]) {
				if code != other {
					add(code)
				}
			}
		}
	}
	return tags
}

func tagCodes(list string) []string {
	return strings.FieldsFunc(strings.ToLower(list), func(r rune) bool { return r == ',' || r <= ' ' })
}

// In is the text as a reader of the language sees it. Where the language has no part of its own, it is the
// first one (spans), or what stands under "other" (tags).
func In(text, tag string) string {
	text = spanGroup.ReplaceAllStringFunc(text, func(group string) string {
		parts := spanOne.FindAllStringSubmatch(group, -1)
		for _, m := range parts {
			if Tag(m[1]) == tag {
				return m[2]
			}
		}
		return parts[0][2]
	})
	own := false
	for _, m := range tagOne.FindAllStringSubmatch(text, -1) {
		own = own || saysFor(m[1], tag)
	}
	return tagOne.ReplaceAllStringFunc(text, func(s string) string {
		m := tagOne.FindStringSubmatch(s)
		if saysFor(m[1], tag) || !own && slices.Contains(tagCodes(m[1]), other) {
			return m[2]
		}
		return ""
	})
}

func saysFor(list, tag string) bool {
	return slices.ContainsFunc(tagCodes(list), func(code string) bool { return code != other && Tag(code) == tag })
}

// innerSpan is a span within a text: Moodle's filter would take its end for the end of the language.
var innerSpan = regexp.MustCompile(`(?i)</?span(?:\s[^>]*)?>`)

// Spans writes texts in several languages as one text for Moodle's filter, the first language first. One
// text, or equal ones, need no spans. The marks of words in a third language are lost.
func Spans(tags, texts []string) string {
	if len(slices.Compact(slices.Clone(texts))) == 1 {
		return texts[0]
	}
	var b strings.Builder
	for i, tag := range tags {
		b.WriteString(`<span lang="` + Code(tag) + `" class="multilang">` + innerSpan.ReplaceAllString(texts[i], "") + `</span>`)
	}
	return b.String()
}
