package ltitest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// Browser is a user agent without scripts and with one cookie jar. It never follows a redirect or posts a
// form by itself. It does not enforce SameSite, partitions or content security policies. It is for one
// goroutine; two browsers share nothing.
type Browser struct {
	Framed bool // requests say that they come from a frame
	Lang   string

	client *http.Client
}

// NewBrowser makes a browser with an empty jar. The transport may be nil for the default one.
func NewBrowser(rt http.RoundTripper) *Browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(fmt.Sprintf("making a cookie jar: %v", err)) // cookiejar.New documents no error
	}
	return &Browser{client: &http.Client{Transport: rt, Jar: jar, CheckRedirect: stay}}
}

// Other is a second browser on the same network with a jar of its own.
func (b *Browser) Other() *Browser {
	o := NewBrowser(b.client.Transport)
	o.Framed, o.Lang = b.Framed, b.Lang
	return o
}

// Cookies returns what the jar would send to an address.
func (b *Browser) Cookies(address string) []*http.Cookie {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	return b.client.Jar.Cookies(u)
}

// SetCookies puts cookies into the jar as if the address had set them.
func (b *Browser) SetCookies(address string, c []*http.Cookie) {
	if u, err := url.Parse(address); err == nil {
		b.client.Jar.SetCookies(u, c)
	}
}

// Get opens an address.
func (b *Browser) Get(address string) (*Page, error) { return b.do(http.MethodGet, address, nil, "") }

// Post sends a form from nowhere in particular: no Origin header.
func (b *Browser) Post(address string, v url.Values) (*Page, error) {
	return b.do(http.MethodPost, address, v, "")
}

// Submit sends a form of a page, with the headers by which servers tell where it came from.
func (b *Browser) Submit(f Form) (*Page, error) {
	if f.Method == http.MethodPost {
		return b.do(http.MethodPost, f.Action, f.Values, f.Origin)
	}
	address, _, _ := strings.Cut(f.Action, "?")
	return b.do(http.MethodGet, address+"?"+f.Values.Encode(), nil, f.Origin)
}

// ErrNoForm says that a page holds no form that posts itself.
var ErrNoForm = errors.New("no self-posting form on the page")

// FollowForm submits the form that the page would post by script.
func (b *Browser) FollowForm(page *Page) (*Page, error) {
	f, ok := page.AutoForm()
	if !ok {
		return nil, fmt.Errorf("following %s (status %d): %w", page.URL, page.Status, ErrNoForm)
	}
	return b.Submit(f)
}

// FollowRedirect opens the page's Location.
func (b *Browser) FollowRedirect(page *Page) (*Page, error) {
	to := page.Location()
	if to == "" {
		return nil, fmt.Errorf("following %s (status %d): no redirect", page.URL, page.Status)
	}
	return b.do(http.MethodGet, to, nil, origin(page.URL))
}

// Settle follows redirects and self-posting forms until a page waits for a person.
func (b *Browser) Settle(page *Page, err error) (*Page, error) {
	for range 20 {
		if err != nil {
			return nil, err
		}
		if page.Location() != "" {
			page, err = b.FollowRedirect(page)
		} else if f, ok := page.AutoForm(); ok {
			page, err = b.Submit(f)
		} else {
			return page, nil
		}
	}
	return nil, errors.New("settling: more than 20 steps")
}

// Login enters the site as a person.
func (b *Browser) Login(p *Platform, personID int64) error {
	page, err := b.Post(p.Issuer()+"/login/index.php", url.Values{"id": {strconv.FormatInt(personID, 10)}})
	if err != nil {
		return fmt.Errorf("logging in: %w", err)
	}
	if page.Status != http.StatusSeeOther {
		return fmt.Errorf("logging in as %d: status %d", personID, page.Status)
	}
	return nil
}

// Initiate opens an activity as a person and returns the login initiation that is about to be posted to the
// tool.
func (b *Browser) Initiate(p *Platform, personID, cmid int64) (Form, error) {
	if err := b.Login(p, personID); err != nil {
		return Form{}, err
	}
	page, err := b.Get(fmt.Sprintf("%s?id=%d&triggerview=0", p.Endpoint("launch.php"), cmid))
	if err != nil {
		return Form{}, fmt.Errorf("opening the activity: %w", err)
	}
	f, ok := page.AutoForm()
	if !ok {
		return Form{}, fmt.Errorf("opening the activity %d (status %d): %w", cmid, page.Status, ErrNoForm)
	}
	return f, nil
}

