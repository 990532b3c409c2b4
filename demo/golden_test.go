package demo

import (
	"net/http"
	"net/http/httptest"
	"path"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestEveryStateForEverybody puts the golden pages, which are every state of every learner's page, before
// axe-core with all its rules in all colours, and measures them in each language where a page is narrowest:
// 320 pixels, which is also what 1280 are at 400 %.
func TestEveryStateForEverybody(t *testing.T) {
	web := http.NewServeMux()
	web.HandleFunc("/static/HASH/{file}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("file") == "keep.js" { // it leaves the page at once
			return
		}
		http.ServeFile(w, r, filepath.Join("..", "templates", "static", path.Base(r.PathValue("file"))))
	})
	web.Handle("/", http.FileServer(http.Dir("../testdata/golden")))
	srv := httptest.NewServer(web)
	t.Cleanup(srv.Close)
	files, err := filepath.Glob("../testdata/golden/*/*.html")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d golden pages, %v", len(files), err)
	}
	ctx := browser(t)
	for _, file := range files {
		name, err := filepath.Rel("../testdata/golden", file)
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
	}
}
