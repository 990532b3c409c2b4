package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ltipolicy/config"
	"ltipolicy/store/storetest"
)

// inEmptyFolder is a shell in a folder without anything in it, where nobody says which database is meant.
func inEmptyFolder(t *testing.T) *shell {
	t.Helper()
	t.Chdir(t.TempDir())
	return &shell{t: t, env: map[string]string{}, places: []string{"ltipolicy.toml", "etc/ltipolicy.toml"}}
}

// writes writes a file into the folder of the shell.
func (s *shell) writes(name, text string, mode os.FileMode) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Chmod(name, mode); err != nil {
		s.t.Fatal(err)
	}
}

// needed gives the commands by the environment what they cannot be run without.
func (s *shell) needed() {
	for name, value := range map[string]string{
		"institution": "UPT", "platform": "x", "name": "N", "issuer": "https://m.example", "client-id": "c", "auth-url": "https://m.example/a",
		"token-url": "https://m.example/t", "jwks-url": "https://m.example/j", "deployment": "1", "dump": os.DevNull, "users": os.DevNull, "all": "true",
		"sub": "7", "decision": "D", "base-url": "https://tool.example",
	} {
		s.env[config.Env(name)] = value
	}
}

// makers are the commands that may make a database; without are those that need none.
var (
	makers  = []string{"init", "demo", "serve", "migrate"}
	without = []string{"config", "evidence witness", "receipt verify", "version"}
)

// arguments is a command's line with as many arguments as it wants.
func (c command) arguments() []string {
	args := strings.Fields(c.name)
	for range strings.Fields(c.args) {
		args = append(args, os.DevNull)
	}
	return args
}

// In a folder without a file of settings and without a database no command makes one, but for those that are there to.
// Each of the others says which database it looked for, why that one, and what to do.
func TestEveryCommandInAnEmptyFolder(t *testing.T) {
	for _, c := range commands() {
		if slices.Contains(makers, c.name) || slices.Contains(without, c.name) {
			continue
		}
		s := inEmptyFolder(t)
		s.needed()
		here, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		says := func(where, want string, args ...string) {
			t.Helper()
			out, oops := s.run(exitFailed, append(c.arguments(), args...)...)
			if out != "" || !strings.Contains(oops, "The database is "+where) || !strings.Contains(oops, want) {
				t.Errorf("%s: printed %q, said %q, want %q and %q", c.name, out, oops, where, want)
			}
		}
		says("sqlite:"+filepath.Join(here, "ltipolicy.db")+" by default", `"ltipolicy init"`)
		s.env["LTIPOLICY_DATABASE"] = "sqlite:env.db"
		says("sqlite:"+filepath.Join(here, "env.db")+", by LTIPOLICY_DATABASE", `"ltipolicy migrate"`)
		delete(s.env, "LTIPOLICY_DATABASE")
		s.writes("ltipolicy.toml", "# ours\ndatabase = 'sqlite:file.db'\n", 0o600)
		says("sqlite:"+filepath.Join(here, "file.db")+", by "+filepath.Join(here, "ltipolicy.toml")+":2", `"ltipolicy migrate"`)
		left, err := os.ReadDir(".")
		if err != nil || len(left) != 1 {
			t.Errorf("%s left %v, %v", c.name, left, err)
		}
		line := append(strings.Fields(c.name), "-database", "sqlite:flag.db")
		out, oops := s.run(exitFailed, append(line, c.arguments()[len(strings.Fields(c.name)):]...)...)
		if out != "" || !strings.Contains(oops, filepath.Join(here, "flag.db")+", by -database") {
			t.Errorf("%s: printed %q, said %q", c.name, out, oops)
		}
	}
}

