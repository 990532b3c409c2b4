package templates

import "testing"

func TestContactsThatAreAddressesAreLinks(t *testing.T) {
	for contact, want := range map[Contact]string{
		"dpo@upt.example":                    "mailto:dpo@upt.example",
		"a?bcc=b@upt.example":                "mailto:a%3Fbcc=b@upt.example",
		"https://upt.example/gdpr?a=1":       "https://upt.example/gdpr?a=1",
		"DPO <dpo@upt.example>":              "",
		"Biroul 12, luni, 10–12":             "",
		"javascript:alert(1)":                "",
		"https:":                             "",
		"dpo@upt.example, or upt@my.example": "",
	} {
		if got := contact.URL(); got != want {
			t.Errorf("%q leads to %q, want %q", contact, got, want)
		}
	}
}
