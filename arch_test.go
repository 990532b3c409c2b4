package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// arrows are the imports between our own packages that production code may
// have, one way: what a package is not listed with here, it does not know.
var arrows = map[string][]string{
	".":                   {"config", "connection", "courier", "demo", "run", "setup", "templates", "transfer", "transfer/toolpolicy", "evidence", "store", "lti", "policy"},
	"config":              {"policy"},
	"connection":          {"lti"},
	"demo":                {"run", "transfer", "courier", "templates", "store", "lti", "policy", "lti/ltitest", "testdata"},
	"setup":               {"run", "store"},
	"run":                 {"launch", "launch/web", "courier", "courier/post", "templates", "store", "seal", "lti"},
	"launch":              {"connection", "courier/post", "launch/admin", "launch/archive", "launch/web", "launch/download", "templates", "courier", "evidence", "store", "lti", "policy", "policy/normal"},
	"launch/admin":        {"courier", "launch/web", "launch/download", "templates", "store", "lti", "policy", "policy/lint", "policy/markup", "policy/normal", "policy/research", "policy/source", "policy/template"},
	"launch/archive":      {"launch/web", "templates", "store", "lti", "policy"},
	"launch/download":     {"templates", "evidence", "store", "policy", "policy/normal", "policy/research"},
	"launch/launchtest":   {"launch/web"},
	"launch/web":          {"connection", "templates", "store", "lti", "policy"},
	"templates":           {"connection", "policy", "policy/diff", "policy/lint", "policy/markup", "policy/normal", "policy/research", "policy/source", "policy/template"},
	"courier":             {"connection", "courier/post", "evidence", "store", "lti", "policy"},
	"store":               {"evidence", "policy", "policy/markup", "policy/research", "lti", "seal"},
	"evidence":            {"policy"},
	"transfer":            {"transfer/toolpolicy", "store", "lti", "policy", "policy/lint", "policy/research", "policy/source"},
	"transfer/toolpolicy": {"policy", "policy/normal", "policy/source"},
	"lti":                 {}, "seal": {}, "courier/post": {"policy/normal"}, "courier/post/posttest": {},
	"policy":            {},
	"policy/normal":     {},
	"policy/policytest": {"policy"},
	"policy/markup":     {"policy"}, "policy/office": {"policy/markup"}, "policy/proof": {"policy", "policy/markup", "policy/normal"},
	"policy/docx":     {"policy", "policy/markup", "policy/office"},
	"policy/source":   {"policy", "policy/docx", "policy/markup", "policy/normal", "policy/office", "policy/proof"},
	"policy/diff":     {"policy", "policy/markup", "policy/normal"},
	"policy/lint":     {"policy", "policy/markup"},
	"policy/research": {"policy", "policy/markup"},
	"policy/template": {"policy", "policy/source"},
	"lti/ltitest":     {"lti"},
	"store/storetest": {"store", "lti", "policy", "seal"},
	"spent":           {},
	"testdata":        {},
	"deploy":          {}, "docs": {}, "moodle": {}, // these three hold tests only
	"scripts/bench":   {},
	"scripts/cluster": {"lti/ltitest", "seal", "store", "templates", "lti", "policy"},
	"scripts/compare": {"lti/ltitest", "seal", "store", "templates", "lti", "policy"},
	"scripts/flood":   {"lti/ltitest", "seal", "store", "lti", "policy"},
	"scripts/key":     {}, "scripts/noskip": {}, "scripts/release": {},
	"scripts/visitor": {"lti/ltitest", "policy", "templates"},
}

// testPackages help tests: any test may import them, and they count as tests
// where docs/dependencies.md allows a module to tests.
var testPackages = []string{"courier/post/posttest", "launch/launchtest", "lti/ltitest", "policy/policytest", "spent", "store/storetest", "testdata"}

const (
	modulePath   = "ltipolicy"
	maxLines     = 600
	maxRoot      = 15 // files at the root, tests included
	maxRoom      = 25 // files in a package, without tests
	dependencies = "docs/dependencies.md"
)

// goFile is one Go file of ours, by its slash-separated path from the root.
type goFile struct {
	path    string
	dir     string
	test    bool
	imports []string
	ast     *ast.File
	lines   int
}

