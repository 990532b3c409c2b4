package ltitest

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

func TestReturnBreaksOutOfTheFrame(t *testing.T) {
	f := recordedSite(t)
	b := NewBrowser(f.net)
	back, _, err := b.Authenticate(f.Platform, 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	_, claims := taken(t, back.Values.Get("id_token"))
	address := fmt.Sprint(dig(claims[ClaimPresentation], "return_url"))

	page, err := b.Get(address)
	if err != nil || !strings.Contains(string(page.Body), "window.top.location.href") ||
		page.Attr("a", "href")[0] != moodleOrigin+"/course/view.php?id=2" {
		t.Errorf("without message: %v %s", err, page.Body)
	}
	if page, err = b.Get(address + "&lti_msg=" + url.QueryEscape("Thank you <b>all</b>")); err != nil ||
		!strings.Contains(page.Text(), "Thank you all") || strings.Contains(page.Text(), "error") {
		t.Errorf("lti_msg: %v %s", err, page.Text())
	}
	if page, err = b.Get(address + "&lti_errormsg=No"); err != nil || !strings.Contains(page.Text(), "error occurred when launching the external tool: No") {
		t.Errorf("lti_errormsg: %v %s", err, page.Text())
	}
	if page, err = b.Get(strings.Replace(address, "launch_container=3", "launch_container=4", 1)); err != nil ||
		page.Location() != moodleOrigin+"/course/view.php?id=2" {
		t.Errorf("from a window: %v %s", err, page.Location())
	}
	if page, err = b.Get(sesskeyValue.ReplaceAllString(address, "sesskey=0123456789")); err != nil || moodleError(page) != "invalidsesskey" {
		t.Errorf("foreign sesskey: %v %s", err, page.Text())
	}
	if page, err = b.Other().Get(address); err != nil || !strings.HasSuffix(page.Location(), "/login/index.php") {
		t.Errorf("without session: %v %s", err, page.Location())
	}
}

func TestActivityPageFramesTheTool(t *testing.T) {
	f := recordedSite(t)
	b := NewBrowser(f.net)
	page, err := b.Settle(b.Get(f.Endpoint("view.php?id=2")))
	if err != nil || !strings.Contains(page.Text(), "Enter as") {
		t.Fatalf("without login: %v %s", err, page.Text())
	}
	// After the login the wanted page comes back.
	page, err = b.Settle(b.Post(f.Issuer()+"/login/index.php", url.Values{"id": {"3"}}))
	if err != nil || len(page.Attr("iframe", "src")) != 1 || page.Attr("iframe", "title")[0] != "Policies (embedded)" {
		t.Fatalf("%v %s", err, page.Body)
	}
	if got := page.Header.Get("X-Frame-Options"); got != "sameorigin" {
		t.Errorf("X-Frame-Options %q", got)
	}
	if allow := page.Attr("iframe", "allow")[0]; strings.Contains(allow, "storage-access") || !strings.Contains(allow, "camera "+toolOrigin) {
		t.Errorf("allow %q", allow)
	}
	if page, err = b.Get(f.Endpoint("view.php?id=3")); err != nil || len(page.Attr("iframe", "src")) != 0 || !strings.Contains(page.Text(), "Open in a new window") {
		t.Errorf("new window: %v %s", err, page.Text())
	}
}

func TestAdminRegistersAndActivatesATool(t *testing.T) {
	f := recordedSite(t)
	b := NewBrowser(f.net)
	if err := b.Login(f.Platform, 2); err != nil {
		t.Fatal(err)
	}
	page, err := b.Get(f.Endpoint("toolconfigure.php") + "?toolurl=" + url.QueryEscape("https://t.example/lti/register?invite=abc"))
	if err != nil || len(page.Attr("iframe", "src")) != 1 {
		t.Fatalf("%v %s", err, page.Text())
	}
	frame, err := b.Get(page.Attr("iframe", "src")[0])
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(frame.Location())
	if err != nil || u.Host != "t.example" || u.Query().Get("invite") != "abc" || u.Query().Get("openid_configuration") != f.Endpoint("openid-configuration.php") {
		t.Fatalf("led to %s (%v)", frame.Location(), err)
	}
	f.AddTool(Tool{Name: "Waiting", Pending: true})
	if page, err = b.Get(f.Endpoint("toolconfigure.php")); err != nil || !strings.Contains(page.Text(), "Pending") {
		t.Fatalf("%v %s", err, page.Text())
	}
	for _, form := range page.Forms() {
		if form.Values.Get("id") == "2" {
			form.Values.Set("do", "activate")
			if page, err = b.Settle(b.Submit(form)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if strings.Contains(page.Text(), "Pending") {
		t.Error("still pending")
	}
	other := b.Other()
	if err := other.Login(f.Platform, 6); err != nil {
		t.Fatal(err)
	}
	if page, err = other.Get(f.Endpoint("toolconfigure.php")); err != nil || moodleError(page) != "nopermissions" {
		t.Errorf("a teacher sees %s (%v)", page.Text(), err)
	}
}

func TestSessionCookie(t *testing.T) {
	for _, c := range []struct {
		issuer string
		lax    bool
		want   string
	}{
		{"https://a.example", false, "SameSite=None"},
		{"https://a.example", true, "SameSite=Lax"},
		{"http://localhost:1/cvupt", false, ""},
		{"http://localhost:1/cvupt", true, "SameSite=Lax"},
	} {
		p, err := New(Options{Issuer: c.issuer, LaxCookie: c.lax, Key: siteKey()})
		if err != nil {
			t.Fatal(err)
		}
		got := p.cookie("x")
		text := got.String()
		if !strings.Contains(text, c.want) || strings.Contains(text, "SameSite") != (c.want != "") ||
			got.Secure != strings.HasPrefix(c.issuer, "https") || got.Path != p.Prefix() {
			t.Errorf("%v: %s", c, text)
		}
	}
}

func TestDemoSites(t *testing.T) {
	build := func() []*Platform {
		sites, err := DemoSites("http://localhost:8080/", DemoOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return sites
	}
	sites, again := build(), build()
	learners, large := 0, map[int]int{}
	for i, p := range sites {
		learners += DemoLearners(p)
		for _, c := range p.Courses() {
			if n := len(p.Members(c.ID, Student)); n == 126 || n == 5000 {
				large[n]++
				learners -= n / 5000 * n // who are in no other course
			}
		}
		people, same := p.People(), again[i].People()
		seen := map[string]bool{}
		for j, x := range people {
			if x != same[j] {
				t.Fatalf("%s: person %d differs between two runs", p.Name(), x.ID)
			}
			if seen[x.Username] || strings.TrimSpace(x.Name()) == "" || strings.Contains(x.Username, "..") {
				t.Errorf("%s: %+v", p.Name(), x)
			}
			seen[x.Username] = true
		}
		tool := p.AddTool(ToolAt("http://localhost:8080"))
		if tool.DeploymentID() != "1" || len(tool.ClientID) != 15 {
			t.Errorf("%s: %+v", p.Name(), tool)
		}
		course := p.Courses()[0]
		for _, r := range []Role{Student, NonEditingTeacher, EditingTeacher} {
			if _, ok := p.Someone(course.ID, r); !ok {
				t.Errorf("%s: nobody is %s", p.Name(), r)
			}
		}
		acts := p.Activities(course.ID)
		if len(acts) != 2 || !acts[0].Grades || acts[1].After != acts[0].CMID {
			t.Errorf("%s: %+v", p.Name(), acts)
		}
		x, _ := p.Someone(course.ID, Student)
		if _, err := p.IDToken(Launch{PersonID: x.ID, CMID: acts[0].CMID, Nonce: "n"}); err != nil {
			t.Error(err)
		}
		b := NewBrowser(handlerNetwork("http://localhost:8080", p))
		page, err := b.Settle(b.Get(p.Issuer() + "/?q=SIMKU&role=student"))
		if err != nil || page.Status != 200 {
			t.Fatalf("%s: %v", p.Name(), err)
		}
		if err := b.Login(p, x.ID); err != nil {
			t.Fatal(err)
		}
		page, err = b.Get(fmt.Sprintf("%s/course/view.php?id=%d", p.Issuer(), course.ID))
		if err != nil || !strings.Contains(page.Text(), "Not available unless") {
			t.Errorf("%s: %v %s", p.Name(), err, page.Text())
		}
	}
	if len(sites) != 3 || learners < 480 || learners > 560 {
		t.Errorf("%d sites, %d learners", len(sites), learners)
	}
	if large[126] != 1 || large[5000] != 1 {
		t.Errorf("courses of 126 and of 5,000 learners: %v", large)
	}
}

func handlerNetwork(origin string, p *Platform) *Network {
	n := &Network{}
	n.Connect(origin, p)
	return n
}

func TestFrontListsTheSites(t *testing.T) {
	f := recordedSite(t)
	n := &Network{}
	n.Connect("http://localhost:1", Front([]*Platform{f.Platform}))
	page, err := NewBrowser(n).Get("http://localhost:1/")
	if err != nil || len(page.Attr("a", "href")) != 1 || page.Attr("a", "href")[0] != f.Issuer()+"/" {
		t.Errorf("%v %s", err, page.Body)
	}
	if page, err = NewBrowser(n).Get("http://localhost:1/x"); err != nil || page.Status != 404 {
		t.Errorf("%v %d", err, page.Status)
	}
}