// What is only a guess is not printed as an address to paste: a command that prints one asks for it, or leaves it out.
func TestNoAddressIsPrintedThatIsAGuess(t *testing.T) {
	s := newShell(t)
	id := s.platform("abc").ID
	for _, c := range commands() {
		if c.name == "serve" || c.name == "demo" || c.name == "init" || c.name == "config" {
			continue
		}
		s.needed()
		s.env["LTIPOLICY_PLATFORM"] = id
		delete(s.env, "LTIPOLICY_BASE_URL")
		if strings.HasPrefix(c.name, "platform door") {
			s.env["LTIPOLICY_AUTH_URL"] = gateURL
		}
		args := strings.Fields(c.name)
		for _, arg := range strings.Fields(c.args) {
			args = append(args, map[string]string{"ID": id}[arg])
		}
		for _, more := range [][]string{nil, {"-json"}} {
			var out, oops strings.Builder
			code := execute(t.Context(), s.world(&out, &oops), slices.Insert(slices.Clone(args), len(strings.Fields(c.name)), more...))
			if strings.Contains(out.String(), "127.0.0.1") || strings.Contains(out.String(), "http://") {
				t.Errorf("%s %v: printed %s", c.name, more, &out)
			}
			if more == nil && (c.name == "platform invite" || c.name == "platform door") {
				if code != exitUsage || !strings.Contains(oops.String(), "-base-url is needed") {
					t.Errorf("%s: status %d, said %q", c.name, code, oops.String())
				}
			}
		}
	}
}

// Every setting can be given by flag, environment and file, and config says what counts and who said so.
func TestEverySettingFromEveryPlace(t *testing.T) {
	known := flag.NewFlagSet("", flag.ContinueOnError)
	new(settings).declare(known)
	known.VisitAll(func(fl *flag.Flag) {
		s := inEmptyFolder(t)
		here, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		values, inFile, shown := [3]string{"a", "b", "c"}, "'c'", fl.Name
		switch fl.Value.(flag.Getter).Get().(type) {
		case bool:
			values, inFile = [3]string{"true", "false", "true"}, "true"
		case int:
			values, inFile = [3]string{"7", "8", "9"}, "9"
		}
		switch fl.Name {
		case "request-timeout", "drain":
			values, inFile = [3]string{"7s", "8s", "9s"}, "'9s'"
		case "base-url":
			values, inFile = [3]string{"https://a.example", "https://b.example", "https://c.example"}, "'https://c.example'"
		case "database-file", "mail-server-file", "session-key-file":
			shown = strings.TrimSuffix(fl.Name, "-file")
			for _, name := range values {
				s.writes(name, "mysql:u:from-"+name+"@tcp(h)/n\n", 0o600)
			}
		}
		has := func(value, place string, args ...string) {
			t.Helper()
			var out, oops strings.Builder
			execute(t.Context(), s.world(&out, &oops), append([]string{"config"}, args...)) // it may say more, of what belongs together
			line := regexp.MustCompile(`(?m)^` + shown + ` .*$`).FindString(out.String())
			if shown != fl.Name {
				if !strings.Contains(line, "mysql:u:…@tcp(h)/n") && shown != "session-key" || strings.Contains(line, "from-") || !strings.Contains(line, ", in ") {
					t.Errorf("-%s: %q", fl.Name, line)
				}
			} else if !config.Secret(known, fl.Name) && !regexp.MustCompile(` (\S*/)?`+regexp.QuoteMeta(value)+` `).MatchString(line) {
				t.Errorf("-%s: %q, want %q\n%s", fl.Name, line, value, &oops)
			}
			if !strings.Contains(line, place) {
				t.Errorf("-%s: %q, want it to come from %s", fl.Name, line, place)
			}
		}
		s.writes("etc/ltipolicy.toml", fl.Name+" = 1111\n", 0o600)
		s.writes("ltipolicy.toml", "# here\n\n"+fl.Name+" = "+inFile+"\n", 0o600)
		has(values[2], filepath.Join(here, "ltipolicy.toml")+":3")
		s.env[config.Env(fl.Name)] = values[1]
		has(values[1], config.Env(fl.Name))
		has(values[0], " -"+fl.Name, "-"+fl.Name+"="+values[0])
		s.env = map[string]string{"LTIPOLICY_CONFIG": "other.toml"}
		s.run(exitUsage, "config")
		s.writes("other.toml", fl.Name+" = "+inFile+"\n", 0o600)
		has(values[2], filepath.Join(here, "other.toml")+":1")
		has(values[2], filepath.Join(here, "ltipolicy.toml")+":3", "-config", "ltipolicy.toml")
	})
}

