package demo

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestEveryStateForEverybody puts the golden pages, which are every state of every learner's page, before
// axe-core with all its rules in all colours, and measures them in each language where a page is narrowest:
// 320 pixels, which is also what 1280 are at 400 %.
func TestEveryStateForEverybody(t *testing.T) {
	states := t.TempDir()
	// The states are those of the tests of the pages, which alone can make them; in each language, and not only in
	// those whose pages are kept.
	out, err := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-run", "TestGoldenPages", "ltipolicy/templates", "-args", "-leave", states).CombinedOutput()
	if err != nil {
		t.Fatalf("making the pages: %v\n%s", err, out)
	}
	web := http.NewServeMux()
	web.HandleFunc("/static/HASH/{file}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("file") == "keep.js" { // it leaves the page at once
			return
		}
		http.ServeFile(w, r, filepath.Join("..", "templates", "static", path.Base(r.PathValue("file"))))
	})
	web.Handle("/", http.FileServer(http.Dir(states)))
	srv := httptest.NewServer(web)
	t.Cleanup(srv.Close)
	files, err := filepath.Glob(filepath.Join(states, "*", "*.html"))
	if err != nil {
		t.Fatal(err)
	}
	languages := map[string]bool{}
	ctx := browser(t)
	for _, file := range files {
		name, err := filepath.Rel(states, file)
		if err != nil {
			t.Fatal(err)
		}
		do(t, ctx, name, chromedp.Navigate(srv.URL+"/"+filepath.ToSlash(name)), waitFor(`document.readyState === 'complete'`))
		if filepath.Dir(name) == "en" {
			for _, l := range colourful {
				l.wear(t, ctx)
				for _, v := range violations(t, ctx, l.rules) {
					t.Errorf("%s, %s: %s", name, l.name, v)
				}
			}
		}
		look{name: "narrow", width: 320, height: 256, scale: 1}.wear(t, ctx)
		do(t, ctx, name, script(`document.querySelectorAll('details').forEach(d => d.open = true)`))
		if over := see[int](t, ctx, `document.scrollingElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("%s: %d pixels over the side\n%s", name, over, picture(t, ctx))
		}
		languages[filepath.Dir(name)] = true
	}
	if len(languages) != 6 {
		t.Errorf("pages in %d languages, want 6", len(languages))
	}
}
