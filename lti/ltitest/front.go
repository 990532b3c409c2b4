package ltitest

import "net/http"

type frontPage struct {
	chrome
	Sites []frontSite
}

type frontSite struct{ Name, Short, URL, Lang string }

// Front is the demo's first page: the sites to choose from.
func Front(sites []*Platform) http.Handler {
	page := frontPage{chrome: chrome{Lang: "en", Title: "Demo", Short: "ltipolicy"}}
	for _, p := range sites {
		page.Sites = append(page.Sites, frontSite{p.o.Name, p.o.ShortName, p.Issuer() + "/", p.o.Lang})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		renderPage(w, http.StatusOK, "front", page)
	})
}
