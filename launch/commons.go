package launch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"ltipolicy/launch/archive"
	"ltipolicy/launch/web"
	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// kept is what the public list and the images of texts take of the memory.
const kept = 32 << 20

// commons is what anybody may read, and the same list within a launch.
type commons struct {
	*web.Frame
	store   *store.DB
	contact Contact
	shelf   *web.Shelf
}

// publicPolicies is the list of a platform's active policies, for anyone, as Moodle's viewall.php. Any site
// may frame it: it holds nothing to decide and nothing personal, and Moodle embeds such a page at sign-up.
//
// One statement says what is shown now; the page of it, in each language, is made once and kept. So it is never older
// than the request, whichever replica changed what it shows.
func (c *commons) publicPolicies(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("platform")
	now, err := c.shown(r.Context(), id)
	if err != nil {
		return err
	}
	page := templates.PublicPage{Page: c.Base(c.Bare(r, nil), store.Session{}), Feed: archive.Feed(id)}
	page.Site, page.Locale = now.Site, c.InZone(page.Locale, now.Zone)
	name := strings.Join([]string{"policies", id, page.Tag(), strconv.FormatBool(page.Framed), now.Mark, now.Site, now.Zone.Name}, "\n")
	t, err := c.shelf.Get(r.Context(), name, func(ctx context.Context) (*web.Thing, bool, error) {
		if err := c.fill(ctx, &page, id); err != nil {
			return nil, false, err
		}
		var b bytes.Buffer
		if err := c.Pages.Render(&b, page); err != nil {
			return nil, false, err
		}
		made := web.NewThing("text/html; charset=utf-8", b.Bytes())
		// What was read may be newer than what was asked for, and then stands under the wrong name.
		then, err := c.shown(ctx, id)
		return made, then == now, err
	})
	if err != nil {
		return err
	}
	web.FrameAnywhere(w)
	w.Header().Set("Cache-Control", "public, no-cache")
	w.Header().Add("Vary", "Accept-Language, Sec-Fetch-Dest")
	t.Send(w, r)
	return nil
}

// shown is what an active platform shows; nobody else shows anything.
func (c *commons) shown(ctx context.Context, platformID string) (store.Shown, error) {
	s, err := c.store.Shown(ctx, platformID)
	if err == nil && s.Status != lti.Active {
		err = policy.E(policy.ErrNotFound, "")
	}
	if err != nil && !errors.Is(err, policy.ErrNotFound) {
		err = fmt.Errorf("looking up what the platform shows: %w", err)
	}
	return s, err
}

// policies is the same list within a launch: for readers who look something up, and for guests and launches
// without a person, where it says that nothing is recorded.
func (c *commons) policies(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	page := templates.PublicPage{Page: c.Base(r, ses)}
	switch {
	case ses.Sub == "":
		page.Notice = "public.anonymous"
	case ses.Guest:
		page.Notice = "public.guest"
	}
	if err := c.fill(r.Context(), &page, ses.PlatformID); err != nil {
		return err
	}
	c.Render(w, r, http.StatusOK, page)
	return nil
}

func (c *commons) fill(ctx context.Context, page *templates.PublicPage, platformID string) error {
	active, err := c.store.ActiveVersions(ctx, platformID, "")
	if err != nil {
		return fmt.Errorf("reading the active policies: %w", err)
	}
	slugs, err := c.store.Slugs(ctx, platformID)
	if err != nil {
		return err
	}
	announced, err := c.store.Announced(ctx, platformID, "")
	if err != nil {
		return err
	}
	if page.Coming, err = coming(ctx, c.store, page.Locale, platformID, announced); err != nil {
		return err
	}
	for _, v := range active {
		of := templates.NewPublicPolicy(page.Locale, v, web.Readable(page.Locale, v))
		if slug, ok := slugs[v.PolicyID]; ok {
			of.Address = archive.Address(platformID, slug)
		}
		page.Policies = append(page.Policies, of)
	}
	return nil
}

// image serves an image of a policy text to anybody, without a session: texts in force are public, frames
// without cookies show them, too, and the address of a draft's image can be guessed no better than a key. What
// an address leads to never changes.
func (c *commons) image(w http.ResponseWriter, r *http.Request) error {
	digest := r.PathValue("digest")
	if !policy.IsImageDigest(digest) {
		return policy.E(policy.ErrNotFound, "")
	}
	has, err := c.store.HasImage(r.Context(), digest)
	if err == nil && !has {
		err = policy.E(policy.ErrNotFound, "")
	}
	if err != nil {
		return err
	}
	t, err := c.shelf.Get(r.Context(), "image\n"+digest, func(ctx context.Context) (*web.Thing, bool, error) {
		i, err := c.store.Image(ctx, digest)
		return &web.Thing{Kind: i.Type, Tag: digest, Content: i.Data}, true, err
	})
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	// Whoever opens it by itself gets a picture and nothing that could run, whatever its bytes may also be.
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	t.Send(w, r)
	return nil
}

// static serves a style or script. Its address holds a hash of the content, so browsers may keep it.
func (c *commons) static(w http.ResponseWriter, r *http.Request) error {
	content, contentType, ok := c.Pages.StaticFile(r.URL.Path)
	if !ok {
		return policy.E(policy.ErrNotFound, "")
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, err := w.Write(content)
	if err != nil {
		web.Note(r.Context(), "error", err.Error())
	}
	return nil
}

// contactLife is how long somebody may believe what /.well-known/security.txt said: RFC 9116 recommends less than a year.
const contactLife = 180 * 24 * time.Hour

// securityTxt tells whoever found a hole whom to write to, as RFC 9116 says. It expires at a midnight, so that every
// replica says the same.
func (c *commons) securityTxt(w http.ResponseWriter, r *http.Request) error {
	if len(c.contact.Addresses) == 0 {
		return policy.E(policy.ErrNotFound, "")
	}
	var b strings.Builder
	for _, address := range c.contact.Addresses {
		fmt.Fprintf(&b, "Contact: %s\n", address)
	}
	fmt.Fprintf(&b, "Expires: %s\n", c.Now().UTC().Truncate(24*time.Hour).Add(contactLife).Format(time.RFC3339))
	if c.contact.Languages != "" {
		fmt.Fprintf(&b, "Preferred-Languages: %s\n", c.contact.Languages)
	}
	if strings.HasPrefix(c.BaseURL, "https:") { // no other address may stand there
		fmt.Fprintf(&b, "Canonical: %s%s\n", c.BaseURL, r.URL.Path)
	}
	if c.contact.Policy != "" {
		fmt.Fprintf(&b, "Policy: %s\n", c.contact.Policy)
	}
	return plain(w, b.String())
}

func (c *commons) notFound(http.ResponseWriter, *http.Request) error {
	return policy.E(policy.ErrNotFound, "")
}
