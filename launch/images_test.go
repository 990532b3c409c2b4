package launch_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/policy/source"
)

// drawn is an image file in one colour.
func drawn(t *testing.T, w, h int, c color.Color) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func stored(t *testing.T, raw []byte) policy.Image {
	t.Helper()
	i, err := source.NewImage(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// file is a file in a form.
type file struct {
	field, name string
	content     []byte
}

// upload sends a form with files, as a browser does where the form says so.
func (s *site) upload(b browser, action string, v url.Values, files ...file) *view {
	s.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, values := range v {
		for _, value := range values {
			s.must(w.WriteField(name, value))
		}
	}
	for _, f := range files {
		to, err := w.CreateFormFile(f.field, f.name)
		s.must(err)
		_, err = to.Write(f.content)
		s.must(err)
	}
	s.must(w.Close())
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, action, &body)
	s.must(err)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Origin", toolOrigin)
	for _, c := range b.Cookies(action) {
		r.AddCookie(c)
	}
	res, err := s.road.RoundTrip(r)
	s.must(err)
	defer res.Body.Close() //nolint:errcheck // read to the end
	got, err := io.ReadAll(res.Body)
	s.must(err)
	return s.view(&ltitest.Page{Status: res.StatusCode, Header: res.Header, URL: r.URL, Body: got})
}

// policyForm is a filled form for a new policy.
func (s *site) policyForm(b browser, l, content string) ltitest.Form {
	s.t.Helper()
	f := s.get(b, l+"/admin/policies/new").formTo("/policies/new")
	f.Values.Set("name.0", "Map of the campus")
	f.Values.Set("content.0", content)
	return f
}

func TestImageComesAsAFile(t *testing.T) {
	s := newSite(t)
	b, l := s.asAdmin()
	raw := drawn(t, 12, 8, color.Black)
	i := stored(t, raw)
	for name, plain := range map[string]bool{"beside HTML": false, "beside plain text": true} {
		f := s.policyForm(b, l, "<p>Here it is.</p>")
		if plain {
			f.Values.Set("content.0", "Here it is.")
			f.Values.Set("plain.0", "1")
		}
		f.Values.Set("alt.0", `The "map"`)
		got := s.upload(b, f.Action, f.Values, file{"upload.0", "map.png", raw}, file{"upload.1", "", nil})
		if got.Status != http.StatusSeeOther {
			t.Fatalf("%s: status %d, %s", name, got.Status, got.Body)
		}
		text := s.get(b, got.Location()).formTo("/edit").Values.Get("content.0")
		if text != `<p>Here it is.</p>`+"\n"+`<p><img src="`+i.Address()+`" alt="The &#34;map&#34;" width="12" height="8"/></p>` &&
			text != `<p>Here it is.</p><p><img src="`+i.Address()+`" alt="The &#34;map&#34;" width="12" height="8"/></p>` {
			t.Errorf("%s: stored %s", name, text)
		}
	}
	if n := s.count(`SELECT COUNT(*) FROM policy_image`); n != 1 {
		t.Errorf("%d images, want one: they are the same", n)
	}
}

func TestImagesInTheTypedTextAreTaken(t *testing.T) {
	s := newSite(t)
	b, l := s.asAdmin()
	i := stored(t, drawn(t, 12, 8, color.White))
	f := s.policyForm(b, l, `<p>Here: <img alt="Map" src="`+source.DataURL(i)+`"></p>`)
	edit := s.settle(b, f).is(http.StatusOK, "").has("The draft is saved.")
	if got := edit.formTo("/edit").Values.Get("content.0"); got != `<p>Here: <img src="`+i.Address()+`" alt="Map" width="12" height="8"/></p>` {
		t.Errorf("stored %s", got)
	}
	// Without a description it is shown once more, and then a decoration.
	f = edit.formTo("/edit")
	f.Values.Set("content.0", `<p>Here: <img src="`+source.DataURL(stored(t, drawn(t, 3, 3, color.Black)))+`"></p>`)
	asked := s.submit(b, f).is(http.StatusUnprocessableEntity, "").has("An image has no description")
	s.settle(b, asked.formTo("/edit")).has("The draft is saved.")
	s.intact(0)
}

func TestImagesThatAreNone(t *testing.T) {
	s := newSite(t)
	b, l := s.asAdmin()
	for _, c := range map[string]struct {
		raw  []byte
		says string
	}{
		"SVG named .png": {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>`), "it is no whole PNG"},
		"half of it":     {drawn(t, 90, 90, color.Black)[:90], "it is no whole PNG"},
		"5 MB":           {append(drawn(t, 9, 9, color.Black), make([]byte, 5<<20)...), "larger than 1 MB"},
	} {
		s.unchanged(func() {
			f := s.policyForm(b, l, "<p>Text.</p>")
			s.upload(b, f.Action, f.Values, file{"upload.0", "map.png", c.raw}).is(http.StatusUnprocessableEntity, "").has(c.says).has("map.png")
			if len(c.raw) < 1<<20 {
				f.Values.Set("content.0", `<p>Text.<img alt="Map" src="data:image/png;base64,`+base64.StdEncoding.EncodeToString(c.raw)+`"></p>`)
				s.submit(b, f).is(http.StatusUnprocessableEntity, "").has(c.says).has("Map")
			}
		})
	}
	s.unchanged(func() {
		f := s.policyForm(b, l, `<p>Text.<img alt="" src="/images/sha256/`+strings.Repeat("0a", 32)+`"></p>`)
		s.submit(b, f).is(http.StatusUnprocessableEntity, "").has("an image that is not stored here")
		f.Values.Set("content.0", `<p>Text.<img alt="Logo" src="https://x.example/logo.png"></p>`)
		s.submit(b, f).is(http.StatusUnprocessableEntity, "").has("Images of other sites were removed")
		s.upload(b, f.Action, f.Values, file{"upload.0", "a.png", make([]byte, 9<<20)}).is(http.StatusRequestEntityTooLarge, "too_large")
		f.Values.Del("token")
		s.upload(b, f.Action, f.Values, file{"upload.0", "a.png", drawn(t, 9, 9, color.Black)}).is(http.StatusForbidden, "csrf")
	})
}

// The editor's script sends an image as soon as it is chosen.
func TestImageForTheScript(t *testing.T) {
	s := newSite(t)
	b, l := s.asAdmin()
	form := s.policyForm(b, l, "")
	token := url.Values{"token": form.Values["token"]}
	action := toolOrigin + l + "/admin/images"
	raw := drawn(t, 12, 8, color.Black)
	got := s.upload(b, action, token, file{"image", "image", raw}).is(http.StatusOK, "")
	var answer struct {
		Address       string
		Width, Height int
	}
	s.must(json.Unmarshal(got.Body, &answer))
	if answer.Address != stored(t, raw).Address() || answer.Width != 12 || answer.Height != 8 || got.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%s", got.Body)
	}
	teacher := s.browser()
	at := s.launch(teacher, s.teacher, s.window).Location()
	s.unchanged(func() {
		s.upload(b, action, token, file{"image", "image", []byte("<svg/>")}).is(http.StatusBadRequest, "invalid")
		s.upload(b, action, token, file{"image", "image", make([]byte, 2<<20)}).is(http.StatusRequestEntityTooLarge, "too_large")
		s.upload(b, action, token).is(http.StatusBadRequest, "invalid")
		s.upload(b, action, nil, file{"image", "image", raw}).is(http.StatusForbidden, "csrf")
		s.upload(s.browser(), action, token, file{"image", "image", raw}).is(http.StatusUnauthorized, "no_session")
		s.upload(teacher, strings.TrimSuffix(at, "/participants")+"/admin/images", token, file{"image", "image", raw}).is(http.StatusForbidden, "forbidden")
	})
}

func TestServedImages(t *testing.T) {
	s, _, foreign := twins(t)
	i := stored(t, drawn(t, 12, 8, color.Black))
	safe, _, err := source.Sanitize("<p>Text.</p>" + source.Element(i, "Map"))
	s.must(err)
	v := draft(policy.Agree, policy.Text{Lang: "en", Name: "Theirs", Content: safe})
	v.Images = []policy.Image{i}
	s.load("theirs", v, foreign)

	got := s.get(s.framed(), i.Address()).is(http.StatusOK, "") // no session, no cookie
	if !bytes.Equal(got.Body, i.Data) {
		t.Error("other bytes")
	}
	for name, want := range map[string]string{
		"Content-Type": "image/png", "X-Content-Type-Options": "nosniff", "Cache-Control": "public, max-age=31536000, immutable",
		"Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'", "ETag": `"` + i.Digest + `"`, "Content-Length": strconv.Itoa(len(i.Data)),
	} {
		if got.Header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.Header.Get(name), want)
		}
	}
	if got.Header.Get("Set-Cookie") != "" {
		t.Error("an image sets a cookie")
	}
	if head := s.send(http.MethodHead, i.Address(), "text/plain", http.NoBody); head.Status != http.StatusOK || len(head.Body) != 0 || head.Header.Get("Content-Type") != "image/png" {
		t.Errorf("HEAD: %d, %v", head.Status, head.Header)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, toolOrigin+i.Address(), http.NoBody)
	s.must(err)
	r.Header.Set("If-None-Match", `"`+i.Digest+`"`)
	res, err := s.road.RoundTrip(r)
	s.must(err)
	s.must(res.Body.Close())
	if res.StatusCode != http.StatusNotModified {
		t.Errorf("what the browser has: status %d", res.StatusCode)
	}

	// There is no list of them: neither for others nor for their own institution.
	b, _ := s.asAdmin()
	for _, path := range []string{"/images", "/images/", "/images/sha256", "/images/sha256/", "/images/" + i.Digest, "/images/sha256/" + strings.ToUpper(i.Digest), "/images/sha256/" + strings.Repeat("0", 64), "/images/sha256/%2e%2e"} {
		if got := s.get(b, path); got.Status != http.StatusNotFound {
			t.Errorf("%s: status %d", path, got.Status)
		}
	}
}

func TestLearnersSeeImages(t *testing.T) {
	s := newSite(t)
	i := stored(t, drawn(t, 12, 8, color.Black))
	safe, _, err := source.Sanitize("<p>Text.</p>" + source.Element(i, "Map"))
	s.must(err)
	v := draft(policy.Agree, policy.Text{Lang: "en", Name: "Rules", Content: safe})
	v.Images = []policy.Image{i}
	s.load("rules", v)
	b := s.framed()
	page := s.enter(b, s.learner, s.embedded)
	if got := page.Attr("img", "src"); !slices.Equal(got, []string{i.Address()}) || !slices.Equal(page.Attr("img", "alt"), []string{"Map"}) {
		t.Errorf("images %v", got)
	}
	if directives(page)["img-src"] != "'self' data:" {
		t.Errorf("img-src %s", directives(page)["img-src"])
	}
	s.settle(b, page.acceptAll())
	// The image is replaced by another one, and says so to those who answered before.
	other := stored(t, drawn(t, 12, 8, color.White))
	safe, _, err = source.Sanitize("<p>Text.</p>" + source.Element(other, "Map"))
	s.must(err)
	v = draft(policy.Agree, policy.Text{Lang: "en", Name: "Rules", Content: safe})
	v.Images = []policy.Image{other}
	s.load("rules", v)
	s.enter(b, s.learner, s.embedded).has("[Image: Map]").has("What changed since your answer")
}

// A small file may be a large picture, and a form may hold many: it takes so many and says so, and looks at none of
// the others.
func TestFormTakesOnlySoManyImages(t *testing.T) {
	s := newSite(t)
	b, l := s.asAdmin()
	raw := drawn(t, 12, 8, color.Black)
	for name, c := range map[string]struct {
		files []file
		texts int // images that stand in the text
		over  bool
	}{
		"20 files":           {slices.Repeat([]file{{"upload.0", "map.png", raw}}, 20), 0, false},
		"60 files":           {slices.Repeat([]file{{"upload.0", "map.png", raw}}, 60), 0, true},
		"7 MB":               {slices.Repeat([]file{{"upload.0", "map.png", append(raw, make([]byte, 1<<20-len(raw))...)}}, 7), 0, true},
		"50 in the texts":    {nil, 50, false},
		"51 in its texts":    {nil, 51, true},
		"51 in several ones": {nil, -51, true},
	} {
		s.run(t, name, func(t *testing.T) {
			f := s.policyForm(b, l, "<p>Text.</p>")
			img := `<img alt="Map" src="` + source.DataURL(stored(t, raw)) + `">`
			f.Values.Set("alt.0", "Map")
			switch {
			case c.texts < 0:
				f.Values.Set("summary.0", "<p>"+strings.Repeat(img, 25)+"</p>")
				f.Values.Set("content.0", "<p>Text."+strings.Repeat(img, -c.texts-25)+"</p>")
			case c.texts > 0:
				f.Values.Set("content.0", "<p>Text."+strings.Repeat(img, c.texts)+"</p>")
			}
			got := s.upload(b, f.Action, f.Values, c.files...)
			if says := strings.Contains(string(got.Body), "at most 20 files of 6 MB together, and 50 images in its texts"); says != c.over || c.over != (got.Status == http.StatusUnprocessableEntity) {
				t.Errorf("status %d, says so: %v", got.Status, says)
			}
		})
	}
}
