package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"ltipolicy/lti"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/run"
	"ltipolicy/store"
	"ltipolicy/testdata"
	"ltipolicy/transfer"
)

func demo(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "demo", "")
	listen := f.String("listen", "127.0.0.1:8080", "loopback `address` to listen on")
	data := f.String("data", "", "`folder` for the database (default: a temporary one, removed at the end)")
	if err := f.parse(args); err != nil {
		return err
	}
	host, _, err := net.SplitHostPort(*listen)
	if err != nil || !loopback(host) {
		return usageError{fmt.Sprintf("-listen %q: the demo lets anybody in as anybody, so it needs a loopback address", *listen)}
	}
	dir := *data
	if dir == "" {
		if dir, err = os.MkdirTemp("", "ltipolicy-demo-"); err != nil {
			return err
		}
		defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	days := &calendar{now: w.now}
	days.turn(w.now().Add(-published))
	db, err := run.OpenMigrated(ctx, "sqlite:"+filepath.Join(dir, "ltipolicy.db"), store.Options{Now: days.Now}, io.Discard)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // nothing is written any more
	web, err := demoHandler(ctx, w, db, l.Addr().(*net.TCPAddr).Port)
	if err != nil {
		return err
	}
	log := logger(w, false)
	if err := remember(ctx, days, db, web.sites, log); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait() // before the database is closed
	defer stop()
	work.Go(func() { web.tool.Work(ctx) })
	fmt.Fprintf(w.stdout, "Open http://localhost:%d/\n", l.Addr().(*net.TCPAddr).Port)
	srv := run.Server(web, log)
	return run.Until(ctx, srv, func() {}, func() error { return srv.Serve(l) })
}

// demoWeb is the demo's web with the Moodle-like sites in it.
type demoWeb struct {
	http.Handler
	sites []*ltitest.Platform
	tool  *run.Tool
}

// demoHandler is the demo's web: the Moodle-like sites answer at localhost and the tool at 127.0.0.1, two
// different sites to a browser, so that frames and cookies behave as in real life.
func demoHandler(ctx context.Context, w world, db *store.DB, port int) (demoWeb, error) {
	public := fmt.Sprintf("http://127.0.0.1:%d", port)
	client := lti.NewClient(true)
	t, err := run.New(ctx, run.Config{Store: db, BaseURL: public, Client: client, Now: w.now, Rand: w.rand, Log: logger(w, false)})
	if err != nil {
		return demoWeb{}, err
	}
	sites, err := ltitest.DemoSites(fmt.Sprintf("http://localhost:%d", port), ltitest.DemoOptions{
		Now: w.now, Rand: w.rand, Client: client,
	})
	if err != nil {
		return demoWeb{}, err
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
			return demoWeb{}, fmt.Errorf("connecting %s: %w", site.ShortName(), err)
		}
	}
	for _, inst := range testdata.Institutions() {
		id, err := db.EnsureInstitution(ctx, inst.Name)
		if err != nil {
			return demoWeb{}, err
		}
		files, err := inst.Policies()
		if err != nil {
			return demoWeb{}, err
		}
		if err := transfer.Load(ctx, db, id, files, io.Discard, io.Discard); err != nil {
			return demoWeb{}, fmt.Errorf("loading the policies of %s: %w", inst.Name, err)
		}
		more, err := inst.CoursePolicies()
		if err != nil {
			return demoWeb{}, err
		}
		if err := transfer.Load(ctx, db, id, more, io.Discard, io.Discard); err != nil {
			return demoWeb{}, fmt.Errorf("loading the course policies of %s: %w", inst.Name, err)
		}
	}
	policies := t.Web.Handler()
	split := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if host, _, err := net.SplitHostPort(r.Host); err == nil && host == "localhost" {
			moodles.ServeHTTP(w, r)
			return
		}
		policies.ServeHTTP(w, r)
	})
	return demoWeb{split, sites, t}, nil
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
