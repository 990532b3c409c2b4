package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"

	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/run"
	"ltipolicy/store"
	"ltipolicy/testdata"
	"ltipolicy/transfer"
)

// world is the Moodle-like sites and the tool that they open, in one web.
type world struct {
	web   http.Handler
	sites []*ltitest.Platform
	tool  *run.Tool
}

// newWorld makes them on a database, with the policies of their institutions. The sites answer at localhost and the
// tool at 127.0.0.1, two different sites to a browser, so that frames and cookies behave as in real life.
func newWorld(ctx context.Context, s Settings, db *store.DB, port int) (world, error) {
	public := fmt.Sprintf("http://127.0.0.1:%d", port)
	client := lti.NewClient(true)
	t, err := run.New(ctx, run.Config{Store: db, BaseURL: public, Client: client, Mails: s.Mails, Now: s.Now, Rand: s.Rand, Log: s.Log})
	if err != nil {
		return world{}, err
	}
	sites, err := ltitest.DemoSites(fmt.Sprintf("http://localhost:%d", port), ltitest.DemoOptions{
		Now: s.Now, Rand: s.Rand, Key: s.SiteKey, Client: client,
	})
	if err != nil {
		return world{}, err
	}
	institutions := map[string]testdata.Institution{}
	for _, inst := range testdata.Institutions() {
		for _, name := range inst.Platforms {
			institutions[name] = inst
		}
	}
	moodles := http.NewServeMux()
	moodles.Handle("/", ltitest.Front(sites))
	for _, site := range sites {
		moodles.Handle(site.Prefix(), site)
		if err := connect(ctx, db, institutions[site.ShortName()].Name, public, site); err != nil {
			return world{}, fmt.Errorf("connecting %s: %w", site.ShortName(), err)
		}
	}
	for _, inst := range testdata.Institutions() {
		id, err := db.EnsureInstitution(ctx, inst.Name)
		if err != nil {
			return world{}, err
		}
		if i, err := db.Institution(ctx, id); err != nil {
			return world{}, err
		} else if i.Zone == (store.Zone{}) {
			if err := db.SetZone(ctx, store.Admin{InstitutionID: id, Actor: "demo"}, inst.Zone); err != nil {
				return world{}, err
			}
		}
		for _, policies := range []func() (fs.FS, error){inst.Policies, inst.CoursePolicies} {
			files, err := policies()
			if err != nil {
				return world{}, err
			}
			if there, err := fs.ReadDir(files, "."); err != nil {
				return world{}, err
			} else if len(there) == 0 { // its courses ask for nothing
				continue
			}
			if err := transfer.Load(ctx, db, id, files, io.Discard, io.Discard); err != nil {
				return world{}, fmt.Errorf("loading the policies of %s: %w", inst.Name, err)
			}
		}
	}
	return world{apart(moodles, t.Web.Handler()), sites, t}, nil
}

// apart is the sites at localhost and the tool everywhere else.
func apart(sites, tool http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if host, _, err := net.SplitHostPort(r.Host); err == nil && host == "localhost" {
			sites.ServeHTTP(w, r)
			return
		}
		tool.ServeHTTP(w, r)
	})
}

// connect registers a demo site and the tool with each other. The client id is the same in every run, so that
// a database kept from an earlier one knows the site already.
func connect(ctx context.Context, db *store.DB, institution, public string, site *ltitest.Platform) error {
	t := ltitest.ToolAt(public)
	t.ClientID = "demo"
	p, err := site.Registration(site.AddTool(t).TypeID)
	if err != nil {
		return err
	}
	if p.InstitutionID, err = db.EnsureInstitution(ctx, institution); err != nil {
		return err
	}
	if p.ID, err = db.NewID(); err != nil {
		return err
	}
	p.Name = site.ShortName()
	if err := db.AddPlatform(ctx, p); !errors.Is(err, policy.ErrConflict) {
		return err
	}
	return nil
}