// sources parses all Go files of the module.
func sources(t *testing.T) []goFile {
	t.Helper()
	var all []goFile
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			// Of the folders that go itself passes over, testdata at the root holds
			// the package that embeds the policies of the demo.
			if name != "." && strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" && name != "testdata" {
				return filepath.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, content, parser.ParseComments)
		if err != nil {
			return err
		}
		p := filepath.ToSlash(name)
		s := goFile{
			path: p, dir: path.Dir(p), test: strings.HasSuffix(p, "_test.go"),
			ast: f, lines: bytes.Count(content, []byte("\n")),
		}
		for _, i := range f.Imports {
			s.imports = append(s.imports, strings.Trim(i.Path.Value, `"`))
		}
		all = append(all, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// The picture of the house shows each import that does not follow from others.
func TestPictureOfTheHouseIsTheHouse(t *testing.T) {
	page := "docs/decisions/0020-a-house-with-an-empty-hall.md"
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var drawn []string
	for _, m := range regexp.MustCompile(`(?m)^ +(\S+ --> \S+)$`).FindAllStringSubmatch(string(b), -1) {
		drawn = append(drawn, m[1])
	}
	imports := map[string]map[string]bool{}
	for _, s := range sources(t) {
		if s.test || slices.Contains(testPackages, s.dir) || strings.HasPrefix(s.dir, "scripts") {
			continue
		}
		for _, i := range s.imports {
			if to, ours := strings.CutPrefix(i, modulePath+"/"); ours && !slices.Contains(testPackages, to) {
				if imports[s.dir] == nil {
					imports[s.dir] = map[string]bool{}
				}
				imports[s.dir][to] = true
			}
		}
	}
	var reaches func(from, to string) bool
	reaches = func(from, to string) bool {
		for via := range imports[from] {
			if via == to || reaches(via, to) {
				return true
			}
		}
		return false
	}
	var want []string
	for from, all := range imports {
		for to := range all {
			follows := false
			for via := range all {
				follows = follows || reaches(via, to)
			}
			if !follows {
				want = append(want, strings.Replace(from+" --> "+to, ". -->", "main -->", 1))
			}
		}
	}
	slices.Sort(want)
	slices.Sort(drawn)
	if !slices.Equal(want, drawn) {
		t.Errorf("%s shows\n%s\nand the code says\n%s", page, strings.Join(drawn, "\n"), strings.Join(want, "\n"))
	}
}

func TestPackagesImportOneWay(t *testing.T) {
	for _, s := range sources(t) {
		allowed, known := arrows[s.dir]
		if !known {
			t.Errorf("%s: package %s has no place in arrows; say what it may import", s.path, s.dir)
			continue
		}
		for _, i := range s.imports {
			to, ours := strings.CutPrefix(i, modulePath+"/")
			switch {
			case !ours, slices.Contains(allowed, to):
			case s.test && (to == s.dir || slices.Contains(testPackages, to)):
				// A package's outside tests import it, and any test the test packages.
			case s.test && !wouldTurnRound(s.dir, to):
				// A test may look further down than its package, never up.
			default:
				t.Errorf("%s imports %s; package %s may import %v", s.path, to, s.dir, allowed)
			}
		}
	}
}

// wouldTurnRound says whether package to can reach package from by the arrows.
func wouldTurnRound(from, to string) bool {
	return slices.ContainsFunc(arrows[to], func(next string) bool {
		return next == from || wouldTurnRound(from, next)
	})
}

// module is what go.mod says of one required module.
type module struct {
	Path, Version string
	Indirect      bool
}

func requirements(t *testing.T, file string) []module {
	t.Helper()
	var mod struct{ Require []module }
	if err := json.Unmarshal(goCommand(t, "mod", "edit", "-json", file), &mod); err != nil {
		t.Fatal(err)
	}
	return mod.Require
}

// goCommand runs the go command without the network and returns its output.
func goCommand(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOOS=linux")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return out
}

// allowedModules reads the tables of docs/dependencies.md: module → the files,
// folders or "tests" that may import it.
func allowedModules(t *testing.T) map[string][]string {
	t.Helper()
	content, err := os.ReadFile(dependencies)
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([^|]+) \\| ([^|]+) \\|$")
	quoted := regexp.MustCompile("`([^`]+)`")
	allowed := map[string][]string{}
	for _, m := range row.FindAllStringSubmatch(string(content), -1) {
		if allowed[m[1]] != nil {
			t.Errorf("%s names %s twice", dependencies, m[1])
		}
		allowed[m[1]] = []string{}
		for _, place := range quoted.FindAllStringSubmatch(m[2], -1) {
			allowed[m[1]] = append(allowed[m[1]], place[1])
		}
	}
	if len(allowed) == 0 {
		t.Fatalf("%s: no table row found", dependencies)
	}
	return allowed
}

// mayImport says whether one of the places covers the file.
func mayImport(places []string, s goFile) bool {
	return slices.ContainsFunc(places, func(place string) bool {
		switch {
		case place == "tests":
			return s.test || slices.Contains(testPackages, s.dir)
		case place == "main":
			return s.dir == "."
		case path.Ext(place) == ".go":
			// The tests beside a file may use what the file uses.
			return s.path == place || s.test && s.dir == path.Dir(place)
		default:
			return s.dir == place
		}
	})
}

// owner is the module of ms that a package belongs to, nil for the standard
// library and ours.
func owner(ms []module, pkg string) *module {
	var found *module
	for i, m := range ms {
		if (pkg == m.Path || strings.HasPrefix(pkg, m.Path+"/")) && (found == nil || len(m.Path) > len(found.Path)) {
			found = &ms[i]
		}
	}
	return found
}

func TestModulesAreImportedWhereTheListSays(t *testing.T) {
	required, allowed := requirements(t, "go.mod"), allowedModules(t)
	for _, s := range sources(t) {
		for _, i := range s.imports {
			m := owner(required, i)
			if m == nil {
				continue
			}
			if places, listed := allowed[m.Path]; !listed {
				t.Errorf("%s imports %s: %s has no line for that module", s.path, i, dependencies)
			} else if !mayImport(places, s) {
				t.Errorf("%s imports %s: %s allows it in %v", s.path, i, dependencies, places)
			}
		}
	}
}

func TestDirectModulesAreListed(t *testing.T) {
	required, allowed := requirements(t, "go.mod"), allowedModules(t)
	tools := requirements(t, ".tools/go.mod")
	for _, m := range required {
		if _, listed := allowed[m.Path]; !m.Indirect && !listed {
			t.Errorf("go.mod requires %s: %s has no line for it", m.Path, dependencies)
		}
	}
	for name := range allowed {
		isIt := func(m module) bool { return m.Path == name }
		if !slices.ContainsFunc(required, isIt) && !slices.ContainsFunc(tools, isIt) {
			t.Errorf("%s names %s, which no go.mod requires", dependencies, name)
		}
	}
}

// linked are the packages of the shipped binary that are not the standard library's.
func linked(t *testing.T) []linkedPackage {
	t.Helper()
	out := json.NewDecoder(bytes.NewReader(goCommand(t, "list", "-deps", "-json=ImportPath,Standard,CgoFiles,Module", ".")))
	var all []linkedPackage
	for {
		var p linkedPackage
		if err := out.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if !p.Standard {
			all = append(all, p)
		}
	}
}

type linkedPackage struct {
	ImportPath string
	Standard   bool
	CgoFiles   []string
	Module     *module
}

func TestBinaryHoldsNothingOfTheTestsAndNoC(t *testing.T) {
	allowed := allowedModules(t)
	for _, p := range linked(t) {
		if len(p.CgoFiles) > 0 {
			t.Errorf("%s needs cgo; the binary is static", p.ImportPath)
		}
		if p.ImportPath == modulePath+"/store/storetest" || p.ImportPath == modulePath+"/launch/launchtest" {
			t.Errorf("the binary links %s", p.ImportPath)
		}
		if p.Module != nil && slices.Equal(allowed[p.Module.Path], []string{"tests"}) {
			t.Errorf("the binary links %s: %s allows it to tests only", p.ImportPath, dependencies)
		}
	}
}

// The SQLite driver is C translated to Go and bound to the very version of its
// C library that it was translated with; a newer one corrupts memory.
func TestSQLiteRunsWithItsOwnLibc(t *testing.T) {
	const driver, library = "modernc.org/sqlite", "modernc.org/libc"
	var chosen struct{ GoMod string }
	if err := json.Unmarshal(goCommand(t, "list", "-m", "-json", driver), &chosen); err != nil {
		t.Fatal(err)
	}
	want, have := version(requirements(t, chosen.GoMod), library), version(requirements(t, "go.mod"), library)
	if want == "" || have != want {
		t.Errorf("go.mod takes %s %q; %s was made with %q: set them together", library, have, driver, want)
	}
}

func version(ms []module, name string) string {
	for _, m := range ms {
		if m.Path == name {
			return m.Version
		}
	}
	return ""
}

func TestFilesStayReadable(t *testing.T) {
	for _, s := range sources(t) {
		if s.lines > maxLines {
			t.Errorf("%s has %d lines; over %d it is two files", s.path, s.lines, maxLines)
		}
	}
}

func TestRoomsStaySmall(t *testing.T) {
	root, rooms := 0, map[string]int{}
	for _, s := range sources(t) {
		if s.dir == "." {
			root++
		}
		if !s.test {
			rooms[s.dir]++
		}
	}
	if root > maxRoot {
		t.Errorf("%d Go files at the root; over %d, what a command does belongs in a package that tests and the demo call without a process", root, maxRoot)
	}
	delete(rooms, "store") // one file a table
	for dir, n := range rooms {
		if n > maxRoom {
			t.Errorf("%s has %d files beside its tests; over %d it is two packages", dir, n, maxRoom)
		}
	}
}

func TestPackagesAreNamedAndIntroduced(t *testing.T) {
	introduced := map[string]bool{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		name := s.ast.Name.Name
		if slices.Contains([]string{"util", "utils", "common", "helpers", "types", "manager", "misc"}, name) {
			t.Errorf("%s: package %s is named after nothing that it owns", s.path, name)
		}
		introduced[s.dir] = introduced[s.dir] || s.ast.Doc.Text() != ""
	}
	for dir, has := range introduced {
		if !has {
			t.Errorf("package %s has no package comment", dir)
		}
	}
}

// The rules see people as viewers. What a rule looks at in a person has one way into them, or one caller forgets it.
func TestViewersAreMadeOfPeople(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || s.dir == "policy" {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			made, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if name, ok := made.Type.(*ast.SelectorExpr); ok && name.Sel.Name == "Viewer" {
				t.Errorf("%s makes a viewer by hand; say policy.Person{…}.At(now)", s.path)
			}
			return true
		})
	}
}