func TestConfigBlanksSecretsAndNamesDefaults(t *testing.T) {
	s := inEmptyFolder(t)
	out, _ := s.run(exitOK, "config")
	if !strings.HasPrefix(out, "no file of settings: looked for ltipolicy.toml and etc/ltipolicy.toml\n") ||
		!regexp.MustCompile(`(?m)^database +sqlite:ltipolicy\.db +default$`).MatchString(out) {
		t.Errorf("printed\n%s", out)
	}
	s.env["LTIPOLICY_DATABASE"], s.env["LTIPOLICY_MAIL_SERVER"] = "mysql:us:hush@h!ush@tcp(h:3306)/n?tls=true", "smtp://us:hush@h:25"
	s.env["LTIPOLICY_SESSION_KEY"] = strings.Repeat("hush", 21) + "AA=="
	out, oops := s.run(exitOK, "config")
	if strings.Contains(out+oops, "hush") || !strings.Contains(out, "mysql:us:…@tcp(h:3306)/n?tls=true") || !strings.Contains(out, "smtp://us:…@h:25") {
		t.Errorf("printed\n%s%s", out, oops)
	}
	if _, oops := s.run(exitUsage, "config", "-base-url", "http://tool.example"); !strings.Contains(oops, "want https") {
		t.Errorf("a wrong setting: %s", oops)
	}
}

// A wrong file says where and what, by every command that has settings; and nothing is done.
func TestWrongFilesOfSettings(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"an unknown key":               {"listen = ':1'\nbase_url = 'https://t.example'\n", []string{":2: base_url: there is no such setting: did you mean base-url?"}},
		"a key of nothing":             {"xyzzy = 1\n", []string{":1: xyzzy: there is no such setting\n"}},
		"several at once":              {"lisen = ':1'\n\ndatabse = 'x'\n", []string{":1: lisen", "mean listen?", ":3: databse", "mean database?"}},
		"a section":                    {"\n[database]\nfile = 'x'\n", []string{":2: database: want text in quotes"}},
		"a number in quotes":           {"database-connections = '20'\n", []string{":1: database-connections: want a whole number, without quotes"}},
		"a time without unit":          {"drain = 5\n", []string{`:1: drain: want a time in quotes, such as "10s"`}},
		"no time":                      {"drain = 'soon'\n", []string{`:1: drain: "soon": `}},
		"a word for true":              {"allow-private-networks = 'yes'\n", []string{":1: allow-private-networks: want true or false, without quotes"}},
		"a list":                       {"trusted-proxies = ['127.0.0.1']\n", []string{":1: trusted-proxies: want text in quotes"}},
		"a key twice":                  {"listen = ':1'\nlisten = ':2'\n", []string{":2: "}},
		"no TOML":                      {"listen = ':1'\nlisten :2\n", []string{":2: "}},
		"a secret and its file":        {"database = 'x'\ndatabase-file = 'y'\n", []string{":1: database and database-file: one of the two"}},
		"a file that is not there":     {"database-file = 'nowhere'\n", []string{"database, which ", ":1 names", "nowhere"}},
		"a setting of another command": {"dump = 'x'\n", []string{":1: dump: there is no such setting"}},
	} {
		for _, command := range [][]string{{"serve"}, {"migrate"}, {"config"}, {"policy", "load", "-institution", "X", "."}, {"platform", "list"}} {
			s := inEmptyFolder(t)
			s.writes("ltipolicy.toml", c.text, 0o600)
			status := exitUsage
			if name == "a file that is not there" {
				status = exitFailed
			}
			out, oops := s.run(status, command...)
			for _, want := range c.want {
				if out != "" || !strings.Contains(oops, want) {
					t.Errorf("%s, %v: printed %q, said %q, want %q", name, command, out, oops, want)
				}
			}
			if left, err := os.ReadDir("."); err != nil || len(left) != 1 {
				t.Errorf("%s, %v: left %v, %v", name, command, left, err)
			}
		}
	}
}

