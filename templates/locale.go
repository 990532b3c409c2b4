package templates

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"ltipolicy/policy"
)

//go:embed locales/*.json
var localeFiles embed.FS

// languages are the interface languages, English first: it is the fallback for every other one.
var languages = []struct {
	file   string
	tag    language.Tag // as in lang attributes and in events
	plural language.Tag // whose plural rules count
}{
	{"en", language.English, language.English},
	{"ro", language.Romanian, language.Romanian},
	{"lt", language.Lithuanian, language.Lithuanian},
	{"bg", language.Bulgarian, language.Bulgarian},
	{"sr", language.MustParse("sr-Cyrl"), language.MustParse("sr-Cyrl")},
	// Plain "pt" counts 0 as one, which is Brazilian usage; the texts are European.
	{"pt", language.Portuguese, language.EuropeanPortuguese},
}

// moodleCodes are Moodle's language codes that do not say in BCP 47 what they mean. x/text would read CR and
// LT as Costa Rica and Lithuania.
var moodleCodes = map[string]string{
	"sr_cr": "sr-Cyrl", "sr_cr_bo": "sr-Cyrl", "sr_lt": "sr-Latn", "sr_lt_bo": "sr-Latn",
	"lt_uni": "lt", "pt_br": "pt", "en_us": "en", "en_ar": "en", "mo": "ro",
}

// Locale is one interface language with a time zone. It is immutable and safe for concurrent use.
type Locale struct {
	tag      string
	plural   language.Tag
	zone     *time.Location
	messages map[string]message
	fallback *Locale // English; nil for English itself
}

// message holds a parsed text for each plural form; a message without plurals has only Other.
type message map[plural.Form]text

// text alternates literal pieces and placeholder names, literal first.
type text []string

type catalogue struct {
	locales []*Locale
	matcher language.Matcher
}

// pluralForms are the plural categories of go-i18n's file format.
var pluralForms = map[string]plural.Form{
	"zero": plural.Zero, "one": plural.One, "two": plural.Two,
	"few": plural.Few, "many": plural.Many, "other": plural.Other,
}

func loadCatalogue() (*catalogue, error) {
	c := &catalogue{}
	var tags []language.Tag
	for _, lang := range languages {
		b, err := localeFiles.ReadFile("locales/" + lang.file + ".json")
		if err != nil {
			return nil, err
		}
		l := &Locale{tag: lang.tag.String(), plural: lang.plural, zone: time.UTC}
		if l.messages, err = parseMessages(b); err != nil {
			return nil, fmt.Errorf("%s: %w", lang.file, err)
		}
		if len(c.locales) > 0 {
			l.fallback = c.locales[0]
		}
		c.locales = append(c.locales, l)
		tags = append(tags, lang.tag)
	}
	c.matcher = language.NewMatcher(tags)
	return c, nil
}

// parseMessages reads go-i18n's JSON format: a string, or an object with a text for each plural category.
func parseMessages(b []byte) (map[string]message, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return nil, err
	}
	out := make(map[string]message, len(raw))
	for _, key := range slices.Sorted(maps.Keys(raw)) {
		forms := map[string]string{}
		if err := json.Unmarshal(raw[key], &forms); err != nil {
			var one string
			if json.Unmarshal(raw[key], &one) != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			forms = map[string]string{"other": one}
		}
		m := message{}
		for name, s := range forms {
			form, ok := pluralForms[name]
			if !ok {
				return nil, fmt.Errorf("%s: unknown plural category %q", key, name)
			}
			t, err := parseText(s)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			m[form] = t
		}
		if m[plural.Other] == nil {
			return nil, fmt.Errorf("%s: no text for category other", key)
		}
		out[key] = m
	}
	return out, nil
}

// parseText splits a text at its placeholders, written {{.Name}}.
func parseText(s string) (text, error) {
	var t text
	for {
		before, rest, ok := strings.Cut(s, "{{.")
		if !ok {
			return append(t, s), nil
		}
		name, after, ok := strings.Cut(rest, "}}")
		if !ok || name == "" {
			return nil, fmt.Errorf("placeholder not closed in %q", s)
		}
		t = append(t, before, name)
		s = after
	}
}

// maxAccept is how much of Accept-Language is read: some thirty languages.
const maxAccept = 300

// choose implements [Set.Locale].
func (c *catalogue) choose(chosen, moodle, acceptLanguage string) *Locale {
	for _, s := range []string{chosen, moodle} {
		if tag, ok := parseTag(s); ok {
			if l, ok := c.match(tag); ok {
				return l
			}
		}
	}
	// A malformed header is as good as none, and so is what nobody's browser sends: each language costs a search.
	if len(acceptLanguage) > maxAccept {
		acceptLanguage = acceptLanguage[:max(0, strings.LastIndexByte(acceptLanguage[:maxAccept], ','))]
	}
	accepted, _, _ := language.ParseAcceptLanguage(acceptLanguage)
	for _, tag := range accepted {
		if l, ok := c.match(tag); ok {
			return l
		}
	}
	return c.locales[0]
}

// match finds the locale of the tag's own language. The matcher alone would give a Bulgarian reader Serbian
// if Bulgarian were missing; readers of other languages are better served with English.
func (c *catalogue) match(tag language.Tag) (*Locale, bool) {
	_, i, confidence := c.matcher.Match(tag)
	if confidence == language.No {
		return nil, false
	}
	want, _ := tag.Base()
	have, _ := languages[i].tag.Base()
	return c.locales[i], want == have
}