func TestNothingRunsBeforeMain(t *testing.T) {
	for _, s := range sources(t) {
		for _, d := range s.ast.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s has an init function; do it where it is asked for", s.path)
			}
		}
	}
}

// beside says why a file outside of the worker may use what could do work beside a request.
var beside = map[string]string{
	"store/tx.go":           "waits for a COMMIT's answer no longer than the call may take",
	"store/store.go":        "pauses between two tries of a call",
	"store/reportpeople.go": "reads the parts of a page at once, and waits for them",
}

// What happens between requests is a job of the worker, in its table: nothing else starts work that goes on after the
// request, or that comes again by itself.
func TestOnlyTheWorkerWorksBetweenRequests(t *testing.T) {
	starters := []string{"courier", "run", "demo", ".", "scripts", "testdata"} // the worker, the servers, and what is no part of them
	timers := []string{"NewTicker", "Tick", "NewTimer", "After", "AfterFunc"}
	used := map[string]bool{}
	for _, s := range sources(t) {
		room, _, _ := strings.Cut(s.dir, "/")
		if s.test || slices.Contains(starters, room) || slices.Contains(testPackages, s.dir) {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			found := ""
			switch n := n.(type) {
			case *ast.GoStmt:
				found = "a go statement"
			case *ast.SelectorExpr:
				if p, ok := n.X.(*ast.Ident); ok && p.Name == "time" && slices.Contains(timers, n.Sel.Name) {
					found = "time." + n.Sel.Name
				} else if n.Sel.Name == "Go" {
					found = "a call of Go"
				}
			}
			if found != "" && beside[s.path] == "" {
				t.Errorf("%s has %s: make it a job of courier/jobs.go and wake the worker, or say in beside why it is none", s.path, found)
			}
			used[s.path] = used[s.path] || found != ""
			return true
		})
	}
	for file := range beside {
		if !used[file] {
			t.Errorf("%s does nothing beside a request: take it out of beside", file)
		}
	}
}