// A secret is in a file of its own: beside the file of settings, or where systemd handed it to the process.
func TestSecretsAsFiles(t *testing.T) {
	s := inEmptyFolder(t)
	s.writes("conf/ltipolicy.toml", "database-file = 'address'\nsecret-key-file = 'the.key'\n", 0o644)
	s.writes("conf/address", "sqlite:"+filepath.Join(t.TempDir(), "a.db")+"\n", 0o600)
	s.env["LTIPOLICY_CONFIG"] = "conf/ltipolicy.toml"
	out, oops := s.run(exitOK, "config")
	if !regexp.MustCompile(`(?m)^database +sqlite:/\S+/a\.db +/\S+/conf/ltipolicy\.toml:1, in /\S+/conf/address$`).MatchString(out) || oops != "" ||
		!regexp.MustCompile(`(?m)^secret-key-file +/\S+/conf/the\.key `).MatchString(out) {
		t.Errorf("printed %s, said %q", out, oops)
	}
	s.writes("handed/address", "sqlite:/b.db", 0o400)
	s.env["CREDENTIALS_DIRECTORY"] = "handed"
	if out, _ = s.run(exitOK, "config"); !regexp.MustCompile(`(?m)^database +sqlite:/b\.db +.* in handed/address$`).MatchString(out) {
		t.Errorf("printed %s", out)
	}
	delete(s.env, "CREDENTIALS_DIRECTORY")
	s.writes("conf/address", "sqlite:a.db", 0o644)
	if _, oops := s.run(exitFailed, "config"); !strings.Contains(oops, "everybody on this machine can read") {
		t.Errorf("said %q", oops)
	}
}

func TestWarningOfPasswordsThatEverybodyCanRead(t *testing.T) {
	for text, warned := range map[string]bool{
		"database = 'mysql:u:p@tcp(h)/n'": true, "database = 'mysql:u@unix(/s)/n'": false, "database = 'sqlite:x'": false,
		"mail-server = 'smtp://u:p@h:25'": true, "mail-server = 'smtp://h:25'": false, "listen = ':1'": false,
	} {
		for mode, open := range map[os.FileMode]bool{0o600: false, 0o640: false, 0o644: true} {
			s := inEmptyFolder(t)
			s.writes("ltipolicy.toml", text+"\nbase-url = 'https://t.example'\n", mode)
			if _, oops := s.run(exitOK, "config"); strings.Contains(oops, "warning: everybody") != (warned && open) {
				t.Errorf("%s, %o: said %q", text, mode, oops)
			}
		}
	}
}

// README's table has every setting with its default, and nothing else.
func TestSettingsAreInTheREADME(t *testing.T) {
	doc, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(doc), "\n### Configuration\n")
	section, _, _ = strings.Cut(section, "\n## ")
	rows := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]+) \\| ([^|]+) \\|").FindAllStringSubmatch(section, -1) {
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[1], -1) {
			rows[name[1]] = row[2]
		}
	}
	known := flag.NewFlagSet("", flag.ContinueOnError)
	new(settings).declare(known)
	known.VisitAll(func(fl *flag.Flag) {
		value, there := rows[fl.Name]
		delete(rows, fl.Name)
		if usual := fl.DefValue; !there || usual != "" && usual != "0s" && usual != "false" && !strings.Contains(value, "`"+usual+"`") {
			t.Errorf("README.md: a row for `%s` with the default `%s`: %q", fl.Name, fl.DefValue, value)
		}
	})
	for name := range rows {
		t.Errorf("README.md has a row for %s, which is no setting", name)
	}
}

