//go:build linux

package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ltipolicy/lti/ltitest"
)

// What stands in the environment or in a file of the folder is somebody's own service, and none of what is measured.
func TestNothingOfOutsideIsMeasured(t *testing.T) {
	t.Setenv("LTIPOLICY_DRAIN", "1h")
	t.Setenv("LTIPOLICY_CONFIG", "/srv/own.toml")
	t.Setenv("CREDENTIALS_DIRECTORY", "/srv/own")
	t.Setenv("GOMAXPROCS", "1")
	dir := t.TempDir()
	env, err := outside(dir)
	if err != nil {
		t.Fatal(err)
	}
	config := ""
	for _, line := range env {
		name, value, _ := strings.Cut(line, "=")
		switch {
		case name == "LTIPOLICY_CONFIG":
			config = value
		case strings.HasPrefix(name, "LTIPOLICY_"), name == "CREDENTIALS_DIRECTORY":
			t.Errorf("%s comes through", line)
		}
	}
	if b, err := os.ReadFile(config); err != nil || len(b) != 0 || filepath.Dir(config) != dir {
		t.Errorf("the settings are those of %q: %q, %v", config, b, err)
	}
	if got := strings.Join(env, "\n"); !strings.Contains(got, "GOMAXPROCS=1") || !strings.Contains(got, "PATH=") {
		t.Errorf("what the runtime goes by is gone: %s", got)
	}
}

// A form is answered before anything is measured; one that comes later would be measured as a launch.
func TestFormIsNoMeasuredLaunch(t *testing.T) {
	m, err := newMoodle(1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.srv.Close)
	tool := httptest.NewUnstartedServer(nil)
	base := "http://" + tool.Listener.Addr().String()
	answered := false
	tool.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/lti/login"):
			http.Redirect(w, r, m.Endpoint("auth.php")+"?"+url.Values{"nonce": {"n"}, "state": {"s"}, "redirect_uri": {base + "/lti/launch"}}.Encode(), http.StatusFound)
		case r.URL.Path == "/pending":
			answered = true
			http.Redirect(w, r, m.Issuer(), http.StatusSeeOther)
		case answered:
			http.Redirect(w, r, m.Issuer(), http.StatusSeeOther)
		default:
			w.Write([]byte(`<form method="post" action="/pending"><input name="token" value="1"></form>`)) //nolint:errcheck // a test
		}
	})
	tool.Start()
	t.Cleanup(tool.Close)
	s := &subject{name: "tool"}
	s.tool, s.activity = m.opens(ltitest.ToolAt(base))
	if err := m.launches(t.Context(), s, 1, 1, measured); err == nil || !strings.Contains(err.Error(), "form") || answered {
		t.Errorf("answered %v, %v", answered, err)
	}
	if err := m.launches(t.Context(), s, 1, 1, warming); err != nil || !answered {
		t.Errorf("before: answered %v, %v", answered, err)
	}
	if err := m.launches(t.Context(), s, 1, 1, measured); err != nil {
		t.Error(err)
	}
}