// Requests go out through lti.Send, whose errors tell nothing secret of an address; the witness knows no lti.
func TestRequestsGoOutThroughOneDoor(t *testing.T) {
	for _, s := range sources(t) {
		none := s.test || slices.Contains(testPackages, s.dir) || strings.HasPrefix(s.dir, "scripts")
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && !none && len(call.Args) == 1 {
				_, once := call.Args[0].(*ast.FuncLit)
				f, ok := call.Fun.(*ast.SelectorExpr)
				if ok && f.Sel.Name == "Do" && !once && s.path != "lti/client.go" && s.path != "evidence/witness.go" {
					t.Errorf("%s sends a request: let lti.Send do it", s.path)
				}
			}
			return true
		})
	}
}

// ofTheWorker are the methods of the store that do the worker's jobs.
var ofTheWorker = []string{
	"ActivateDue", "AppendLog", "CheckGates", "Doors", "DueNotices", "FillRoster", "HandNoticeOver", "NoticeDelivered",
	"NoticePostponed", "OwedNotices", "Recount", "ScoresSent", "Sweep", "TakeScores",
}

// Nothing is caught up inside a page: what the worker does in the database, no handler does.
func TestPagesDoNoWorkOfTheWorker(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || s.dir != "launch" && !strings.HasPrefix(s.dir, "launch/") {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if n, ok := n.(*ast.SelectorExpr); ok && slices.Contains(ofTheWorker, n.Sel.Name) {
				t.Errorf("%s calls %s, which is the worker's: wake its job instead", s.path, n.Sel.Name)
			}
			return true
		})
	}
}

