package templates

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/feature/plural"

	"ltipolicy/connection"
	"ltipolicy/policy"
)

func TestLocaleIsChosen(t *testing.T) {
	s := newSet(t)
	for _, c := range []struct{ chosen, moodle, accept, want string }{
		{"", "", "", "en"},
		{"", "ro", "lt", "ro"},
		{"bg", "ro", "lt", "bg"},
		{"xx-nonsense!", "ro", "", "ro"},
		{"", "sr_cr", "", "sr-Cyrl"},
		{"", "sr_lt", "", "sr-Cyrl"}, // no Latin script here; still her language
		{"", "sr", "", "sr-Cyrl"},
		{"", "lt_uni", "", "lt"},
		{"", "pt_br", "", "pt"},
		{"", "pt", "", "pt"},
		{"", "en_us", "", "en"},
		{"", "ro_old", "", "ro"},
		{"", "en_kids_2", "", "en"},
		{"", "RO", "", "ro"},
		{"", "de", "", "en"},
		{"", "de", "bg;q=0.4, ro;q=0.8", "ro"},
		// Languages that x/text would hand to a neighbour.
		{"", "mk", "", "en"}, {"", "hr", "", "en"}, {"", "bs", "", "en"}, {"", "lv", "", "en"}, {"", "gl", "", "en"},
		{"", "", "de-DE,de;q=0.9,pt-BR;q=0.5", "pt"},
		{"", "", "*", "en"},
		{"", "", "\x00;;q=", "en"},
	} {
		if got := s.Locale(c.chosen, c.moodle, c.accept).Tag(); got != c.want {
			t.Errorf("Locale(%q, %q, %q) = %s, want %s", c.chosen, c.moodle, c.accept, got, c.want)
		}
	}
}

func TestPluralsFollowTheLanguage(t *testing.T) {
	s := newSet(t)
	for tag, examples := range map[string]map[int]plural.Form{
		"en":      {0: plural.Other, 1: plural.One, 2: plural.Other},
		"bg":      {0: plural.Other, 1: plural.One, 21: plural.Other},
		"pt":      {0: plural.Other, 1: plural.One, 2: plural.Other},
		"ro":      {0: plural.Few, 1: plural.One, 19: plural.Few, 20: plural.Other, 101: plural.Few, 120: plural.Other},
		"lt":      {0: plural.Other, 1: plural.One, 2: plural.Few, 10: plural.Other, 11: plural.Other, 21: plural.One, 22: plural.Few},
		"sr-Cyrl": {0: plural.Other, 1: plural.One, 3: plural.Few, 5: plural.Other, 11: plural.Other, 12: plural.Other, 21: plural.One, 22: plural.Few},
	} {
		l := s.Locale(tag, "", "")
		for n, form := range examples {
			want := l.messages["pending.minutes"][form].fill([]any{"Count", n})
			if got := l.N("pending.minutes", n); got != want {
				t.Errorf("%s, %d: %q, want %q", tag, n, got, want)
			}
		}
	}
}

// required are the plural categories that whole numbers need, and the fractions' one where a file format
// reader expects it.
var required = map[string][]plural.Form{
	"en": {plural.Other, plural.One}, "bg": {plural.Other, plural.One}, "pt": {plural.Other, plural.One},
	"ro": {plural.Other, plural.One, plural.Few}, "sr-Cyrl": {plural.Other, plural.One, plural.Few},
	"lt": {plural.Other, plural.One, plural.Few, plural.Many},
}

