package admin

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"ltipolicy/policy"
	"ltipolicy/policy/normal"
	"ltipolicy/templates"
)

// A setting of a version has its place in this file and nowhere else in the office: how it is typed, what may be typed,
// and how it is said where two versions are compared.

var (
	policyTypes = []policy.Type{policy.TypeSite, policy.TypePrivacy, policy.TypeThirdParty, policy.TypeOther}
	audiences   = []policy.Audience{policy.AudienceAll, policy.AudienceLoggedIn, policy.AudienceGuests}
	seenBy      = []policy.Visibility{policy.VisibleToNobody, policy.VisibleToTeachers}
	policyKinds = []policy.Kind{policy.Acknowledge, policy.Agree, policy.Consent, policy.Inform}
)

// readSettings reads what was typed, as it is. The day that is planned is none of it: see readForm.
func readSettings(q url.Values) policy.Version {
	v := policy.Version{
		Type: policy.Type(short(q.Get("type"))), Audience: policy.Audience(short(q.Get("audience"))), Kind: policy.Kind(q.Get("kind")),
		Revision: normal.Line(q.Get("revision")), Contact: normal.Line(q.Get("contact")), ChangeNote: readNote(q),
		Courses: q.Get("courses") == "1", Validity: readValidity(q), Visibility: policy.Visibility(q.Get("visibility")), Form: policy.Form(q.Get("form")),
	}
	if q.Get("own") == "1" {
		v.Style = policy.StyleOwnPage
	}
	return v
}

// wrongSettings are message keys of why the settings cannot be saved.
func wrongSettings(v policy.Version) []string {
	var keys []string
	if templates.AdminKind(v.Kind) == "" || !slices.Contains(policyTypes, v.Type) || !slices.Contains(audiences, v.Audience) {
		keys = append(keys, "admin.problem.settings")
	}
	if v.Validity.Check() != nil {
		keys = append(keys, "admin.problem.validity")
	}
	if v.Form != policy.FormNone && (v.Form != policy.FormResearch || v.Kind != policy.Consent) {
		keys = append(keys, "admin.problem.form")
	}
	if len([]rune(v.Revision)) > 200 || len([]rune(v.Contact)) > 255 || len([]rune(v.ChangeNote)) > maxChangeNote {
		keys = append(keys, "admin.problem.long")
	}
	if v.VisibilityAllowed() != nil {
		keys = append(keys, "admin.problem.visibility")
	}
	return keys
}

// differences are the settings that differ, in words. The revision and the words about the change stand on the page
// by themselves.
func differences(l *templates.Locale, old, now policy.Version) []templates.ComparedSetting {
	var out []templates.ComparedSetting
	add := func(key string, old, now templates.ComparedValue) {
		old.Locale, now.Locale = l, l
		out = append(out, templates.ComparedSetting{Key: key, Old: old, New: now})
	}
	for _, x := range []struct{ key, old, now string }{
		{"admin.edit.type", l.TypeKey(old.Type), l.TypeKey(now.Type)},
		{"admin.edit.kind", l.AdminKindKey(old.Kind), l.AdminKindKey(now.Kind)},
		{"admin.edit.audience", l.AudienceKey(old.Audience), l.AudienceKey(now.Audience)},
		{"admin.compare.page", pageKey(old), pageKey(now)},
		{"admin.edit.sites", scopeKey(old), scopeKey(now)},
		{"admin.edit.visibility", l.VisibilityKey(old.Visibility), l.VisibilityKey(now.Visibility)},
		{"admin.edit.form", formKey(old), formKey(now)},
	} {
		if x.old != x.now {
			add(x.key, templates.ComparedValue{Key: x.old}, templates.ComparedValue{Key: x.now})
		}
	}
	for _, x := range []struct{ key, old, now string }{
		{"admin.publish.announced", meant(l, old, old.AnnouncedFrom), meant(l, now, now.AnnouncedFrom)},
		{"admin.edit.plan", meant(l, old, old.EffectiveFrom), meant(l, now, now.EffectiveFrom)},
		{"admin.publish.enforced", meant(l, old, old.EnforcedFrom), meant(l, now, now.EnforcedFrom)},
		{"admin.edit.validity", l.ValidityOf(old.Validity), l.ValidityOf(now.Validity)},
		{"admin.edit.contact", old.Contact, now.Contact},
	} {
		if x.old != x.now {
			add(x.key, typed(x.old), typed(x.now))
		}
	}
	if old, now := textLanguages(old), textLanguages(now); !slices.Equal(old, now) {
		add("admin.compare.languages", templates.ComparedValue{Languages: old}, templates.ComparedValue{Languages: now})
	}
	return out
}

func pageKey(v policy.Version) string {
	if v.Style == policy.StyleOwnPage {
		return "admin.own"
	}
	return "admin.compare.together"
}

func scopeKey(v policy.Version) string {
	if v.Courses {
		return "admin.scope.courses"
	}
	return "admin.scope.whole"
}

func formKey(v policy.Version) string {
	if v.Form == policy.FormResearch {
		return "admin.form.research"
	}
	return "admin.form.none"
}

// meant is one of a version's times, in the zone that was meant, or the reader's if none was named.
func meant(l *templates.Locale, v policy.Version, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	if v.Zone != "" {
		l = l.In(v.Location())
	}
	return l.DateTime(at)
}

// The fields of how long an acceptance counts: a period, or yearly and a day.
const (
	validityField    = "validity"
	validityDayField = "validityday"
	yearly           = "yearly"
)

// readValidity reads them. What is no day is no validity either, see [policy.Validity.Check].
func readValidity(q url.Values) policy.Validity {
	v := q.Get(validityField)
	if v != yearly {
		return policy.Validity(v)
	}
	_, day, _ := strings.Cut(strings.TrimSpace(q.Get(validityDayField)), "-")
	return policy.Validity("--" + day)
}

// validities are what the editor offers, with what is chosen among them, and the day of a year for its field.
func validities(l *templates.Locale, chosen policy.Validity, now time.Time) (out []templates.Option, day string) {
	all := []policy.Validity{"", "P6M", "P1Y", "P2Y", "P3Y", "P5Y"}
	on, isYearly := chosen.Yearly()
	if isYearly {
		on.Year = now.Year()
		day = on.String()
	} else if !slices.Contains(all, chosen) && chosen.Check() == nil {
		all = append(all, chosen)
	}
	for _, v := range all {
		out = append(out, templates.Option{Value: string(v), Label: l.ValidityOf(v), Selected: v == chosen})
	}
	return append(out, templates.Option{Value: yearly, Key: "validity.yearly", Selected: isYearly || strings.HasPrefix(string(chosen), "--")}), day
}

func typed(s string) templates.ComparedValue {
	if s == "" {
		return templates.ComparedValue{Key: "admin.compare.none"}
	}
	return templates.ComparedValue{Text: s}
}

// maxChangeNote bounds what is said about a change.
const maxChangeNote = 4000

// readNote reads what the author says about the change.
func readNote(q url.Values) string {
	return lines(q.Get("note"))
}

func short(s string) int16 {
	n, err := strconv.ParseInt(s, 10, 16)
	if err != nil {
		return -1
	}
	return int16(n)
}
