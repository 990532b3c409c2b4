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
	tagOne    = regexp.MustCompile(`(?is)\{\s*mlang\s+([a-z0-9_-]+(?:\s*,\s*[a-z0-9_-]+)*)\s*\}(.*?)\{\s*mlang\s*\}`)
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

// Other tells whether something stands in the texts for whoever's language has no part of its own.
func Other(texts ...string) bool {
	return slices.ContainsFunc(texts, func(text string) bool {
		return slices.ContainsFunc(tagOne.FindAllStringSubmatch(text, -1), func(m []string) bool {
			return slices.Contains(tagCodes(m[1]), other) && hasWords(m[2])
		})
	})
}

// Nobody lists the codes of parts that no language reads, because there is none of that code.
func Nobody(texts ...string) []string {
	var codes []string
	for _, text := range texts {
		for _, m := range append(tagOne.FindAllStringSubmatch(text, -1), spanOne.FindAllStringSubmatch(text, -1)...) {
			for _, code := range tagCodes(m[1]) {
				if code != other && Tag(code) == "" && hasWords(m[2]) && !slices.Contains(codes, code) {
					codes = append(codes, code)
				}
			}
		}
	}
	return codes
}

// In is the text as a reader of the language sees it. Where the language has no part of its own, it is the
// English one or else the first (spans), or what stands under "other" (tags). The empty language has none.
func In(text, tag string) string {
	if tag == "" {
		return shown(text, nil)
	}
	return shown(text, []string{tag})
}

// shown is the text as Moodle shows it to whoever reads one of the languages, the best first.
func shown(text string, tags []string) string {
	text = spanGroup.ReplaceAllStringFunc(text, func(group string) string {
		parts := map[string]string{} // of equal languages the last counts
		all := spanOne.FindAllStringSubmatch(group, -1)
		for _, m := range all {
			parts[Tag(m[1])] = m[2]
		}
		for _, tag := range append(slices.Clone(tags), "en") {
			if part, ok := parts[tag]; ok {
				return part
			}
		}
		return parts[Tag(all[0][1])]
	})
	own := false
	for _, m := range tagOne.FindAllStringSubmatch(text, -1) {
		own = own || saysFor(m[1], tags)
	}
	return tagOne.ReplaceAllStringFunc(text, func(s string) string {
		m := tagOne.FindStringSubmatch(s)
		if saysFor(m[1], tags) || !own && slices.Contains(tagCodes(m[1]), other) {
			return m[2]
		}
		return ""
	})
}

func saysFor(list string, tags []string) bool {
	return slices.ContainsFunc(tagCodes(list), func(code string) bool { return code != other && slices.Contains(tags, Tag(code)) })
}

// parents are the packs of Moodle's that fall back on one whose code is no part of theirs; packs are those that
// fall back on none although their code has one in it.
var (
	parents = map[string]string{
		"nn": "no", "nb": "no", "se": "no", "sma": "no", "smj": "no", "fkv": "no", "kl": "da", "dsb": "de", "bar": "de",
		"fil": "tl", "prs": "fa", "wo": "fr", "de_comm": "de_du",
	}
	packs = []string{"es_mx", "pt_br", "zh_cn", "zh_tw", "sr_cr", "sr_lt", "en_us", "sd_ap", "ug_lt", "ug_ug"}
)

// reader lists the languages that Moodle shows to whoever has set a code: its own, then those of the packs that
// this one falls back on.
func reader(code string) []string {
	code = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(code)), "-", "_")
	var tags []string
	for code != "" {
		if t := Tag(code); t != "" && !slices.Contains(tags, t) {
			tags = append(tags, t)
		}
		parent := parents[code]
		if i := strings.LastIndexByte(code, '_'); parent == "" && i > 0 && !slices.Contains(packs, code) {
			parent = code[:i]
		}
		code = parent
	}
	return tags
}

// hasWords tells whether anything is left of a text without its markup.
func hasWords(s string) bool { return strings.TrimSpace(plain(s)) != "" }

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