// TestTheRulesAreChecked keeps the checks above honest: each refuses a violation that is put before it.
func TestTheRulesAreChecked(t *testing.T) {
	ms := []module{{Path: "golang.org/x/net"}, {Path: "github.com/lestrrat-go/jwx/v2"}}
	for pkg, want := range map[string]string{
		"golang.org/x/net/html":                "golang.org/x/net",
		"golang.org/x/network":                 "",
		"net/http":                             "",
		"github.com/lestrrat-go/jwx/v2/jws":    "github.com/lestrrat-go/jwx/v2",
		"github.com/lestrrat-go/jwx/v22":       "",
		fmt.Sprintf("%s/launch", modulePath):   "",
		"github.com/lestrrat-go/jwx/v2":        "github.com/lestrrat-go/jwx/v2",
		"github.com/lestrrat-go/jwx/v3/anyjwk": "",
	} {
		got := ""
		if m := owner(ms, pkg); m != nil {
			got = m.Path
		}
		if got != want {
			t.Errorf("owner of %s: %q, want %q", pkg, got, want)
		}
	}
	tests := []struct {
		places []string
		file   goFile
		want   bool
	}{
		{[]string{"lti/jose.go"}, goFile{path: "lti/jose.go", dir: "lti"}, true},
		{[]string{"lti/jose.go"}, goFile{path: "lti/keys.go", dir: "lti"}, false},
		{[]string{"lti/jose.go"}, goFile{path: "lti/jose_test.go", dir: "lti", test: true}, true},
		{[]string{"store"}, goFile{path: "store/tx.go", dir: "store"}, true},
		{[]string{"store"}, goFile{path: "store/storetest/new.go", dir: "store/storetest"}, false},
		{[]string{"store"}, goFile{path: "launch/lti.go", dir: "launch"}, false},
		{[]string{"tests"}, goFile{path: "launch/lti.go", dir: "launch"}, false},
		{[]string{"tests"}, goFile{path: "launch/lti_test.go", dir: "launch", test: true}, true},
		{[]string{"tests"}, goFile{path: "lti/ltitest/site.go", dir: "lti/ltitest"}, true},
		{[]string{"main"}, goFile{path: "config.go", dir: "."}, true},
	}
	for _, tt := range tests {
		if got := mayImport(tt.places, tt.file); got != tt.want {
			t.Errorf("%s with %v: %v, want %v", tt.file.path, tt.places, got, tt.want)
		}
	}
	if !wouldTurnRound("policy", "launch") || wouldTurnRound("launch", "policy") {
		t.Error("the arrows do not point one way")
	}
}