// parseTag reads a BCP 47 tag or a Moodle language code. Suffixes that Moodle's local language packs add
// ("ro_old", "en_kids") are cut until the rest is a language.
func parseTag(s string) (language.Tag, bool) {
	s = strings.ToLower(s)
	if known, ok := moodleCodes[s]; ok {
		s = known
	}
	parts := strings.Split(strings.ReplaceAll(s, "_", "-"), "-")
	// Of "ro-old" x/text would make the language "old": three letters are never meant as an extended language.
	s = strings.Join(slices.DeleteFunc(parts[1:], func(p string) bool { return len(p) == 3 && p[0] > '9' }), "-")
	s = strings.TrimSuffix(parts[0]+"-"+s, "-")
	for s != "" {
		if tag, err := language.Parse(s); err == nil && tag != language.Und {
			return tag, true
		}
		s = s[:max(0, strings.LastIndexByte(s, '-'))]
	}
	return language.Und, false
}

// In returns the locale with times shown in zone.
func (l *Locale) In(zone *time.Location) *Locale {
	c := *l
	c.zone = zone
	return &c
}

// Tag is the language in BCP 47, as in lang attributes and in events: "en", "sr-Cyrl".
func (l *Locale) Tag() string { return l.tag }

// T is the message of a key. Pairs are names of placeholders and their values, in turn. A missing message
// is shown in English, a missing key as itself.
func (l *Locale) T(key string, pairs ...any) string {
	m, ok := l.messages[key]
	if !ok {
		if l.fallback != nil {
			return l.fallback.T(key, pairs...)
		}
		return key
	}
	return m[plural.Other].fill(pairs)
}

// N is the message of a key in the plural form for n, which is also the value of the placeholder Count.
func (l *Locale) N(key string, n int, pairs ...any) string {
	m, ok := l.messages[key]
	if !ok {
		if l.fallback != nil {
			return l.fallback.N(key, n, pairs...)
		}
		return key
	}
	return m.of(l, n).fill(append(pairs, "Count", n))
}

// of is the text in the plural form for n.
func (m message) of(l *Locale, n int) text {
	if t, ok := m[plural.Cardinal.MatchPlural(l.plural, n, 0, 0, 0, 0)]; ok {
		return t
	}
	return m[plural.Other]
}

// Has reports whether the catalogue knows the key.
func (l *Locale) Has(key string) bool {
	_, ok := l.messages[key]
	return ok || l.fallback != nil && l.fallback.Has(key)
}

// fill puts values in the places of placeholders. A placeholder without value stays visible.
func (t text) fill(pairs []any) string {
	if len(t) == 1 {
		return t[0]
	}
	var b strings.Builder
	for i, s := range t {
		if i%2 == 0 {
			b.WriteString(s)
			continue
		}
		fmt.Fprint(&b, valueOf(s, pairs))
	}
	return b.String()
}

// valueOf is what stands for a placeholder: itself if it has no value.
func valueOf(name string, pairs []any) any {
	value := any("{{." + name + "}}")
	for j := 0; j+1 < len(pairs); j += 2 {
		if pairs[j] == name {
			value = pairs[j+1]
		}
	}
	return value
}

// Zone is the zone in which times are shown.
func (l *Locale) Zone() *time.Location { return l.zone }

// DayAt is the day of a time in the locale's zone.
func (l *Locale) DayAt(t time.Time) policy.Day { return policy.DayOf(t.In(l.zone)) }

// FigureDay is the day of a figure that was counted by day: such days come as midnight in UTC, whatever zone they were
// counted in.
func (l *Locale) FigureDay(t time.Time) policy.Day { return policy.DayOf(t.UTC()) }

func (l *Locale) figureDay(t time.Time) string { return l.Day(l.FigureDay(t)) }

// Date is the day of a time in the locale's zone, in words: "23 November 2026".
func (l *Locale) Date(t time.Time) string { return l.Day(l.DayAt(t)) }

// DateTime is the day and time in the locale's zone, with the zone's short name.
func (l *Locale) DateTime(t time.Time) string { return l.minute(t.In(l.zone)) }

// UTC is the day and time in UTC.
func (l *Locale) UTC(t time.Time) string { return l.minute(t.UTC()) }

// Machine is the time for datetime attributes.
func (l *Locale) Machine(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Day is a day in words; it is the same in every zone. No day is no words.
func (l *Locale) Day(d policy.Day) string {
	if d.IsZero() {
		return ""
	}
	month := l.T("month." + strconv.Itoa(int(d.Month)))
	return l.T("date.day", "Day", d.Day, "Month", month, "Year", d.Year)
}

// DayOfYear is a day in words without its year.
func (l *Locale) DayOfYear(d policy.Day) string {
	return l.T("date.yearday", "Day", d.Day, "Month", l.T("month."+strconv.Itoa(int(d.Month))))
}

func (l *Locale) minute(t time.Time) string {
	return l.T("date.time", "Date", l.Day(policy.DayOf(t)), "Time", t.Format("15:04"), "Zone", zoneName(t))
}

// zoneName is "UTC", "EET" or, for zones without letters, "UTC+03".
func zoneName(t time.Time) string {
	name, _ := t.Zone()
	if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
		return "UTC" + name
	}
	return name
}
