package archive

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"ltipolicy/launch/web"
	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// kept is what the archive's pages take of the memory, apart from what the public list and images take: whoever walks
// through old versions pushes out nothing that people need.
const kept = 16 << 20

// Archive answers whoever asks for a lasting address. It is safe for concurrent use.
type Archive struct {
	*web.Frame
	store *store.DB
	shelf *web.Shelf
	// turn is held by whoever makes a page: comparing two long texts takes as long as some launches, and there are as many
	// comparisons as pairs of versions.
	turn chan struct{}
}

// New makes an Archive.
func New(f *web.Frame, db *store.DB) *Archive {
	return &Archive{f, db, web.NewShelf(kept), make(chan struct{}, 1)}
}

// Routes adds the archive's addresses.
func (a *Archive) Routes(rs *web.Routes) {
	rs.Handle("GET /policies/{platform}/{slug}", a.Page(a.policy))
	rs.Handle("GET /policies/{platform}/{slug}/{version}", a.Page(a.version))
	rs.Handle("GET /policies/{platform}/{slug}/compare", a.Page(a.compare))
	rs.Handle("GET /policies/{platform}/{slug}/changes.atom", a.Page(a.policyFeed).File())
	rs.Handle("GET /{platform}/policies.atom", a.Page(a.platformFeed).File())
}

// Address is the lasting address of a policy on a platform.
func Address(platformID, slug string) string {
	return "/policies/" + url.PathEscape(platformID) + "/" + url.PathEscape(slug)
}

// Feed is the address of the changes of all policies on a platform.
func Feed(platformID string) string { return "/" + url.PathEscape(platformID) + "/policies.atom" }

// list is the address of the platform's active policies.
func list(platformID string) string { return "/" + url.PathEscape(platformID) + "/policies" }

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// shown is what an active platform shows of a policy; nobody else shows anything.
func (a *Archive) shown(ctx context.Context, platformID, slug string) (store.Archive, error) {
	return checked(a.store.Archive(ctx, platformID, slug))
}

func checked(s store.Archive, err error) (store.Archive, error) {
	if err == nil && s.Status != lti.Active {
		err = policy.E(policy.ErrNotFound, "")
	}
	if err != nil && !errors.Is(err, policy.ErrNotFound) {
		err = fmt.Errorf("looking up the archive: %w", err)
	}
	return s, err
}

// send answers with what stands under the name, or has it made: one after another, at the cost of whoever asks. again reads
// anew what it was made of; what changed meanwhile stands under the wrong name and is not kept.
func (a *Archive) send(w http.ResponseWriter, r *http.Request, name string, now store.Archive, again func(context.Context) (store.Archive, error), made func(context.Context) (*web.Thing, error)) error {
	if !a.shelf.Has(name) {
		if err := a.WithinMade(w, r); err != nil {
			return err
		}
	}
	t, err := a.shelf.Get(r.Context(), name, func(ctx context.Context) (*web.Thing, bool, error) {
		select {
		case a.turn <- struct{}{}:
			defer func() { <-a.turn }()
		case <-ctx.Done():
			return nil, false, policy.E(policy.ErrUnavailable, "busy").Because(context.Cause(ctx))
		}
		t, err := made(ctx)
		if err != nil {
			return nil, false, err
		}
		then, err := again(ctx)
		return t, then.Mark == now.Mark && then.Site == now.Site, err
	})
	if err != nil {
		return err
	}
	if strings.HasPrefix(t.Kind, html) {
		web.FrameAnywhere(w)
	}
	w.Header().Set("Cache-Control", "public, no-cache")
	w.Header().Add("Vary", "Accept-Language, Sec-Fetch-Dest")
	t.Send(w, r)
	return nil
}