func TestFlagWinsOverEnvironment(t *testing.T) {
	s := newShell(t)
	s.env["LTIPOLICY_INSTITUTION"], s.env["LTIPOLICY_BASE_URL"] = "From the environment", "https://env.example"
	out, _ := s.run(exitOK, "platform", "invite")
	if !strings.HasPrefix(out, "https://env.example/lti/register?invite=") {
		t.Errorf("printed %s", out)
	}
	if out, _ = s.run(exitOK, "platform", "invite", "-base-url", "https://flag.example"); !strings.HasPrefix(out, "https://flag.example/") {
		t.Errorf("printed %s", out)
	}
	s.env["LTIPOLICY_TTL"] = "soon"
	if _, oops := s.run(exitUsage, "platform", "invite"); !strings.Contains(oops, "LTIPOLICY_TTL") {
		t.Errorf("said %s", oops)
	}
	delete(s.env, "LTIPOLICY_TTL")
	s.env["LTIPOLICY_DATABASE"] = "oracle:x"
	s.run(exitFailed, "migrate")
}

// Every command but the makers fails where there is no database or one without a schema, leaves nothing behind and says
// what to do.
func TestCommandsMakeNoDatabase(t *testing.T) {
	s := newShell(t)
	s.needed()
	empty := filepath.Join(t.TempDir(), "empty.db")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range commands() {
		if slices.Contains(makers, c.name) || slices.Contains(without, c.name) {
			continue
		}
		args := c.arguments()
		s.nowhere()
		out, oops := s.run(exitFailed, args...)
		if out != "" || !strings.Contains(oops, `"ltipolicy migrate"`) || !strings.Contains(oops, "-database") {
			t.Errorf("%s without a database: %q and %q", c.name, out, oops)
		}
		if _, err := os.Stat(strings.TrimPrefix(s.database, "sqlite:")); err == nil {
			t.Errorf("%s made a database", c.name)
		}
		s.env["LTIPOLICY_DATABASE"] = "sqlite:" + empty
		out, oops = s.run(exitFailed, args...)
		if out != "" || !strings.Contains(oops, `has no schema: run "ltipolicy migrate"`) {
			t.Errorf("%s on an empty database: %q and %q", c.name, out, oops)
		}
	}
}

func TestTrustedProxies(t *testing.T) {
	for list, want := range map[string]string{
		"": "", "10.0.0.0/8": "10.0.0.0/8", " 192.0.2.7 , 2001:db8::/32,": "192.0.2.7/32 2001:db8::/32", "10.1.2.3/8": "10.0.0.0/8",
		"proxy": "!", "10.0.0.0/33": "!", "10.0.0.1;10.0.0.2": "!",
	} {
		got, err := networks(list)
		var names []string
		for _, p := range got {
			names = append(names, p.String())
		}
		usage := usageError{}
		switch {
		case want == "!":
			if !errors.As(err, &usage) {
				t.Errorf("%q: %v %v", list, names, err)
			}
		case err != nil || strings.Join(names, " ") != want:
			t.Errorf("%q: %v %v", list, names, err)
		}
	}
}

// contents are the files of the folder, with who may read them.
func contents(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name()] = info.Mode().String() + "\n" + string(b)
	}
	return all
}

// works uses commands as README does: no flag says where anything is.
func (s *shell) works() {
	s.t.Helper()
	s.run(exitOK, "config")
	if out, _ := s.run(exitOK, "platform", "invite"); !strings.HasPrefix(out, "https://tool.example/lti/register?invite=") {
		s.t.Errorf("printed %s", out)
	}
	s.run(exitOK, "platform", "list")
}

