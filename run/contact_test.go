package run

import (
	"strings"
	"testing"
)

// What stands in /.well-known/security.txt is an address that a program can use, on a line of its own.
func TestSecurityContact(t *testing.T) {
	for _, c := range []struct {
		addresses, languages, policy string
		want                         string // addresses; languages; policy
		err                          string // part of it
	}{
		{languages: "en", want: ";;"},
		{addresses: "mailto:security@example.edu", languages: "en", want: "mailto:security@example.edu;en;"},
		{
			addresses: "https://example.edu/report, mailto:security@example.edu", languages: "lt,en", policy: "https://example.edu/policy",
			want: "https://example.edu/report mailto:security@example.edu;lt, en;https://example.edu/policy",
		},
		{addresses: "mailto:security@example.edu?subject=hole", languages: "pt-BR", want: "mailto:security@example.edu?subject=hole;pt-BR;"},
		{addresses: "security@example.edu", err: `"security@example.edu": want mailto:NAME@HOST or https://…`},
		{addresses: "mailto:security", err: "want mailto:NAME@HOST"},
		{addresses: "mailto:", err: "want mailto:NAME@HOST"},
		{addresses: "http://example.edu/report", err: "want mailto:NAME@HOST or https"},
		{addresses: "https:///report", err: "want mailto:NAME@HOST or https"},
		{addresses: "https://me:secret@example.edu/", err: "want mailto:NAME@HOST or https"},
		{addresses: "mailto:a@example.edu\nExpires: 2000-01-01T00:00:00Z", err: "want mailto:NAME@HOST"},
		{addresses: "mailto:ă@example.edu", err: "want mailto:NAME@HOST"},
		{addresses: "mailto:a@example.edu,", err: `""`},
		{addresses: "mailto:a@example.edu", languages: "English please", err: "want a tag such as en"},
		{addresses: "mailto:a@example.edu", err: "want a tag such as en"},
		{addresses: "mailto:a@example.edu", languages: "en", policy: "example.edu/policy", err: "want https://…"},
		{languages: "en", policy: "https://example.edu/policy", err: "needs a security contact"},
	} {
		got, err := Contact(c.addresses, c.languages, c.policy)
		switch {
		case c.err != "":
			if err == nil || !strings.Contains(err.Error(), c.err) || got.Addresses != nil {
				t.Errorf("%q, %q, %q: %v, %v", c.addresses, c.languages, c.policy, got, err)
			}
		case err != nil || strings.Join(got.Addresses, " ")+";"+got.Languages+";"+got.Policy != c.want:
			t.Errorf("%q, %q, %q: %v, %v", c.addresses, c.languages, c.policy, got, err)
		}
	}
}
