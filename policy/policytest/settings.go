// Package policytest helps tests that have to try every setting of a version, or hold a text against its source. It owns
// a version with values of its settings and another value for each, and a reading of its own of what a page shows; it
// knows nothing of where settings are stored, written or shown. Start reading at [Settings] and [Unsaid].
package policytest

import (
	"reflect"
	"testing"
	"time"

	"ltipolicy/policy"
)

// Setting is one field of [policy.Version] that somebody chooses.
type Setting struct {
	Field string
	value reflect.Value
}

// Change gives it another value than it has in [Setting.Version].
func (s Setting) Change(v *policy.Version) {
	reflect.ValueOf(v).Elem().FieldByName(s.Field).Set(s.value)
}

// Same reports whether two versions have the same value of it.
func (s Setting) Same(a, b policy.Version) bool {
	of := func(v policy.Version) any { return reflect.ValueOf(v.Settings()).FieldByName(s.Field).Interface() }
	return reflect.DeepEqual(of(a), of(b))
}

// Version is a version in which the setting has a value that the store takes, and takes another one.
func (s Setting) Version() policy.Version {
	v := Version()
	if need := needs[s.Field]; need != nil {
		need(&v)
	}
	return v
}

// Version is a version that the store takes, with a text in English and its translation.
func Version() policy.Version {
	return policy.Version{
		Type: policy.TypeSite, Audience: policy.AudienceAll, Style: policy.StyleConsentPage, Kind: policy.Consent, Revision: "1",
		EffectiveFrom: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), Zone: "UTC", ChangeNote: "First.", Contact: "dpo@example.org",
		SortOrder: 10,
		Texts:     []policy.Text{{Lang: "en", Name: "House rules", Summary: "<p>Quiet.</p>", Content: "<p>Be quiet.</p>" + items}, {Lang: "lt", Name: "Namų taisyklės", Summary: "<p>Tyla.</p>", Content: "<p>Būkite tylūs.</p>" + items}},
	}
}

// items are what a text must have to be one about research, see package research.
const items = `<h3 id="s-1"><a id="s-research-purpose"></a>1</h3><p>a</p><h3 id="s-2"><a id="s-research-storage"></a>2</h3><p>b</p>` +
	`<h3 id="s-3"><a id="s-research-responsible"></a>3</h3><p>c</p><h3 id="s-4"><a id="s-research-officer"></a>4</h3><p>d</p>` +
	`<h3 id="s-5"><a id="s-research-authority"></a>5</h3><p>e</p><h3 id="s-6"><a id="s-research-agreement"></a>6</h3><p>f</p>`

// others are the other values of settings that do not take just any.
var others = map[string]any{
	"Type": policy.TypePrivacy, "Audience": policy.AudienceLoggedIn, "Style": policy.StyleOwnPage, "Kind": policy.Acknowledge,
	"EnforcedFrom": time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC), "AnnouncedFrom": time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
	"Zone": "Europe/Vilnius", "Validity": policy.Validity("P1Y"), "Visibility": policy.VisibleToTeachers, "Form": policy.FormResearch,
}

// needs are what a version must be besides, of settings whose other value not every version may have.
var needs = map[string]func(*policy.Version){
	"Visibility":   func(v *policy.Version) { v.Kind, v.Courses = policy.Consent, true },
	"EnforcedFrom": func(v *policy.Version) { v.Kind = policy.Agree },
}

// Settings are all settings of a version: what its method Settings leaves as it is. A field that is added to
// [policy.Version] is among them by itself.
func Settings(t testing.TB) []Setting {
	t.Helper()
	var list []Setting
	for f := range reflect.TypeFor[policy.Version]().Fields() {
		v := Version()
		field := reflect.ValueOf(&v).Elem().FieldByIndex(f.Index)
		x, ok := others[f.Name]
		if !ok {
			x = another(field)
		}
		if x == nil {
			t.Errorf("policy.Version has a field %s of which no test knows another value: name one in others of policy/policytest/settings.go", f.Name)
			continue
		}
		s := Setting{f.Name, reflect.ValueOf(x).Convert(f.Type)}
		if s.Change(&v); !policy.SameSettings(v, Version()) {
			list = append(list, s)
		}
	}
	return list
}

// another is another value of the field's type, nil for a type of which none is known.
func another(field reflect.Value) any {
	switch x := field.Interface().(type) {
	case time.Time:
		return x.AddDate(0, 0, 1)
	case policy.Day:
		return policy.Day{Year: 2027, Month: time.March, Day: 1}
	}
	switch field.Kind() {
	case reflect.Bool:
		return !field.Bool()
	case reflect.String:
		return field.String() + "x"
	case reflect.Int, reflect.Int16, reflect.Int64:
		return field.Int() + 1
	case reflect.Slice:
		return reflect.MakeSlice(field.Type(), 1, 1).Interface()
	}
	return nil
}