// Authenticate goes from an activity through the tool's login and the site's authorisation, and returns the
// form with id_token (or error) and state that is about to be posted to the tool. If somebody stops on the
// way, the form is zero and the page is where it stopped.
func (b *Browser) Authenticate(p *Platform, personID, cmid int64) (Form, *Page, error) {
	f, err := b.Initiate(p, personID, cmid)
	if err != nil {
		return Form{}, nil, err
	}
	return b.Authorise(f)
}

// Authorise is the rest of [Browser.Authenticate], from a login initiation of the caller's own.
func (b *Browser) Authorise(initiation Form) (Form, *Page, error) {
	page, err := b.Submit(initiation)
	for range 20 {
		if err != nil {
			return Form{}, nil, fmt.Errorf("launching: %w", err)
		}
		if page.Location() != "" {
			page, err = b.FollowRedirect(page)
			continue
		}
		f, ok := page.AutoForm()
		if !ok {
			return Form{}, page, nil
		}
		if f.Values.Has("id_token") || f.Values.Has("error") {
			return f, page, nil
		}
		page, err = b.Submit(f)
	}
	return Form{}, nil, errors.New("launching: more than 20 steps")
}

// Launch opens an activity as a person, goes through login initiation, the tool's login and the site's
// authorisation, and returns the tool's answer to the id_token, or the page where somebody stopped before.
func (b *Browser) Launch(p *Platform, personID, cmid int64) (*Page, error) {
	f, page, err := b.Authenticate(p, personID, cmid)
	if err != nil || f.Action == "" {
		return page, err
	}
	return b.Submit(f)
}

func (b *Browser) do(method, address string, v url.Values, from string) (*Page, error) {
	var body io.Reader
	if v != nil {
		body = strings.NewReader(v.Encode())
	}
	r, err := http.NewRequest(method, address, body)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", address, err)
	}
	r.Header.Set("User-Agent", "ltitest")
	r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	if b.Lang != "" {
		r.Header.Set("Accept-Language", b.Lang)
	}
	if v != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if from != "" {
			r.Header.Set("Origin", from)
		}
	}
	site := "none"
	switch {
	case from == "":
	case from == origin(r.URL):
		site = "same-origin"
	default:
		site = "cross-site"
	}
	dest := "document"
	if b.Framed {
		dest = "iframe"
	}
	r.Header.Set("Sec-Fetch-Site", site)
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	r.Header.Set("Sec-Fetch-Dest", dest)
	res, err := b.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", r.URL.Path, err)
	}
	defer res.Body.Close()
	page := &Page{Status: res.StatusCode, Header: res.Header, URL: r.URL}
	if page.Body, err = io.ReadAll(io.LimitReader(res.Body, 16<<20)); err != nil {
		return nil, fmt.Errorf("reading %s: %w", r.URL.Path, err)
	}
	return page, nil
}

func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// Page is an answer to a browser.
type Page struct {
	Status int
	Header http.Header
	URL    *url.URL
	Body   []byte
}

// Form is a form of a page, or one made by hand. Values are those that a browser would send if nobody
// touched anything, without buttons.
type Form struct {
	Action string // absolute
	Method string
	Origin string // of the page
	ID     string
	Values url.Values
}

// Location is the absolute address that the page redirects to, or "".
func (p *Page) Location() string {
	l := p.Header.Get("Location")
	if p.Status < 300 || p.Status > 399 || l == "" {
		return ""
	}
	u, err := p.URL.Parse(l)
	if err != nil {
		return ""
	}
	return u.String()
}

// ErrorCode is the data-error attribute of the page's main element, or "".
func (p *Page) ErrorCode() string {
	for n := range p.elements("main") {
		return attr(n, "data-error")
	}
	return ""
}

// Text is the text of the page, scripts and styles left out, white space folded.
func (p *Page) Text() string {
	var out strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode && (n.Data == "script" || n.Data == "style" || n.Data == "head") {
			return
		}
		if n.Type == html.TextNode {
			out.WriteString(n.Data)
			if !goesOn(n) {
				out.WriteByte(' ')
			}
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
	}
	walk(p.Document())
	return strings.Join(strings.Fields(out.String()), " ")
}