// init makes everything once; called again it changes nothing, and goes on where it was broken off.
func TestInit(t *testing.T) {
	s := inEmptyFolder(t)
	s.run(exitUsage, "init")
	s.run(exitUsage, "init", "-base-url", "http://tool.example")
	if left := contents(t); len(left) > 0 {
		t.Errorf("a refused init left %v", left)
	}
	line := []string{"init", "-base-url", "https://tool.example", "-institution", "UPT", "-trusted-proxies", "127.0.0.1"}
	out, _ := s.run(exitOK, line...)
	if !strings.Contains(out, "Next: ") {
		t.Errorf("printed %s", out)
	}
	made := contents(t)
	for name, mode := range map[string]string{"ltipolicy.toml": "-rw-r--r--", "ltipolicy.db": "-rw-------", "ltipolicy.db.key": "-rw-------"} {
		if !strings.HasPrefix(made[name], mode) {
			t.Errorf("%s: %.20q, want %s", name, made[name], mode)
		}
	}
	s.works()
	for _, again := range [][]string{line, {"init"}, {"init", "-base-url", "https://other.example"}} {
		if out, _ := s.run(exitOK, again...); !strings.Contains(out, "there already, unchanged") {
			t.Errorf("printed %s", out)
		}
	}
	if now := contents(t); now["ltipolicy.toml"] != made["ltipolicy.toml"] || now["ltipolicy.db.key"] != made["ltipolicy.db.key"] {
		t.Error("init changed what was there")
	}
	if err := os.Remove("ltipolicy.toml"); err != nil {
		t.Fatal(err)
	}
	s.run(exitOK, line...)
	if now := contents(t); now["ltipolicy.toml"] != made["ltipolicy.toml"] {
		t.Errorf("broken off before the last step, and run again: %s", now["ltipolicy.toml"])
	}
	s.works()
}

func TestInitAsks(t *testing.T) {
	s := inEmptyFolder(t)
	s.types = "https://tool.example\nUPT\n\n"
	if out, _ := s.run(exitOK, "init"); strings.Count(out, ": ") < 3 {
		t.Errorf("asked %s", out)
	}
	s.types = ""
	s.works()
}

// On a server init makes the database, three accounts with passwords of their own and their rights, as its administrator.
func TestInitOnServers(t *testing.T) {
	for _, e := range storetest.Servers(t) {
		t.Run(e.Name, func(t *testing.T) {
			s := inEmptyFolder(t)
			empty := e.Empty(t)
			root, err := sql.Open("mysql", storetest.DriverDSN(empty))
			if err != nil {
				t.Fatal(err)
			}
			sql := func(statement string) {
				t.Helper()
				if _, err := root.ExecContext(context.WithoutCancel(t.Context()), statement); err != nil {
					t.Fatalf("%s: %v", statement, err)
				}
			}
			clean := func() {
				sql("DROP DATABASE IF EXISTS made_by_init")
				sql("DROP USER IF EXISTS ltipolicy@'%', ltipolicy_owner@'%', ltipolicy_eraser@'%'")
			}
			t.Cleanup(func() { clean(); root.Close() }) //nolint:errcheck // the statements are checked
			clean()
			line := []string{"init", "-base-url", "https://tool.example", "-institution", "UPT",
				"-admin-database", empty[:strings.LastIndex(empty, "/")] + "/made_by_init"}
			s.run(exitOK, line...)
			made := contents(t)
			for name, mode := range map[string]string{
				"ltipolicy.toml": "-rw-r--r--", "secret.key": "-rw-------", "database.address": "-rw-------", "owner.address": "-rw-------", "eraser.address": "-rw-------",
			} {
				if !strings.HasPrefix(made[name], mode) {
					t.Errorf("%s: %.20q, want %s", name, made[name], mode)
				}
			}
			if len(made) != 5 {
				t.Errorf("made %d files", len(made))
			}
			s.works()
			if out, _ := s.run(exitOK, "migrate", "-database-file", "owner.address"); out != "up to date\n" {
				t.Errorf("printed %s", out)
			}
			s.run(exitOK, "key", "reseal", "-database-file", "eraser.address")
			for what, harm := range map[string]func(){
				"nothing":                    func() {},
				"the last file is not there": func() { os.Remove("ltipolicy.toml") },                                   //nolint:errcheck // made anew below
				"an account is not there":    func() { sql("DROP USER ltipolicy@'%'") },                                //
				"an account has no rights":   func() { sql("REVOKE ALL PRIVILEGES, GRANT OPTION FROM ltipolicy@'%'") }, //
				"only the accounts were made, and the last file not": func() { sql("DROP DATABASE made_by_init"); os.Remove("ltipolicy.toml") }, //nolint:errcheck // made anew below
			} {
				harm()
				if out, _ := s.run(exitOK, line...); !strings.Contains(out, "there already, unchanged") {
					t.Errorf("%s: %s", what, out)
				}
				if now := contents(t); !maps.Equal(now, made) {
					t.Errorf("%s: init changed the files", what)
				}
				s.works()
			}
			os.Remove("ltipolicy.toml") //nolint:errcheck // made anew by the next line, which knows no administrator
			s.run(exitOK, "init", "-base-url", "https://tool.example", "-institution", "UPT")
			if now := contents(t); !maps.Equal(now, made) {
				t.Error("without the administrator: init changed the files")
			}
		})
	}
}

