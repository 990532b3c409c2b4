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

// Who looks for a page of Moodle goes by its name there. Each language's is that of Moodle's own language pack, and the
// English one stands beside it: packs change, and not everybody's Moodle speaks the language of its administrator.
func TestMoodlePluginNamesMoodlesPagesAsMoodleDoes(t *testing.T) {
	type names struct{ english, ro, lt, bg, pt string } // Empty: the pack has none, and Moodle shows the English one.
	security := names{"Security > HTTP security", "Securitate > Securitate HTTP", "Sauga > HTTP sauga", "Сигурност > HTTP сигурност", "Segurança > Segurança HTTP"}
	tools := names{"Manage tools", "Gestionați instrumentele", "Tvarkyti įrankius", "", "Gerir ferramentas"}
	for _, row := range []struct {
		key string
		names
	}{
		{"keys_host", security},
		{"keys_host", names{"cURL blocked hosts list", "cURL listă gazde blocate", "cURL užblokuotų prieglobų sąrašas", "Списък с блокирани за cURL хостове", "Lista de servidores bloqueados do cURL"}},
		{"keys_port", security},
		{"keys_port", names{"cURL allowed ports list", "Liste cu porturi cURL acceptate", "cURL leidžiamų prievadų sąrašas", "Списък разрешени портове за cURL", "Lista de portas permitidas do cURL"}},
		{"why_blocked", security},
		{"services_less", tools},
		{"services_less", names{"Services", "Servicii", "Paslaugos", "", "Serviços"}},
		{"shares_less", tools},
		{"shares_less", names{"Privacy", "Confidențialitate", "Privatumas", "", "Privacidade"}},
		{"toolinactive", tools},
		{"status_inactive", names{"Site policy handler", "Managerul politicii site-ului", "Svetainės politikos tvarkytojas", "Селектор за политика на сайта", "Controlador de políticas do site"}},
		{"status_inactive", names{"Users > Privacy and policies > Policy settings", "Utilizatori > Politici de confidențialitate > Setările politicilor site-ului",
			"Naudotojai > Privatumas ir politika > Politikos nustatymai", "Потребители > Поверителност и политики > Настройки за политики", "Utilizadores > Privacidade e políticas > Configurações da política"}},
	} {
		for lang, name := range map[string]string{"en": "", "ro": row.ro, "lt": row.lt, "bg": row.bg, "pt": row.pt, "sr_cr": ""} {
			b, err := os.ReadFile(filepath.Join(plugin, "lang", lang, "local_ltipolicy.php"))
			if err != nil {
				t.Fatal(err)
			}
			text := regexp.MustCompile(`(?m)^\$string\['` + row.key + `'\] = .*$`).FindString(string(b))
			if !strings.Contains(text, row.english) || !strings.Contains(text, name) {
				t.Errorf("%s lacks %q or %q: %s", lang, name, row.english, text)
			}
		}
	}
}