func TestEveryLanguageHasEveryMessage(t *testing.T) {
	s := newSet(t)
	en := s.locales.locales[0]
	for _, l := range s.locales.locales {
		for key := range l.messages {
			if _, ok := en.messages[key]; !ok {
				t.Errorf("%s: %s is not in English", l.Tag(), key)
			}
		}
		for key, english := range en.messages {
			m, ok := l.messages[key]
			if !ok {
				t.Errorf("%s: %s is missing", l.Tag(), key)
				continue
			}
			want := []plural.Form{plural.Other}
			if len(english) > 1 {
				want = required[l.Tag()]
			}
			if got := slices.Sorted(maps.Keys(m)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
				t.Errorf("%s: %s has the plural categories %v, want %v", l.Tag(), key, got, want)
			}
			for form, text := range m {
				if got, want := text.placeholders(), english[plural.Other].placeholders(); !slices.Equal(got, want) && (form != plural.One || !slices.Equal(append(got, "Count"), want)) {
					t.Errorf("%s: %s (%v) has the placeholders %v, English has %v", l.Tag(), key, form, got, want)
				}
				for i := 0; i < len(text); i += 2 {
					if strings.ContainsAny(text[i], "{}<>") {
						t.Errorf("%s: %s holds markup or a broken placeholder: %q", l.Tag(), key, text[i])
					}
				}
				if s := strings.Join(text, "x"); s == "" || s != strings.TrimSpace(s) {
					t.Errorf("%s: %s is empty or has spaces around it", l.Tag(), key)
				}
			}
		}
	}
}

// placeholders are the sorted names of a text's placeholders.
func (t text) placeholders() []string {
	var names []string
	for i := 1; i < len(t); i += 2 {
		names = append(names, t[i])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// scripts/key puts the mark before what nobody translated yet.
func TestEveryMessageIsTranslated(t *testing.T) {
	for _, l := range newSet(t).locales.locales {
		for key, forms := range l.messages {
			for _, m := range forms {
				if strings.HasPrefix(m[0], "TRANSLATE: ") {
					t.Errorf("templates/locales: %s in %s waits for its translation", key, l.tag)
				}
			}
		}
	}
}

func TestNoMessageIsMissingOrUnused(t *testing.T) {
	s := newSet(t)
	en := s.locales.locales[0]
	used := map[string]bool{}
	quoted := regexp.MustCompile(`"([a-z]+(?:\.[a-z0-9_]+)+)"`)
	for _, pattern := range []string{"html/*.html", "*.go", "../launch/*.go", "../launch/*/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range quoted.FindAllStringSubmatch(string(b), -1) {
				used[m[1]] = true
				if room, _, _ := strings.Cut(m[1], "."); rooms(en)[room] && room != "answer" && !en.Has(m[1]) {
					t.Errorf("%s uses %s, which has no message", file, m[1])
				}
			}
		}
	}
	for _, key := range composed(en) {
		used[key] = true
		if !en.Has(key) {
			t.Errorf("%s can be asked for and has no message", key)
		}
	}
	for key := range en.messages {
		if !used[key] {
			t.Errorf("%s is not used", key)
		}
	}
}

func rooms(l *Locale) map[string]bool {
	out := map[string]bool{}
	for key := range l.messages {
		room, _, _ := strings.Cut(key, ".")
		out[room] = true
	}
	return out
}

