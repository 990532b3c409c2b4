package templates

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jba/templatecheck"
)

// A page is a row in pages.go or admin.go, a struct, a template, a fixture and a handler. Whatever is forgotten is
// named here, with the line to add.

func TestEachRowHasItsTemplate(t *testing.T) {
	for _, p := range pages {
		if _, err := fs.Stat(htmlFiles, "html/"+p.name+".html"); err != nil {
			t.Errorf(`the page %q has no template: write templates/html/%s.html with {{define "title"}} and {{define "main"}}`, p.name, p.name)
		}
	}
}

func TestEachTemplateHasItsRow(t *testing.T) {
	files, err := fs.Glob(htmlFiles, "html/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".html")
		rows := 0
		for _, p := range pages {
			if p.name == name && p.part == "" {
				rows++
			}
		}
		if shared := slices.Contains(parts, name); shared == (rows == 1) || rows > 1 {
			t.Errorf(`templates/%s is shown by %d pages, and shared by all: %v; want one page: add {"%s", "", YourPage{}} to learnerPages in templates/pages.go or officePages in templates/admin.go, or %q to parts in templates/pages.go if it holds what pages share`, file, rows, shared, name, name)
		}
	}
}

// TestEachTemplateFitsItsStruct checks the types, so it needs no fixture.
func TestEachTemplateFitsItsStruct(t *testing.T) {
	rows := map[string]string{}
	for _, p := range pages {
		if p.view == nil {
			t.Errorf(`the page %q has no struct: write one that embeds Page, and put it into its row`, p.name)
			continue
		}
		name := reflect.TypeOf(p.view).Name()
		if other, twice := rows[name]; twice {
			t.Errorf("the pages %q and %q have one struct, %s: a struct says which page is meant, so give each its own, in its row", other, p.name, name)
		}
		rows[name] = p.name
	}
	s := newSet(t)
	for _, p := range pages {
		if p.view == nil {
			continue
		}
		if err := templatecheck.CheckHTML(s.pages[reflect.TypeOf(p.view)].Lookup(cmp.Or(p.part, "layout")), p.view); err != nil {
			t.Errorf("templates/html/%s.html does not fit %T: %v", p.name, p.view, err)
		}
	}
}

func TestEachStructHasItsRowAndItsHandler(t *testing.T) {
	rows := map[string]bool{}
	for _, p := range pages {
		if p.view != nil {
			rows[reflect.TypeOf(p.view).Name()] = true
		}
	}
	handlers := sourceOf(t, "../launch/*.go", "../launch/*/*.go")
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if n, ok := n.(*ast.TypeSpec); ok && holdsPage(n) {
				if name := n.Name.Name; !rows[name] {
					t.Errorf(`%s holds a Page and is none: add {"name of its template", "", %s{}} to learnerPages in templates/pages.go or officePages in templates/admin.go, or let it hold the *Locale alone`, name, name)
				} else if !strings.Contains(handlers, "templates."+name+"{") && !strings.Contains(handlers, "templates."+name+" ") {
					t.Errorf("no handler shows %s: write one in launch or launch/admin that renders it, and register it in routes.go there", name)
				}
			}
			return true
		})
	}
}

// holdsPage says whether a type is a struct with an embedded Page.
func holdsPage(n *ast.TypeSpec) bool {
	s, ok := n.Type.(*ast.StructType)
	return ok && slices.ContainsFunc(s.Fields.List, func(f *ast.Field) bool {
		name, ok := f.Type.(*ast.Ident)
		return ok && len(f.Names) == 0 && name.Name == "Page"
	})
}

// sourceOf joins the files of some patterns, without tests.
func sourceOf(t *testing.T, patterns ...string) string {
	t.Helper()
	var all strings.Builder
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(b)
		}
	}
	return all.String()
}

// TestEachPageHasAFixture: the rules that all pages share are tried on fixtures only.
func TestEachPageHasAFixture(t *testing.T) {
	s := newSet(t)
	shown := map[reflect.Type]bool{}
	for _, f := range fixtures() {
		shown[reflect.TypeOf(f.make(s, s.Locale("en", "", "")))] = true
	}
	for _, p := range pages {
		// A part is no page that anybody opens; its own test shows it.
		if p.view != nil && p.part == "" && !shown[reflect.TypeOf(p.view)] {
			t.Errorf(`%T has no fixture: add {name: %q, make: func(s *Set, l *Locale) View { return … }} to learnerFixtures in templates/fixtures_test.go or officeFixtures in templates/adminpages_test.go`, p.view, p.name)
		}
	}
}
