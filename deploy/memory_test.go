//go:build linux

package deploy

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"ltipolicy/lti/ltitest"
	"ltipolicy/store/storetest"
)

// mostMemory is what the process may take in all, whoever sends it images.
const mostMemory = 300 << 10 // kB

// TestMemoryUnderImages sends forty images at once, each a small file and 72 MB of pixels, from forty windows of an
// administrator: the process stays small, and everybody gets an answer that says what became of the image.
func TestMemoryUnderImages(t *testing.T) {
	c := newCampus(t, storetest.Engines(t)[0].Migrated(t), 1)
	c.program = plain(t)
	process, road := c.start()
	admin := c.moodle.AddPerson(ltitest.Person{Username: "admin", FirstName: "A", LastName: "D", Admin: true})
	b := ltitest.NewBrowser(road)
	c.must(b.Login(c.moodle, admin.ID))
	page, err := b.Settle(b.Launch(c.moodle, admin.ID, c.activity.CMID))
	c.must(err)
	_, rest, _ := strings.Cut(page.URL.Path, "/l/")
	id, _, ok := strings.Cut(rest, "/")
	if !ok {
		t.Fatalf("the administrator lands on %s", page.URL)
	}
	form, err := b.Get("https://" + toolHost + "/l/" + id + "/admin/policies/new")
	c.must(err)
	token := ""
	for _, f := range form.Forms() {
		if f.Values.Get("token") != "" {
			token = f.Values.Get("token")
		}
	}
	raw, before := deepImage(t), highWater(t, process.Pid)
	const uploads = 40
	var wg sync.WaitGroup
	statuses := make([]int, uploads)
	for n := range uploads {
		wg.Go(func() { statuses[n] = c.sendImage(t, road, b, id, token, raw) })
	}
	wg.Wait()
	took := highWater(t, process.Pid)
	seen := map[int]int{}
	for _, s := range statuses {
		seen[s]++
	}
	t.Logf("%d kB before, %d kB at most, statuses %v", before, took, seen)
	if took > mostMemory {
		t.Errorf("the process took %d kB, want at most %d", took, mostMemory)
	}
	if seen[http.StatusOK] == 0 || seen[http.StatusOK]+seen[http.StatusServiceUnavailable] != uploads {
		t.Errorf("statuses %v", seen)
	}
}

// deepImage is a PNG of 3,000 by 3,000 pixels of 16 bits in one colour: 70 kB.
func deepImage(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewNRGBA64(image.Rect(0, 0, 3000, 3000))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (c *campus) sendImage(t *testing.T, road http.RoundTripper, b *ltitest.Browser, launch, token string, raw []byte) int {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	if err := w.WriteField("token", token); err != nil {
		t.Error(err)
	}
	to, err := w.CreateFormFile("image", "image")
	if err == nil {
		_, err = to.Write(raw)
	}
	if err != nil || w.Close() != nil {
		t.Error("the form could not be made")
		return 0
	}
	action := "https://" + toolHost + "/l/" + launch + "/admin/images"
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, action, &body)
	if err != nil {
		t.Error(err)
		return 0
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Origin", "https://"+toolHost)
	for _, cookie := range b.Cookies(action) {
		r.AddCookie(cookie)
	}
	res, err := road.RoundTrip(r)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer res.Body.Close()        //nolint:errcheck // read to the end
	io.Copy(io.Discard, res.Body) //nolint:errcheck // read to the end
	return res.StatusCode
}

var highWaterLine = regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`)

// highWater is the most memory that a process ever had, in kB.
func highWater(t *testing.T, pid int) int {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	m := highWaterLine.FindSubmatch(b)
	if m == nil {
		t.Fatal("the system does not say how much memory the process took")
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
