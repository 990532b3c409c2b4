package launch_test

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/png"
	"math/rand"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"ltipolicy/launch"
	"ltipolicy/launch/launchtest"
	"ltipolicy/launch/web"
	"ltipolicy/policy"
	"ltipolicy/policy/source"
	"ltipolicy/spent"
	"ltipolicy/store/storetest"
)

// BenchmarkStrangers measures what one request of somebody without a session costs, at each address that answers them:
// the figures of the table in docs/security.md. Where what is sent decides, it is the dearest that a stranger can make
// without anybody's key. The texts are the source documents of the demo, in force on one site.
func BenchmarkStrangers(b *testing.B) {
	for _, e := range storetest.Engines(b) {
		b.Run(e.Name, func(b *testing.B) { benchmarkStrangers(b, e.Migrated(b)) })
	}
}

func benchmarkStrangers(b *testing.B, dsn string) {
	s := newSite(b, setup{dsn: dsn, config: func(c *launch.Config) {
		endless := launch.Rate{PerSecond: 1e9, Burst: 1 << 30} // the price is asked, not the bound
		c.Limits = launch.Limits{Address: endless, Refused: endless, Platform: endless, Made: endless}
	}})
	s.source("Universitatea Politehnica Timișoara", s.platform)
	i := s.noise()
	safe, _, err := source.Sanitize("<p>Text.</p>" + source.Element(i, "Map"))
	s.must(err)
	v := draft(policy.Agree, policy.Text{Lang: "en", Name: "With an image", Content: safe})
	v.Images = []policy.Image{i}
	v = s.load("image", v)
	s.settle(s.browser(), s.enter(s.browser(), s.learner, s.window).acceptAll())
	_, err = s.db.AppendLog(b.Context())
	s.must(err)
	h := s.server.Handler()
	values := s.somewhere("x", v)
	values["digest"] = i.Digest
	old, now := s.longest()
	values["slug"], values["version"] = s.slugOf(now), number(now.ID)
	compare := "?old=" + number(old.ID) + "&new=" + number(now.ID)
	page := do(h, httptest.NewRequest(http.MethodGet, s.setup.base+"/"+s.platform.ID+"/policies", nil))
	bad := s.ready(h, s.learner, s.window)
	bad.form = strings.Replace(bad.form, "id_token=", "id_token=e", 1)
	_, forged, _ := strings.Cut(s.ready(h, s.learner, s.window).form, "id_token=")
	unsigned := bad
	unsigned.form = "id_token=" + forged[:strings.LastIndexByte(strings.Split(forged, "&")[0], '.')+1] + strings.Repeat("A", 342) + "&" + strings.SplitN(bad.form, "&", 2)[1]

	sent := map[string]func() *http.Request{ // beyond an empty request
		"GET /lti/login": func() *http.Request {
			return httptest.NewRequest(http.MethodGet, s.setup.base+"/lti/login?"+s.initiation(s.platform).Encode(), nil)
		},
		web.LaunchPattern: func() *http.Request { return unsigned.to(s.setup.base) },
		"GET /lti/login/{platform}": func() *http.Request {
			return httptest.NewRequest(http.MethodGet, s.setup.base+"/lti/login/"+s.platform.ID+"?"+s.initiation(s.platform).Encode(), nil)
		},
		"GET /policies/{platform}/{slug}/compare": func() *http.Request {
			return httptest.NewRequest(http.MethodGet, s.setup.base+"/policies/"+s.platform.ID+"/"+values["slug"]+"/compare"+compare, nil)
		},
		"GET /evidence/checkpoint": func() *http.Request {
			return httptest.NewRequest(http.MethodGet, s.setup.base+"/evidence/checkpoint?old=1", nil)
		},
		"POST /receipt": func() *http.Request {
			r := httptest.NewRequest(http.MethodPost, s.setup.base+"/receipt", strings.NewReader(url.Values{"keys": {strings.Repeat("x\n", 100_000)}}.Encode()))
			r.Header.Set("Content-Type", formType)
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			return r
		},
	}
	measure := func(name string, make func() *http.Request) {
		b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			var to unread
			b.ReportAllocs()
			before := spent.Now(b, s.onServer())
			for b.Loop() {
				to = unread{header: http.Header{}}
				h.ServeHTTP(&to, make())
			}
			spent.Report(b, before, spent.Now(b, s.onServer()), b.N)
			status := to.status
			b.ReportMetric(float64(status), "status")
			if status >= 500 {
				b.Errorf("status %d", status)
			}
		})
	}
	for _, r := range launchtest.Addresses(b, s.server.Routes(), values, func(r web.Route) bool { return r.Who == web.Anybody }) {
		ask := sent[r.Pattern]
		if ask == nil {
			ask = func() *http.Request {
				q := httptest.NewRequest(r.Method, s.setup.base+r.Path, nil)
				q.Header.Set("Sec-Fetch-Site", "same-origin")
				return q
			}
		}
		measure(r.Pattern, ask)
	}
	measure("GET /{platform}/policies, as a browser has it", func() *http.Request {
		q := httptest.NewRequest(http.MethodGet, s.setup.base+"/"+s.platform.ID+"/policies", nil)
		q.Header.Set("If-None-Match", page.Header().Get("ETag"))
		return q
	})
	measure("GET /{platform}/policies, 30 kB of languages", func() *http.Request {
		q := httptest.NewRequest(http.MethodGet, s.setup.base+"/"+s.platform.ID+"/policies", nil)
		q.Header.Set("Accept-Language", strings.Repeat("de-CH-1996,", 2700))
		return q
	})
	for what, below := range map[string]string{"a policy's page": "", "a comparison": "/compare" + compare, "a feed": "/changes.atom"} {
		n := 0
		measure(what+", made anew", func() *http.Request { // with one statement that has it made
			n++
			s.must(s.db.RenamePlatform(b.Context(), s.platform.ID, fmt.Sprint("CVUPT ", n)))
			return httptest.NewRequest(http.MethodGet, s.setup.base+"/policies/"+s.platform.ID+"/"+values["slug"]+below, nil)
		})
	}
	measure("GET /nobody/policies", func() *http.Request {
		return httptest.NewRequest(http.MethodGet, s.setup.base+"/nobody/policies", nil)
	})
}

