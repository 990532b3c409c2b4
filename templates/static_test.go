package templates

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

func TestStaticAddressesCarryTheirContent(t *testing.T) {
	s := newSet(t)
	for name, typ := range map[string]string{"app.css": "text/css; charset=utf-8", "app.js": "text/javascript; charset=utf-8"} {
		address := s.static.address(name)
		if !regexp.MustCompile(`^/static/[0-9a-f]{16}/app\.(css|js)$`).MatchString(address) {
			t.Errorf("%s has the address %q", name, address)
		}
		content, got, ok := s.StaticFile(address)
		if !ok || got != typ || len(content) == 0 {
			t.Errorf("%s: %v, %q, %d bytes", address, ok, got, len(content))
		}
	}
	for _, path := range []string{"", "/static/", "/static/app.css", "app.css", "/static/../pages.go", "/static/0000000000000000/app.css"} {
		if _, _, ok := s.StaticFile(path); ok {
			t.Errorf("%q is served", path)
		}
	}
}

func TestStaticFilesAskNobodyElse(t *testing.T) {
	s := newSet(t)
	for path, f := range s.static.files {
		// The name of SVG's vocabulary is no address that anything asks.
		content := bytes.ReplaceAll(f.content, []byte(`xmlns="http://www.w3.org/2000/svg"`), nil)
		if bytes.Contains(content, []byte("//")) && regexp.MustCompile(`(https?:)?//[a-z0-9-]+\.[a-z]`).Match(content) {
			t.Errorf("%s names another host", path)
		}
		if strings.HasSuffix(path, ".css") && regexp.MustCompile(`@import|url\(`).Match(f.content) {
			t.Errorf("%s loads something", path)
		}
	}
}
