package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What CONTRIBUTING.md sends people to is there: files and folders by their path, and functions, types and tables by
// their name in "How to add …".
func TestContributingNamesWhatIsThere(t *testing.T) {
	b, err := os.ReadFile("../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	declared := declaredNames(t)
	quoted := regexp.MustCompile("`([^`\n]+)`")
	file := regexp.MustCompile(`^[a-z_]+(/[A-Za-z_{,}]+)*(/|\.(go|html|json|md))?$`)
	name := regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]+$`)
	files, names := 0, 0
	for _, section := range strings.Split(string(b), "\n## ") {
		howTo := strings.HasPrefix(section, "How to add")
		for _, m := range quoted.FindAllStringSubmatch(section, -1) {
			switch word := m[1]; {
			case strings.Contains(word, "/NAME."):
				// Stands for the new file; its folder is there.
				if _, err := os.Stat("../" + filepath.Dir(word)); err != nil {
					t.Errorf("%s is sent for, and its folder is not there", word)
				}
			case strings.Contains(word, "/") && file.MatchString(word):
				files++
				if _, err := os.Stat("../" + word); err != nil && !strings.Contains(word, "{") && word != "testdata/fuzz" {
					t.Errorf("%s is sent for, and is not there", word)
				}
			case strings.HasPrefix(word, "Test") && name.MatchString(word), howTo && name.MatchString(word):
				names++
				if !declared[word] {
					t.Errorf("%s is named, and nothing in the code is called that", word)
				}
			}
		}
	}
	if files < 10 || names < 10 {
		t.Errorf("%d files and %d names are looked for, which cannot be all", files, names)
	}
}

// A rule is as many files as "How to add a rule" says: those that its list names.
func TestARuleIsAsManyFilesAsItSays(t *testing.T) {
	b, err := os.ReadFile("../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(b), "\n## How to add a rule\n")
	list, _, _ := strings.Cut(section, "\n| ")
	files := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^[0-9]+\\. `([a-z_/]+\\.go)`").FindAllStringSubmatch(list, -1) {
		files[m[1]] = true
	}
	if len(files) != 6 || !strings.Contains(list, "is six files beside its setting") {
		t.Errorf("%d files are named: %v", len(files), files)
	}
}

// The rooms are those that there are, and the arrows between them those of the picture of the house, which a test holds
// to the imports.
func TestContributingShowsTheHouse(t *testing.T) {
	b, err := os.ReadFile("../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(b), "\n## The rooms\n")
	section, _, _ = strings.Cut(section, "\n## ")
	_, drawing, _ := strings.Cut(section, "```\n")
	drawing, table, _ := strings.Cut(drawing, "```\n")

	picture, err := os.ReadFile("decisions/0020-a-house-with-an-empty-hall.md")
	if err != nil {
		t.Fatal(err)
	}
	var want, drawn []string
	for _, m := range regexp.MustCompile(`(?m)^ +(\S+) --> (\S+)$`).FindAllStringSubmatch(string(picture), -1) {
		want = append(want, m[1]+" → "+m[2])
	}
	for _, chain := range regexp.MustCompile(` {3,}|\n`).Split(drawing, -1) {
		steps := strings.Split(chain, " → ")
		for i := 1; i < len(steps); i++ {
			for _, from := range strings.Split(strings.Trim(steps[i-1], "{}"), ", ") {
				for _, to := range strings.Split(strings.Trim(steps[i], "{}"), ", ") {
					drawn = append(drawn, from+" → "+to)
				}
			}
		}
	}
	slices.Sort(want)
	slices.Sort(drawn)
	if !slices.Equal(want, drawn) {
		t.Errorf("drawn are\n%s\nand the picture of the house has\n%s", strings.Join(drawn, "\n"), strings.Join(want, "\n"))
	}

	err = filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") {
			return err
		}
		room, err := filepath.Rel("..", filepath.Dir(path))
		room = filepath.ToSlash(room)
		if err != nil || room == "." || room == "testdata" || strings.HasPrefix(room, "scripts/") || strings.HasPrefix(room, ".") {
			return err
		}
		if row := regexp.MustCompile("(?m)^\\| (`[^|]*, )?`" + room + "`"); !row.MatchString(table) {
			t.Errorf("%s has no row", room)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The tests that take seconds are there: each part of a line's pattern finds a test, and no room with tests is left out.
func TestEachRoomHasItsSeconds(t *testing.T) {
	b, err := os.ReadFile("../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(b), "\n## Tests that take seconds\n")
	section, _, _ = strings.Cut(section, "\n## ")
	rooms, line := testsByRoom(t), regexp.MustCompile(`(?m)^go test ([^#'-]+?)(?: +-run '?([^' ]+)'?)? *# \S`)
	proved := map[string]bool{}
	lines := line.FindAllStringSubmatch(section, -1)
	if n := strings.Count(section, "\ngo test "); n == 0 || len(lines) != n {
		t.Errorf("%d of %d lines are a command and what it proves", len(lines), n)
	}
	for _, m := range lines {
		for _, part := range strings.Split(m[2], "|") {
			pattern, found := regexp.MustCompile(part), false
			for room, tests := range rooms {
				if slices.ContainsFunc(strings.Fields(m[1]), func(path string) bool { return holds(path, room) }) && slices.ContainsFunc(tests, pattern.MatchString) {
					found, proved[room] = true, true
				}
			}
			if !found {
				t.Errorf("%q finds no test in %s", part, m[1])
			}
		}
	}
	for room := range rooms {
		if !proved[room] {
			t.Errorf("%s has tests, and no line of CONTRIBUTING.md (Tests that take seconds) that runs one", room)
		}
	}
}

// holds reports whether a path as go test takes it names the folder.
func holds(path, folder string) bool {
	path = filepath.Clean(path)
	if above, ok := strings.CutSuffix(path, "/..."); ok {
		return folder == above || strings.HasPrefix(folder, above+"/")
	}
	return folder == path
}

// testsByRoom are the names of the tests in each folder of the module.
func testsByRoom(t *testing.T) map[string][]string {
	t.Helper()
	rooms, test := map[string][]string{}, regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		room, err := filepath.Rel("..", filepath.Dir(path))
		for _, m := range test.FindAllSubmatch(b, -1) {
			rooms[filepath.ToSlash(room)] = append(rooms[filepath.ToSlash(room)], string(m[1]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rooms
}

// declaredNames are the functions, methods, types and variables of the module, tests included.
func declaredNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				names[d.Name.Name] = true
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						names[s.Name.Name] = true
					case *ast.ValueSpec:
						for _, n := range s.Names {
							names[n.Name] = true
						}
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
