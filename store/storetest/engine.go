package storetest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Databases is the environment variable that says which kinds of database the tests run on. Empty: SQLite, and
// what is found of MariaDB and MySQL, so that plain go test works on a machine that has nothing but Go. "all":
// these three. Otherwise their names with commas between, such as "mysql" or "sqlite,mariadb-11.8", where a
// name beyond the three is a folder that scripts/engine fetched. What is named and missing fails the test.
const Databases = "LTIPOLICY_TEST_DATABASES"

// Folders is the environment variable that names the folder with the engines that scripts/engine fetched;
// without it they are in ltipolicy in the user's folder for caches.
const Folders = "LTIPOLICY_ENGINES"

// Engine is a kind of database that tests run on. An engine's server is started at its first use, once a
// process, and ends with the process.
type Engine struct {
	// Name is "sqlite", or a server's: "mariadb", "mysql", or with a version, "mariadb-11.8". Subtests bear it.
	Name string
	// Bin is the folder of the server's programs, the client's included. SQLite has none.
	Bin string

	server func() (*server, error) // nil: SQLite
}

// maker is what differs between the makers of servers.
type maker struct {
	server  string   // the program
	install []string // the command that makes a data folder: a program and what it alone needs
	args    []string // of the server, beyond what all have
	logs    []string // what makes it keep a binary log for replicas, as servers in use do
}

var makers = map[string]maker{
	"mariadb": {
		server:  "mariadbd",
		install: []string{"mariadb-install-db", "--auth-root-authentication-method=normal", "--skip-test-db"},
		args:    []string{"--debug-no-sync", "--innodb-log-file-size=32M"},
		logs:    []string{"--log-bin=binlog", "--server-id=1", "--gtid-strict-mode=ON"},
	},
	"mysql": {
		server:  "mysqld",
		install: []string{"mysqld", "--initialize-insecure", "--skip-log-bin", "--log-error-verbosity=1", "--innodb-flush-method=nosync"},
		args: []string{"--innodb-flush-method=nosync", "--innodb-redo-log-capacity=32M", "--mysqlx=OFF",
			"--secure-file-priv=", "--log-error-verbosity=1"},
		logs: []string{"--log-bin=binlog", "--server-id=1", "--gtid-mode=ON", "--enforce-gtid-consistency=ON"},
	},
}

// makerOf knows a server by the beginning of its name.
func makerOf(name string) (maker, bool) {
	kind, _, _ := strings.Cut(name, "-")
	m, ok := makers[kind]
	return m, ok
}

// engines are the kinds of database that were found or asked for.
var engines = sync.OnceValues(func() (found []Engine, err error) {
	names, required := []string{"sqlite", "mariadb", "mysql"}, true
	switch asked := os.Getenv(Databases); asked {
	case "":
		required = false
	case "all":
	default:
		names = strings.Split(asked, ",")
	}
	for _, name := range names {
		e := Engine{Name: name}
		if name != "sqlite" {
			m, ok := makerOf(name)
			if !ok {
				return nil, fmt.Errorf("%s: unknown: %q", Databases, name)
			}
			if e.Bin, err = find(name, m); err != nil {
				if required {
					return nil, fmt.Errorf("%s=%s: %w", Databases, os.Getenv(Databases), err)
				}
				continue
			}
			e.server = sync.OnceValues(func() (*server, error) { return start(e, m, nil) })
		}
		found = append(found, e)
	}
	return found, nil
})

// find looks for a server where scripts/engine puts it, in PATH, and where distributions keep servers, which
// ordinary users do not have in PATH. A name with a version is looked for in the first place only.
func find(name string, m maker) (bin string, err error) {
	if !canStart {
		return "", errors.New("database servers are started on Linux, macOS and FreeBSD only")
	}
	var dirs []string
	if folders := os.Getenv(Folders); folders != "" {
		dirs = append(dirs, filepath.Join(folders, name, "bin"))
	} else if cache, err := os.UserCacheDir(); err == nil {
		dirs = append(dirs, filepath.Join(cache, "ltipolicy", name, "bin"))
	}
	if _, plain := makers[name]; plain {
		dirs = append(dirs, filepath.SplitList(os.Getenv("PATH"))...)
		dirs = append(dirs, "/usr/sbin", "/usr/libexec", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin")
	}
	for _, dir := range dirs {
		if dir != "" && isMakers(filepath.Join(dir, m.server), name) {
			return dir, nil
		}
	}
	how := "engine"
	if _, plain := makers[name]; plain {
		how = "need"
	}
	return "", fmt.Errorf("%s is not on this machine: scripts/%s %s brings it", name, how, name)
}

// isMakers reports whether a program is there and this maker's own: MariaDB also goes by MySQL's names.
func isMakers(program, name string) bool {
	if _, err := exec.LookPath(program); err != nil {
		return false
	}
	out, err := exec.Command(program, "--version").CombinedOutput()
	return err == nil && strings.Contains(string(out), "MariaDB") == strings.HasPrefix(name, "mariadb")
}

// Engines returns every kind of database that tests run on, SQLite first.
func Engines(t testing.TB) []Engine {
	t.Helper()
	es, err := engines()
	if err != nil {
		t.Fatal(err)
	}
	if len(es) == 1 && es[0].server == nil {
		t.Log("on SQLite only: no database server was found")
	}
	return es
}

// Logging starts a server beside the one that all tests share, which keeps a binary log with global transaction
// ids, as servers in use do. It ends with the test. The result is its socket, where root has no password.
func (e Engine) Logging(t testing.TB) (socket string) {
	t.Helper()
	m, _ := makerOf(e.Name)
	s, err := start(e, m, m.logs)
	if err != nil {
		t.Fatalf("starting %s: %v", e.Name, err)
	}
	t.Cleanup(func() { s.pipe.Close() }) //nolint:errcheck // the keeper sees that it is closed
	return s.socket
}

// Servers returns the kinds of database that are servers; it may be empty.
func Servers(t testing.TB) []Engine {
	t.Helper()
	var servers []Engine
	for _, e := range Engines(t) {
		if e.server != nil {
			servers = append(servers, e)
		}
	}
	return servers
}
