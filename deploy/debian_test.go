package deploy

import (
	"os"
	"slices"
	"strings"
	"testing"

	"ltipolicy/setup"
)

// The unit hands the service what `ltipolicy init` makes, also where only some of it was made, and lets it do little.
func TestDebianUnit(t *testing.T) {
	b, err := os.ReadFile("debian/ltipolicy.service")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string][]string{}
	for line := range strings.Lines(string(b)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(key, "#") {
			said[key] = append(said[key], value)
		}
	}
	for _, file := range []string{"ltipolicy.toml", setup.KeyFile, setup.ServeFile} {
		if !slices.Contains(said["LoadCredential"], file+":/etc/ltipolicy/"+file) {
			t.Errorf("%s is not handed to the service", file)
		}
	}
	for _, credential := range said["LoadCredential"] {
		name, _, _ := strings.Cut(credential, ":")
		if name != "ltipolicy.toml" && !slices.Contains(said["SetCredential"], name+":none") {
			t.Errorf("the service does not start where there is no %s", name)
		}
	}
	if !slices.Contains(said["Environment"], "LTIPOLICY_CONFIG=%d/ltipolicy.toml") {
		t.Errorf("the service reads its settings elsewhere: %q", said["Environment"])
	}
	for key, want := range map[string]string{
		"ExecStart": "/usr/bin/ltipolicy serve", "User": "ltipolicy", "CapabilityBoundingSet": "", "NoNewPrivileges": "yes", "ProtectSystem": "strict",
		"ProtectHome": "yes", "PrivateTmp": "yes", "PrivateDevices": "yes", "MemoryDenyWriteExecute": "yes", "RestrictNamespaces": "yes",
		"SystemCallArchitectures": "native", "UMask": "0077", "StateDirectoryMode": "0700",
	} {
		if got := said[key]; len(got) != 1 || got[0] != want {
			t.Errorf("%s=%q, want %q", key, got, want)
		}
	}
	if got := said["SystemCallFilter"]; !slices.Equal(got, []string{"@system-service", "~@privileged @resources"}) {
		t.Errorf("SystemCallFilter=%q", got)
	}
}
