package web

import (
	"os"
	"regexp"
	"strconv"
	"testing"
)

// TestProxiesTakeWhatTheToolTakes: the printed configurations stop no form that the tool would take, and say where it
// stops itself.
func TestProxiesTakeWhatTheToolTakes(t *testing.T) {
	for _, c := range []struct {
		name, file, line string
		unit, least      int
		exactly          bool
	}{
		{"nginx lets every form through", "docs/operations.md", `client_max_body_size (\d+)m;`, 1 << 20, maxDraft + 1, false},
		{"where the tool stops", "docs/operations.md", `# the tool itself stops at (\d+) MB`, 1 << 20, maxDraft, true},
		{"Caddy keeps what may be sent twice", "deploy/Caddyfile", `request_buffers (\d+)KB`, 1000, maxBody, false},
		{"forms that may be sent twice", "deploy/Caddyfile", `they have at most (\d+) kB`, 1 << 10, maxBody, true},
		{"forms of administrators", "deploy/Caddyfile", `have up to (\d+) MB`, 1 << 20, maxDraft, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := os.ReadFile("../../" + c.file)
			if err != nil {
				t.Fatal(err)
			}
			m := regexp.MustCompile(c.line).FindSubmatch(b)
			if m == nil {
				t.Fatalf("%s has no %q", c.file, c.line)
			}
			n, err := strconv.Atoi(string(m[1]))
			if n *= c.unit; err != nil || n < c.least || c.exactly && n != c.least {
				t.Errorf("%s: %s are %d bytes, and the tool takes %d", c.file, m[0], n, c.least)
			}
		})
	}
}
