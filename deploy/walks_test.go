package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The walk of the image runs it with the settings that docker-compose.yml has for a replica, not with some of them.
func TestImageWalkHasTheSettingsOfCompose(t *testing.T) {
	b, err := os.ReadFile("../scripts/image-test")
	if err != nil {
		t.Fatal(err)
	}
	walked := map[string]string{}
	for _, m := range regexp.MustCompile(`-e (LTIPOLICY_[A-Z_]+)=(\S+)`).FindAllStringSubmatch(string(b), -1) {
		walked[m[1]] = m[2]
	}
	p := composition(t)
	for name, value := range replicas(p)[0].Environment {
		is, ok := walked[name]
		delete(walked, name)
		switch {
		case name == "LTIPOLICY_DATABASE": // from a file there: the walk has two accounts
			_, ok = walked["LTIPOLICY_DATABASE_FILE"]
			delete(walked, "LTIPOLICY_DATABASE_FILE")
			is = *value
		case name == "LTIPOLICY_BASE_URL": // each site has its own
			is = *value
		}
		if !ok || is != *value {
			t.Errorf("%s is %q in docker-compose.yml, and %q in the walk", name, *value, is)
		}
	}
	delete(walked, "LTIPOLICY_ALLOW_PRIVATE_NETWORKS") // the walk's Moodle is at the same machine
	if len(walked) > 0 {
		t.Errorf("the walk has settings that docker-compose.yml has not: %v", walked)
	}
}

// What the walks say of a process is what scripts/confined asks of it.
func TestConfined(t *testing.T) {
	const fine = "Name:\tltipolicy\nUid:\t65532\t65532\t65532\t65532\nGid:\t65533\t65533\t65533\t65533\n" +
		"CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nCapAmb:\t0000000000000000\n" +
		"NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n"
	const readOnly = "1 0 0:1 / / rw,relatime shared:1 - overlay overlay rw\n2 1 0:2 / / ro,nosuid - overlay overlay rw\n3 2 0:3 / /data rw,relatime - ext4 /dev/sda rw\n"
	for name, tt := range map[string]struct {
		change, to string
		mounts     string
		said       string
	}{
		"fine":                    {"", "", readOnly, ""},
		"root":                    {"Uid:\t65532\t65532\t65532\t65532", "Uid:\t65532\t0\t0\t0", readOnly, "Uid"},
		"root's group":            {"Gid:\t65533", "Gid:\t0", readOnly, "Gid"},
		"a capability":            {"CapEff:\t0000000000000000", "CapEff:\t0000000000000400", readOnly, "CapEff"},
		"one that may be had":     {"CapBnd:\t0000000000000000", "CapBnd:\t00000000a80425fb", readOnly, "CapBnd"},
		"privileges to gain":      {"NoNewPrivs:\t1", "NoNewPrivs:\t0", readOnly, "NoNewPrivs"},
		"every system call":       {"Seccomp:\t2", "Seccomp:\t0", readOnly, "Seccomp"},
		"nothing said":            {"NoNewPrivs:\t1\n", "", readOnly, "NoNewPrivs"},
		"a root to write to":      {"", "", strings.Replace(readOnly, " / / ro,", " / / rw,", 1), "/ is rw"},
		"a root that nobody sees": {"", "", "3 2 0:3 / /data rw - ext4 /dev/sda rw\n", "/ is"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range map[string]string{"status": strings.Replace(fine, tt.change, tt.to, 1), "mountinfo": tt.mounts} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			out, err := exec.CommandContext(t.Context(), "../scripts/confined", dir, "65532", "65533").CombinedOutput()
			if (err == nil) != (tt.said == "") || !strings.Contains(string(out), tt.said) {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

// Each walk asks it of the process that serves.
func TestWalksAskWhetherTheProgramIsConfined(t *testing.T) {
	for _, walk := range []string{"package-test", "image-test"} {
		b, err := os.ReadFile("../scripts/" + walk)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(strings.Split(string(b), "\n"), func(line string) bool {
			return strings.Contains(line, "scripts/confined") && strings.Contains(line, "|| fail")
		}) {
			t.Errorf("%s does not", walk)
		}
	}
}
