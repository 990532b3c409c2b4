package demo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"ltipolicy/policy"
	"ltipolicy/policy/source"
	"ltipolicy/templates"
	"ltipolicy/transfer/toolpolicy"
)

// takenOver are the versions that are made of the documents of package source and the rows of package toolpolicy.
func takenOver(t *testing.T) map[string]policy.Version {
	t.Helper()
	all := map[string]policy.Version{}
	files, err := filepath.Glob("../policy/source/testdata/documents/*.*.*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name, ending, _ := strings.Cut(filepath.Base(file), ".")
		p, err := source.New(name, map[string][]byte{ending: []byte("---\nname: " + name + "\ntype: other\n---\n--- summary ---\n--- content ---\n" + string(src))})
		if err != nil {
			t.Fatal(err)
		}
		if all[name], _, err = p.Version(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	d := toolpolicy.Dump{SQL: func() (io.ReadCloser, error) { return os.Open("../transfer/toolpolicy/testdata/rows.sql") }, Prefix: "mdl_"}
	_, rows, err := d.Policies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	said := map[int64]string{11: "sr-Cyrl", 14: "pt"}
	for _, row := range rows {
		c, err := toolpolicy.Convert(t.Context(), row, toolpolicy.Said{Policy: said[row.ID]})
		if err != nil {
			t.Fatal(err)
		}
		all[fmt.Sprintf("moodle-%d", row.ID)] = c.Version
	}
	return all
}

// TestDocumentsOnTheirPages shows what is made of whole documents, as the public reads them: nothing of them runs over the
// side of a phone, and axe-core finds nothing.
func TestDocumentsOnTheirPages(t *testing.T) {
	set, err := templates.New()
	if err != nil {
		t.Fatal(err)
	}
	documents := takenOver(t)
	images := map[string]policy.Image{}
	for _, v := range documents {
		for _, i := range v.Images {
			images[i.Address()] = i
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if content, kind, ok := set.StaticFile(r.URL.Path); ok {
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write(content)
		} else if i, ok := images[r.URL.Path]; ok {
			w.Header().Set("Content-Type", i.Type)
			_, _ = w.Write(i.Data)
		} else if v, ok := documents[strings.Trim(r.URL.Path, "/")]; ok {
			var b bytes.Buffer
			text := v.Primary()
			shown := templates.ArchivedVersion{Locale: set.Locale(text.Lang, "", ""), ID: 1, Label: "1", Stage: templates.StageActive, Lang: text.Lang}
			page := templates.ArchivePage{Page: templates.Page{Locale: shown.Locale, Site: "Moodle"}, Name: text.Name, Lang: text.Lang,
				Versions: []templates.ArchivedVersion{shown}, Shown: templates.NewArchivedText(shown, v, text)}
			page.Shown.Lasting = "https://tool.example/policies/p/document/1"
			if err := set.Render(&b, page); err != nil {
				t.Error(err)
			}
			_, _ = w.Write(b.Bytes())
		} else {
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	ctx := browser(t)
	for name := range documents {
		showDocument(t, ctx, server.URL+"/"+name, name)
	}
}

func showDocument(t *testing.T, ctx context.Context, address, name string) {
	t.Helper()
	do(t, ctx, name, chromedp.Navigate(address), waitFor(`document.readyState === 'complete' && document.querySelector('main') !== null`))
	for _, v := range violations(t, ctx, "") {
		t.Errorf("%s: %s", name, v)
	}
	for _, width := range []int64{390, 900} {
		look{width: width, height: 800, scale: 1}.wear(t, ctx)
		if over := see[int](t, ctx, `document.scrollingElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("%s, %d wide: %d pixels over the side\n%s", name, width, over, picture(t, ctx))
		}
		if *pictures == "" {
			continue
		}
		b, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		if err == nil {
			err = os.WriteFile(filepath.Join(*pictures, fmt.Sprintf("document-%s-%d.png", name, width)), b, 0o600)
		}
		if err != nil {
			t.Error(err)
		}
	}
	looks[0].wear(t, ctx)
}
