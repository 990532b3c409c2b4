// Package moodle is the plugin for Moodle, in PHP. Its tests run the plugin's own, without a Moodle.
package moodle

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const plugin = "local_ltipolicy"

// php returns the PHP program. Without one the tests of the Moodle plugin are skipped, unless
// LTIPOLICY_TEST_PHP=required says that they must run.
func php(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("php")
	if err == nil {
		return path
	}
	if os.Getenv("LTIPOLICY_TEST_PHP") == "required" {
		t.Fatalf("no PHP: %v (scripts/need php)", err)
	}
	t.Skip("no PHP")
	return ""
}

// pluginFiles are the files of the Moodle plugin with this ending.
func pluginFiles(t *testing.T, ending string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(plugin, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ending) {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files in %s: %v", len(files), plugin, err)
	}
	return files
}

// The protocol of the plugin against a stand-in for the few functions of Moodle that it calls. Each rule is a
// named check there.
func TestMoodlePluginProtocol(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), php(t), plugin+"/tests/standalone/run.php").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestMoodlePluginParses(t *testing.T) {
	program := php(t)
	for _, f := range pluginFiles(t, ".php") {
		if out, err := exec.CommandContext(t.Context(), program, "-l", f).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", f, err, out)
		}
	}
}

// Moodle takes PHP 8.1, and what runs here may be newer: what 8.1 does not know is looked for by hand.
func TestMoodlePluginIsWrittenForPHP81(t *testing.T) {
	newer := regexp.MustCompile(`readonly class|#\[\\?Override\]|\): (true|false|null)\s*[{;]|const (string|int|array|bool) [A-Z]|json_validate\(|\breadonly \$|->\{[^}]+\}::`)
	for _, f := range pluginFiles(t, ".php") {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if found := newer.Find(b); found != nil {
			t.Errorf("%s: %q needs more than PHP 8.1", f, found)
		}
		if !strings.Contains(string(b), "GNU GPL v3 or later") {
			t.Errorf("%s has no licence in its head", f)
		}
	}
}

func TestMoodlePluginSpeaksAllLanguages(t *testing.T) {
	key := regexp.MustCompile(`(?m)^\$string\['([^']+)'\] = '(.*)';$`)
	placeholder := regexp.MustCompile(`\{\$a(?:->\w+)?\}`)
	read := func(lang string) map[string]string {
		b, err := os.ReadFile(filepath.Join(plugin, "lang", lang, "local_ltipolicy.php"))
		if err != nil {
			t.Fatal(err)
		}
		texts := map[string]string{}
		var keys []string
		for _, m := range key.FindAllStringSubmatch(string(b), -1) {
			texts[m[1]] = m[2]
			keys = append(keys, m[1])
		}
		if !slices.IsSorted(keys) || len(keys) != len(texts) {
			t.Errorf("%s: keys are not in order, or one stands twice", lang)
		}
		return texts
	}
	english := read("en")
	for _, lang := range []string{"ro", "lt", "bg", "sr_cr", "pt"} {
		texts := read(lang)
		for k, want := range english {
			have, ok := texts[k]
			if !ok || have == "" {
				t.Errorf("%s has no %s", lang, k)
			}
			a, b := placeholder.FindAllString(want, -1), placeholder.FindAllString(have, -1)
			slices.Sort(a)
			slices.Sort(b)
			if !slices.Equal(a, b) {
				t.Errorf("%s: %s has the placeholders %v, want %v", lang, k, b, a)
			}
		}
		if len(texts) != len(english) {
			t.Errorf("%s has %d strings, English %d", lang, len(texts), len(english))
		}
	}
	used := regexp.MustCompile(`get_string\('([a-z_:]+)', 'local_ltipolicy'|\$name\('([a-z_]+)'\)|'(privacy:[a-z:]+)'`)
	for _, f := range pluginFiles(t, ".php") {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range used.FindAllStringSubmatch(string(b), -1) {
			if k := m[1] + m[2] + m[3]; english[k] == "" {
				t.Errorf("%s uses the string %q, which there is not", f, k)
			}
		}
	}
}