// longest is the policy with the longest text, of which every third paragraph was another one before.
func (s *site) longest() (old, now policy.Version) {
	s.t.Helper()
	active, err := s.db.ActiveVersions(s.t.Context(), s.platform.ID, "")
	s.must(err)
	now = slices.MaxFunc(active, func(a, b policy.Version) int {
		return cmp.Compare(len(a.Primary().Content), len(b.Primary().Content))
	})
	parts := strings.Split(string(now.Primary().Content), "</p>")
	for i := range parts {
		if i%3 == 0 {
			parts[i] = strings.Replace(parts[i], " ", " another ", 2)
		}
	}
	next := now
	next.Texts = slices.Clone(now.Texts)
	next.Texts[0].Content = policy.SafeHTML(strings.Join(parts, "</p>"))
	return now, s.load(s.slugOf(now), next)
}

// unread is where an answer goes that nobody reads.
type unread struct {
	header http.Header
	status int
}

func (u *unread) Header() http.Header { return u.header }

func (u *unread) WriteHeader(status int) { u.status = status }

func (u *unread) Write(b []byte) (int, error) {
	if u.status == 0 {
		u.status = http.StatusOK
	}
	return len(b), nil
}

// noise is an image that is about as large as one may be.
func (s *site) noise() policy.Image {
	s.t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, 500, 500))
	random := rand.New(rand.NewSource(1)) //nolint:gosec // nothing secret
	random.Read(m.Pix)                    //nolint:errcheck // never fails
	var raw bytes.Buffer
	s.must(png.Encode(&raw, m))
	i, err := source.NewImage(s.t.Context(), raw.Bytes())
	s.must(err)
	return i
}
