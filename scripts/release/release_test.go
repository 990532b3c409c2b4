package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Whoever packs the same files, at another time, in another folder and with other rights on them, gets the same bytes.
func TestArchiveIsTheSameWhereverItIsMade(t *testing.T) {
	made := func(mode os.FileMode, touched time.Time) []byte {
		source := t.TempDir()
		files := map[string]string{"ltipolicy": "program", "docs/b.md": "b", "docs/a.md": "a", "docs/img.png": "no", "README.md": "r", "LICENSE": "l", "CHANGELOG.md": "c", "SECURITY.md": "s"}
		for name, content := range files {
			file := filepath.Join(source, name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(content), mode), os.Chtimes(file, touched, touched)); err != nil {
				t.Fatal(err)
			}
		}
		out := filepath.Join(t.TempDir(), "ltipolicy_1.2.0_linux_amd64.tar.gz")
		if err := archive(out, filepath.Join(source, "ltipolicy"), source, time.Unix(1_790_000_000, 0)); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	one, other := made(0o600, time.Unix(1, 0)), made(0o777, time.Unix(1_800_000_000, 0))
	if !bytes.Equal(one, other) {
		t.Error("two archives of the same files differ")
	}
	z, err := gzip.NewReader(bytes.NewReader(one))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.ModTime.Unix() != 1_790_000_000 {
			t.Errorf("%s: of %d, at %v", h.Name, h.Uid, h.ModTime)
		}
		list = append(list, strconv.FormatInt(h.Mode, 8)+" "+strings.TrimPrefix(h.Name, "ltipolicy_1.2.0_linux_amd64/"))
	}
	want := []string{"644 CHANGELOG.md", "644 LICENSE", "644 README.md", "644 SECURITY.md", "644 docs/a.md", "644 docs/b.md", "755 ltipolicy"}
	if !slices.Equal(list, want) {
		t.Errorf("the archive has %q, want %q", list, want)
	}
}

// dpkg takes a tilde for earlier than nothing, and a hyphen for the packager's own number.
func TestDebianOrdersVersionsAsGoDoes(t *testing.T) {
	for version, want := range map[string]string{
		"v1.2.0": "1.2.0", "v1.2.0-rc.1": "1.2.0~rc.1", "v0.0.0-20261130083512-0a1b2c3d4e5f": "0.0.0~20261130083512.0a1b2c3d4e5f",
		"v1.2.1-0.20261130083512-0a1b2c3d4e5f": "1.2.1~0.20261130083512.0a1b2c3d4e5f",
	} {
		if got := debian(version); got != want {
			t.Errorf("%s: %s, want %s", version, got, want)
		}
	}
}

// The package's list names files that are there, for places of Debian, with rights that nobody else can use.
func TestPackageHoldsWhatIsThere(t *testing.T) {
	b, err := os.ReadFile("../../deploy/debian/nfpm.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{} // place → mode
	for entry := range strings.SplitSeq(string(b)[strings.Index(string(b), "\ncontents:"):], "\n  - ") {
		value := func(key string) string {
			m := regexp.MustCompile(`(?m)(?:^|[ {])` + key + `: ([^\s}]+)`).FindStringSubmatch(entry)
			if m == nil {
				return ""
			}
			return m[1]
		}
		place := value("dst")
		if place == "" {
			continue
		}
		if src := value("src"); src != "" && !strings.HasPrefix(src, "${PROGRAM") {
			found, err := filepath.Glob(filepath.Join("../..", src))
			if err != nil || len(found) == 0 {
				t.Errorf("there is no %s", src)
			}
		}
		got[place] = value("mode")
	}
	want := map[string]string{
		"/usr/bin/ltipolicy": "0755", "/usr/lib/systemd/system/ltipolicy.service": "0644", "/usr/lib/sysusers.d/ltipolicy.conf": "0644", "/etc/ltipolicy": "0750",
	}
	for _, doc := range []string{"copyright", "README.md", "SECURITY.md", "CHANGELOG.md", "docs"} {
		want[path.Join("/usr/share/doc/ltipolicy", doc)] = "0644"
	}
	for place, mode := range want {
		if got[place] != mode {
			t.Errorf("%s: mode %q, want %s", place, got[place], mode)
		}
	}
	if len(got) != len(want) {
		t.Errorf("the package has %v", got)
	}
	for _, script := range []string{"postinst", "prerm", "postrm"} {
		if info, err := os.Stat("../../deploy/debian/" + script); err != nil || info.Mode()&0o111 == 0 {
			t.Errorf("%s: %v", script, err)
		}
	}
}