// Every line for the program in a document names a command and flags that there are.
func TestDocumentedLinesAreCommands(t *testing.T) {
	s := newShell(t)
	flags := map[string]string{}
	for _, c := range commands() {
		flags[c.name], _ = s.run(exitOK, append(strings.Fields(c.name), "-help")...)
	}
	files, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	heads := []string{"look", "answer 2", "act 2", "entry key", "acknowledgement 1", "receipt 1"} // of what is signed: docs/evidence.md
	for _, file := range append(files, "README.md", "SECURITY.md") {
		doc, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("(?m)(?:^|[`\"/] *|tool1 )(?:ltipolicy|run --rm --no-deps tool1) ([a-z]+(?: [a-z]+)?)([^`|&>\n]*)").FindAllStringSubmatch(string(doc), -1) {
			name, rest := m[1], m[2]
			if slices.Contains(heads, m[1]+strings.TrimRight(rest, " ")) {
				continue
			}
			if flags[name] == "" {
				name, _, _ = strings.Cut(name, " ")
			}
			if flags[name] == "" {
				t.Errorf("%s: %q is no command", file, m[0])
				continue
			}
			lines++
			for _, fl := range regexp.MustCompile(` -([a-z][a-z-]+)`).FindAllStringSubmatch(rest, -1) {
				if !strings.Contains(flags[name], "\n  -"+fl[1]) {
					t.Errorf("%s: %q: %s has no -%s", file, m[0], name, fl[1])
				}
			}
		}
	}
	if lines < 30 {
		t.Errorf("found %d lines", lines)
	}
}

// How people are reminded is said whole, or the tool does not start.
func TestSettingsOfMails(t *testing.T) {
	s := newShell(t)
	for setting, wrong := range map[string]string{
		"-mail-hours=20:00-07:00": "-mail-hours", "-mail-hours=always": "-mail-hours", "-mail-rate=0": "-mail-rate", "-mail-hours=00:00-24:00": "", "-mail-rate=30": "",
		"-mail-from=Policies": "-mail-from",
	} {
		status := exitOK
		if wrong != "" {
			status = exitUsage
		}
		_, oops := s.run(status, "config", "-base-url", "https://tool.example", "-mail-server", "smtp://ana:secret@mail.example", "-mail-from", "p@example.edu", setting)
		if !strings.Contains(oops, wrong) || strings.Contains(oops, "secret") {
			t.Errorf("%s: %s", setting, oops)
		}
	}
}