// goesOn reports whether a sentence goes on behind a text: at the beginning or the end of a name that is isolated within it.
func goesOn(n *html.Node) bool {
	bdi := func(n *html.Node) bool { return n != nil && n.Data == "bdi" }
	next := n.NextSibling
	return bdi(next) || bdi(n.Parent) && next == nil && n.Parent.NextSibling != nil && n.Parent.NextSibling.Type == html.TextNode
}

// Document parses the body as HTML for an agent without scripts; the parser takes anything.
func (p *Page) Document() *html.Node {
	doc, err := html.ParseWithOptions(bytes.NewReader(p.Body), html.ParseOptionEnableScripting(false))
	if err != nil {
		return &html.Node{Type: html.DocumentNode}
	}
	return doc
}

func (p *Page) elements(name string) func(func(*html.Node) bool) {
	return func(yield func(*html.Node) bool) {
		for n := range p.Document().Descendants() {
			if n.Type == html.ElementNode && n.Data == name && !yield(n) {
				return
			}
		}
	}
}

// Attr returns an attribute of every element of that name which has it.
func (p *Page) Attr(element, name string) []string {
	var out []string
	for n := range p.elements(element) {
		for _, a := range n.Attr {
			if a.Key == name {
				out = append(out, a.Val)
			}
		}
	}
	return out
}

// Forms returns the page's forms.
func (p *Page) Forms() []Form {
	var out []Form
	for n := range p.elements("form") {
		f := Form{Method: strings.ToUpper(attr(n, "method")), Origin: origin(p.URL), ID: attr(n, "id"), Values: url.Values{}}
		if f.Method == "" {
			f.Method = http.MethodGet
		}
		if u, err := p.URL.Parse(attr(n, "action")); err == nil {
			f.Action = u.String()
		}
		for c := range n.Descendants() {
			f.add(c)
		}
		out = append(out, f)
	}
	return out
}

func (f *Form) add(n *html.Node) {
	name := attr(n, "name")
	if n.Type != html.ElementNode || name == "" || has(n, "disabled") {
		return
	}
	switch n.Data {
	case "input":
		switch attr(n, "type") {
		case "submit", "button", "image", "reset", "file":
		case "checkbox", "radio":
			if has(n, "checked") {
				value := attr(n, "value")
				if !has(n, "value") {
					value = "on"
				}
				f.Values.Add(name, value)
			}
		default:
			f.Values.Add(name, attr(n, "value"))
		}
	case "textarea":
		if n.FirstChild != nil {
			f.Values.Add(name, n.FirstChild.Data)
		} else {
			f.Values.Add(name, "")
		}
	case "select":
		first, chosen := "", ""
		some, picked := false, false
		for o := range n.Descendants() {
			if o.Type != html.ElementNode || o.Data != "option" {
				continue
			}
			value := attr(o, "value")
			if !has(o, "value") && o.FirstChild != nil {
				value = o.FirstChild.Data
			}
			if !some {
				first, some = value, true
			}
			if has(o, "selected") {
				chosen, picked = value, true
			}
		}
		if picked {
			f.Values.Add(name, chosen)
		} else if some {
			f.Values.Add(name, first)
		}
	}
}

// AutoForm is the form that the page posts by script: the only form of a page whose script calls submit, or
// whose body does so on load, or a form with the attribute data-autosubmit.
func (p *Page) AutoForm() (Form, bool) {
	forms := p.Forms()
	i, at := 0, -1
	for n := range p.elements("form") {
		if has(n, "data-autosubmit") || has(n, "data-auto-submit") {
			at = i
		}
		i++
	}
	if at >= 0 {
		return forms[at], true
	}
	if len(forms) != 1 {
		return Form{}, false
	}
	for n := range p.elements("script") {
		if n.FirstChild != nil && strings.Contains(n.FirstChild.Data, "submit(") {
			return forms[0], true
		}
	}
	for n := range p.elements("body") {
		if strings.Contains(attr(n, "onload"), "submit(") {
			return forms[0], true
		}
	}
	return Form{}, false
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}