// composed are the keys that are put together at run time.
func composed(l *Locale) []string {
	var keys []string
	for code, help := range errorHelp {
		keys = append(keys, "error."+code, "help."+help)
	}
	for m := range 12 {
		keys = append(keys, "month."+[]string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"}[m])
	}
	for _, k := range []policy.Kind{policy.Acknowledge, policy.Agree, policy.Consent, policy.Inform} {
		keys = append(keys, l.KindKey(k), l.StandingKey(k, StandingAccepted), l.ActKey(k, policy.Accepted))
		if k != policy.Inform {
			keys = append(keys, statementKey(k))
		}
	}
	for _, a := range []policy.Answer{policy.Declined, policy.Withdrawn, policy.Renewed, policy.CarriedOver, policy.Imported, policy.Erased} {
		keys = append(keys, l.ActKey(policy.Consent, a))
	}
	for _, s := range []Standing{StandingDeclined, StandingWithdrawn, StandingExpired, StandingEnded, StandingPending, StandingInformed, StandingNone} {
		keys = append(keys, l.StandingKey(policy.Consent, s))
	}
	for _, v := range []policy.Type{policy.TypeSite, policy.TypePrivacy, policy.TypeThirdParty, policy.TypeOther, 42} {
		keys = append(keys, l.TypeKey(v))
	}
	for _, m := range []Mark{MarkAccepted, MarkBehalf, MarkDeclined, MarkPending, MarkOlder, MarkExpired, MarkMissing} {
		keys = append(keys, m.Key())
	}
	for _, a := range []policy.Audience{policy.AudienceAll, policy.AudienceLoggedIn, policy.AudienceGuests, 42} {
		keys = append(keys, l.AudienceKey(a))
	}
	for _, c := range connection.Checks() {
		keys = append(keys, "connection.check."+string(c))
	}
	for _, s := range connection.States() {
		keys = append(keys, "connection.state."+string(s))
	}
	for _, c := range connection.Causes() {
		keys = append(keys, "connection.cause."+string(c))
		if step := connection.StepOf(c); step != "" {
			keys = append(keys, "connection.step."+string(step))
		}
	}
	return append(keys, "choice.accepted", "choice.declined", ButtonSave, ButtonAgain, ButtonWithdraw)
}

// TestErrorsCoverTheContract: every code that a refusal can have has words of its own.
func TestErrorsCoverTheContract(t *testing.T) {
	l := newSet(t).locales.locales[0]
	for _, code := range strings.Fields(`
		state_missing state_mismatch platform_unknown platform_pending platform_disabled platform_error token_malformed token_too_long alg_refused
		kid_missing kid_unknown signature_invalid issuer_mismatch audience_mismatch azp_mismatch token_expired
		token_from_future nonce_missing nonce_mismatch nonce_replayed version_unsupported message_unsupported
		claim_missing claim_invalid deployment_unknown subject_missing jwks_unavailable
		config_invalid host_mismatch address_refused platform_unreachable registration_refused
		invitation_invalid register_outside not_found method_not_allowed forbidden no_session conflict invalid
		csrf too_large too_many unavailable busy internal`) {
		p := ErrorPage{Page: Page{Locale: l}, Code: code}
		if p.TitleKey() != "error."+code || errorHelp[code] == "" {
			t.Errorf("%s is shown as %s, %s", code, p.TitleKey(), p.HelpKey())
		}
	}
}

func TestWordsOfMoodle(t *testing.T) {
	s := newSet(t)
	for tag, want := range map[string][]string{
		"ro": {"Lista politicilor active", "Nume", "Tip", "Consimțământul utilizatorului", "Sumar", "Politică întreagă", "Politica de confidențialitate", "Toți utilizatorii"},
		"lt": {"Aktyvių politikų sąrašas", "Pavadinimas", "Tipas", "Naudotojo sutikimas", "Santrauka", "Visa politika", "Privatumo politika", "Visi naudotojai"},
	} {
		l := s.Locale(tag, "", "")
		var got []string
		for _, key := range []string{"public.heading", "public.name", "public.type", "public.consent", "policy.summary", "policy.full", "type.1", "audience.0"} {
			got = append(got, l.T(key))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want the words of the source documents %v", tag, got, want)
		}
	}
}

func TestDates(t *testing.T) {
	s := newSet(t)
	at := time.Date(2018, 5, 23, 22, 5, 0, 0, time.UTC)
	zone := time.FixedZone("EEST", 3*3600)
	for tag, want := range map[string]string{
		"en": "24 May 2018, 01:05 EEST", "ro": "24 mai 2018, 01:05 EEST", "lt": "2018 m. gegužės 24 d. 01:05 EEST",
		"bg": "24 май 2018 г., 01:05 EEST", "sr-Cyrl": "24. маја 2018. 01:05 EEST", "pt": "24 de maio de 2018, 01:05 EEST",
	} {
		l := s.Locale(tag, "", "").In(zone)
		if got := l.DateTime(at); got != want {
			t.Errorf("%s: %q, want %q", tag, got, want)
		}
		if got := l.UTC(at); !strings.Contains(got, "22:05 UTC") {
			t.Errorf("%s: UTC is %q", tag, got)
		}
	}
	if got := s.Locale("en", "", "").In(time.FixedZone("+03", 3*3600)).DateTime(at); !strings.HasSuffix(got, "UTC+03") {
		t.Errorf("zone without letters: %q", got)
	}
}

func TestMissingMessages(t *testing.T) {
	en := &Locale{tag: "en", messages: map[string]message{"a": {plural.Other: {"hello ", "Name", ""}}}}
	l := &Locale{tag: "ro", fallback: en}
	for got, want := range map[string]string{
		l.T("a", "Name", "x"): "hello x", l.T("a"): "hello {{.Name}}", l.T("b"): "b", l.N("a", 2, "Name", "y"): "hello y", l.N("c", 2): "c",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestMessageFilesAreChecked(t *testing.T) {
	for _, s := range []string{`[]`, `{"a":1}`, `{"a":{"some":"x","other":"y"}}`, `{"a":{"one":"x"}}`, `{"a":"{{.Name"}`, `{"a":"{{.}}"}`} {
		if _, err := parseMessages([]byte(s)); err == nil {
			t.Errorf("%s is accepted", s)
		}
	}
}

func TestSameAndDir(t *testing.T) {
	s := newSet(t)
	for _, c := range []struct {
		ui, text string
		same     bool
	}{
		{"sr-Cyrl", "sr", true}, {"sr-Cyrl", "sr-Latn", false}, {"pt", "pt-BR", true}, {"en", "en-GB", true}, {"en", "ro", false}, {"bg", "not a tag", false},
	} {
		if got := s.Locale(c.ui, "", "").Same(c.text); got != c.same {
			t.Errorf("%s, %s: same is %v", c.ui, c.text, got)
		}
	}
	l := s.Locale("", "", "")
	if l.Dir("ar") != "rtl" || l.Dir("he-IL") != "rtl" || l.Dir("sr-Cyrl") != "ltr" || l.Dir("?") != "ltr" {
		t.Error("wrong writing direction")
	}
	if Autonym("sr-Latn-RS") != "srpski" || Autonym("tlh") != "tlh" {
		t.Error("wrong autonym")
	}
}

// Every cause and its step stand in the document, in the words of the pages.
func TestEveryCauseIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("../docs/connection.md")
	if err != nil {
		t.Fatal(err)
	}
	l := newSet(t).locales.locales[0]
	words := func(key string) string { return regexp.MustCompile(`{{\.(\w+)}}`).ReplaceAllString(l.T(key), "*$1*") }
	for _, c := range connection.Causes() {
		step := ""
		if s := connection.StepOf(c); s != "" {
			step = words("connection.step." + string(s))
		} else if connection.StateOf(c) == connection.Wrong {
			t.Errorf("%s is wrong and has no step", c)
		}
		row := "| `" + string(c) + "` | " + words("connection.cause."+string(c)) + " | " + step + " |\n"
		if !strings.Contains(string(doc), row) {
			t.Errorf("docs/connection.md lacks the row\n%s", row)
		}
	}
	for _, c := range connection.Checks() {
		if !strings.Contains(string(doc), "| `"+string(c)+"` | ") {
			t.Errorf("docs/connection.md says nothing of %s", c)
		}
	}
}

// TestOnlySomeLanguagesAreRead: no browser asks for hundreds of languages, and each costs a search.
func TestOnlySomeLanguagesAreRead(t *testing.T) {
	s := newSet(t)
	for accept, want := range map[string]string{
		strings.Repeat("de-CH, ", 20) + "lt":      "lt",
		strings.Repeat("de-CH, ", 2000) + "lt":    "en",
		"ro, " + strings.Repeat("de-CH, ", 2000):  "ro",
		"ro," + strings.Repeat("x", 1000):         "ro",
		strings.Repeat("x", 1000):                 "en",
		strings.Repeat(",", maxAccept) + "lt":     "en",
		strings.Repeat("lt,", maxAccept/3) + "bg": "lt",
	} {
		if got := s.Locale("", "", accept).Tag(); got != want {
			t.Errorf("%.40q… gives %q, want %q", accept, got, want)
		}
	}
}
