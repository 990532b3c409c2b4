package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"ltipolicy/courier"
	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

func platformInvite(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "platform invite", "")
	database := f.database()
	institution, fresh := f.institutionToBe()
	base := f.baseURL()
	ttl := f.Duration("ttl", 168*time.Hour, "how long the address can be used")
	name := f.String("name", "", "`name` of the Moodle site, as people and policy files know it (default: its host)")
	activate := f.Bool("activate", false, "let the site launch as soon as it is connected, without \"platform activate\"")
	if err := f.parse(args); err != nil {
		return err
	}
	if *institution == "" {
		return usageError{"-institution is needed"}
	}
	public, err := publicURL(*base)
	if err != nil {
		return err
	}
	if *ttl <= 0 {
		return usageError{"-ttl must be positive"}
	}
	db, err := open(ctx, w, *database)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // everything is committed
	id, err := institutionFor(ctx, w, db, *institution, *fresh)
	if err != nil {
		return err
	}
	token, err := db.Invite(ctx, store.Invitation{InstitutionID: id, Name: strings.TrimSpace(*name), Activates: *activate}, *ttl)
	if err != nil {
		return err
	}
	fmt.Fprintln(w.stdout, public+"/lti/register?"+url.Values{"invite": {token}}.Encode())
	return nil
}

// platformJSON is what scripts get.
type platformJSON struct {
	ID          string   `json:"id"`
	Institution string   `json:"institution"`
	Name        string   `json:"name"`
	Issuer      string   `json:"issuer"`
	ClientID    string   `json:"client_id"`
	AuthURL     string   `json:"auth_url"`
	TokenURL    string   `json:"token_url"`
	JWKSURL     string   `json:"jwks_url"`
	Deployments []string `json:"deployments"`
	Status      string   `json:"status"`
	// Tool is left out where the tool's own address is not known.
	Tool *toolJSON `json:"tool,omitempty"`
}

// toolJSON holds the addresses that Moodle's form for a tool asks for.
type toolJSON struct {
	ToolURL        string `json:"tool_url"`
	InitiateLogin  string `json:"initiate_login_url"`
	RedirectionURI string `json:"redirection_uri"`
	PublicKeyset   string `json:"public_keyset_url"`
	// Custom are the lines for Custom parameters.
	Custom []string `json:"custom_parameters"`
}

func describe(p lti.Platform, institution, public string) platformJSON {
	d := platformJSON{
		ID: p.ID, Institution: institution, Name: p.Name, Issuer: p.Issuer, ClientID: p.ClientID,
		AuthURL: p.AuthURL, TokenURL: p.TokenURL, JWKSURL: p.JWKSURL,
		Deployments: p.Deployments, Status: string(p.Status),
	}
	if public != "" {
		tool := lti.New(lti.Config{BaseURL: public})
		d.Tool = &toolJSON{
			ToolURL: tool.RedirectURI(), InitiateLogin: tool.LoginURI(p.ID),
			RedirectionURI: tool.RedirectURI(), PublicKeyset: tool.JWKSURI(), Custom: lti.AskedLines(),
		}
	}
	return d
}

func (p platformJSON) print(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	rows := [][2]string{
		{"id", p.ID}, {"institution", p.Institution}, {"name", p.Name}, {"status", p.Status},
		{"issuer", p.Issuer}, {"client id", p.ClientID}, {"deployments", strings.Join(p.Deployments, ", ")},
		{"authentication request URL", p.AuthURL}, {"access token URL", p.TokenURL}, {"public keyset URL", p.JWKSURL},
		{"", ""},
	}
	if p.Tool != nil {
		rows = append(rows, [][2]string{
			{"In Moodle's form for the tool:", ""},
			{"Tool URL", p.Tool.ToolURL}, {"Initiate login URL", p.Tool.InitiateLogin},
			{"Redirection URI(s)", p.Tool.RedirectionURI}, {"Public keyset", p.Tool.PublicKeyset},
			{"Custom parameters", p.Tool.Custom[0]},
		}...)
		for _, line := range p.Tool.Custom[1:] {
			rows = append(rows, [2]string{"", line})
		}
	} else {
		rows = append(rows, [2]string{"What goes into Moodle's form for the tool is not shown:", noBase})
	}
	for _, row := range rows {
		fmt.Fprintf(t, "%s\t%s\n", row[0], row[1])
	}
	t.Flush() //nolint:errcheck // standard output
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func platformAdd(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "platform add", "")
	database := f.database()
	institution, fresh := f.institutionToBe()
	base := f.baseURL()
	p := lti.Platform{Status: lti.Active}
	f.StringVar(&p.Name, "name", "", "`name` of the Moodle site, as people know it")
	f.StringVar(&p.Issuer, "issuer", "", "Platform ID (`URL`)")
	f.StringVar(&p.ClientID, "client-id", "", "Client ID")
	f.StringVar(&p.AuthURL, "auth-url", "", "Authentication request `URL`")
	f.StringVar(&p.TokenURL, "token-url", "", "Access token `URL`")
	f.StringVar(&p.JWKSURL, "jwks-url", "", "Public keyset `URL`")
	door := f.String("login-auth-url", "", "authorisation `URL` of the login plugin on the site, if it has one")
	deployments := f.String("deployment", "", "Deployment `ID`; several with commas between")
	f.BoolVar(&p.Anonymous, "anonymous", false, "let launches without a person read the policies")
	private := f.private()
	asJSON := f.Bool("json", false, "print JSON")
	if err := f.parse(args); err != nil {
		return err
	}
	for _, need := range []struct{ flag, value string }{
		{"institution", *institution}, {"name", p.Name}, {"issuer", p.Issuer}, {"client-id", p.ClientID},
		{"auth-url", p.AuthURL}, {"token-url", p.TokenURL}, {"jwks-url", p.JWKSURL}, {"deployment", *deployments},
	} {
		if need.value == "" {
			return usageError{"-" + need.flag + " is needed"}
		}
	}
	for _, u := range []struct{ flag, value string }{
		{"issuer", p.Issuer}, {"auth-url", p.AuthURL}, {"token-url", p.TokenURL}, {"jwks-url", p.JWKSURL},
	} {
		if err := lti.CheckURL(u.value, *private); err != nil {
			return usageError{fmt.Sprintf("-%s: %v", u.flag, err)}
		}
	}
	if *door != "" {
		if err := lti.CheckURL(*door, *private); err != nil {
			return usageError{fmt.Sprintf("-login-auth-url: %v", err)}
		}
		if (lti.Platform{AuthURL: *door}).Origin() != p.Origin() {
			return usageError{"-login-auth-url: not on the origin of -auth-url"}
		}
	}
	p.Deployments = strings.Split(*deployments, ",")
	public, err := knownURL(*base)
	if err != nil {
		return err
	}
	db, err := open(ctx, w, *database)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // everything is committed
	if p.InstitutionID, err = institutionFor(ctx, w, db, *institution, *fresh); err != nil {
		return err
	}
	if p.ID, err = db.NewID(); err != nil {
		return err
	}
	if err := db.AddPlatformWithDoor(ctx, p, *door); err != nil {
		if errors.Is(err, policy.ErrConflict) {
			return fmt.Errorf("a platform with this issuer and client id is registered already: %w", err)
		}
		return err
	}
	d := describe(p, *institution, public)
	if *asJSON {
		return printJSON(w.stdout, d)
	}
	d.print(w.stdout)
	return nil
}

// doorJSON is what scripts get of a platform's login door.
type doorJSON struct {
	Platform string `json:"platform"`
	AuthURL  string `json:"auth_url"`
	LoginURL string `json:"login_url"` // where the plugin begins its launches
}

// platformDoor says where the plugin that sends people here at login has its authorisation endpoint.
func platformDoor(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "platform door", "ID")
	database := f.database()
	base := f.baseURL()
	auth := f.String("auth-url", "", "authorisation `URL` that the plugin's settings page shows (…/local/ltipolicy/gate.php?step=auth)")
	remove := f.Bool("remove", false, "the site has no login door any more")
	private := f.private()
	asJSON := f.Bool("json", false, "print JSON")
	if err := f.parse(args); err != nil {
		return err
	}
	if (*auth == "") != *remove {
		return usageError{"want either -auth-url or -remove"}
	}
	if *auth != "" {
		if err := lti.CheckURL(*auth, *private); err != nil {
			return usageError{fmt.Sprintf("-auth-url: %v", err)}
		}
	}
	public, err := knownURL(*base)
	if err == nil && public == "" && !*remove {
		err = usageError{noBase}
	}
	if err != nil {
		return err
	}
	db, err := open(ctx, w, *database)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // everything is committed
	id := f.Arg(0)
	if err := setDoor(ctx, db, id, *auth); err != nil {
		return err
	}
	d := doorJSON{Platform: id, AuthURL: *auth}
	if !*remove {
		d.LoginURL = lti.New(lti.Config{BaseURL: public}).DoorLoginURI(id)
	}
	if *asJSON {
		return printJSON(w.stdout, d)
	}
	if *remove {
		fmt.Fprintf(w.stdout, "platform %s has no login door\n", id)
		return nil
	}
	fmt.Fprintf(w.stdout, "authorisation at  %s\nlogins begin at   %s\n", d.AuthURL, d.LoginURL)
	return nil
}

func setDoor(ctx context.Context, db *store.DB, platformID, authURL string) error {
	err := db.SetDoor(ctx, platformID, authURL)
	if errors.Is(err, policy.ErrInvalid) {
		return usageError{fmt.Sprintf("the login door must be on the platform's own origin: %v", err)}
	}
	return err
}

// withPlatforms runs do with the database and the names of the institutions.
func withPlatforms(ctx context.Context, w world, name, arguments string, args []string,
	do func(db *store.DB, public string, institutions map[string]string, arg []string, asJSON bool) error) error {
	f := newFlags(w, name, arguments)
	database := f.database()
	base := f.baseURL()
	asJSON := f.Bool("json", false, "print JSON")
	if err := f.parse(args); err != nil {
		return err
	}
	public, err := knownURL(*base)
	if err != nil {
		return err
	}
	db, err := open(ctx, w, *database)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // everything is committed
	institutions, err := db.Institutions(ctx)
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, i := range institutions {
		names[i.ID] = i.Name
	}
	return do(db, public, names, f.Args(), *asJSON)
}

func platformList(ctx context.Context, w world, args []string) error {
	return withPlatforms(ctx, w, "platform list", "", args, func(db *store.DB, public string, names map[string]string, _ []string, asJSON bool) error {
		ps, err := db.Platforms(ctx)
		if err != nil {
			return err
		}
		if asJSON {
			out := make([]platformJSON, 0, len(ps))
			for _, p := range ps {
				out = append(out, describe(p, names[p.InstitutionID], public))
			}
			return printJSON(w.stdout, out)
		}
		t := tabwriter.NewWriter(w.stdout, 0, 4, 2, ' ', 0)
		for _, p := range ps {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", p.ID, p.Status, names[p.InstitutionID], p.Name, p.Issuer)
		}
		return t.Flush()
	})
}

func platformShow(ctx context.Context, w world, args []string) error {
	return withPlatforms(ctx, w, "platform show", "ID", args, func(db *store.DB, public string, names map[string]string, arg []string, asJSON bool) error {
		p, err := db.Platform(ctx, arg[0])
		if err != nil {
			return err
		}
		d := describe(p, names[p.InstitutionID], public)
		if asJSON {
			return printJSON(w.stdout, d)
		}
		d.print(w.stdout)
		return nil
	})
}

func platformRename(ctx context.Context, w world, args []string) error {
	return withPlatforms(ctx, w, "platform rename", "ID NAME", args, func(db *store.DB, public string, names map[string]string, arg []string, asJSON bool) error {
		if err := db.RenamePlatform(ctx, arg[0], arg[1]); err != nil {
			return err
		}
		return report(ctx, w, db, public, names, arg[0], asJSON)
	})
}

func platformActivate(ctx context.Context, w world, args []string) error {
	return setStatus(ctx, w, "platform activate", args, lti.Active)
}

func platformDisable(ctx context.Context, w world, args []string) error {
	return setStatus(ctx, w, "platform disable", args, lti.Disabled)
}

func setStatus(ctx context.Context, w world, name string, args []string, status lti.Status) error {
	return withPlatforms(ctx, w, name, "ID", args, func(db *store.DB, public string, names map[string]string, arg []string, asJSON bool) error {
		if err := db.SetPlatformStatus(ctx, arg[0], status); err != nil {
			return err
		}
		return report(ctx, w, db, public, names, arg[0], asJSON)
	})
}

// report says how a platform stands after a change.
func report(ctx context.Context, w world, db *store.DB, public string, names map[string]string, id string, asJSON bool) error {
	p, err := db.Platform(ctx, id)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(w.stdout, describe(p, names[p.InstitutionID], public))
	}
	fmt.Fprintf(w.stdout, "%s (%s) is %s\n", p.Name, p.Issuer, p.Status)
	if p.Status != lti.Active {
		return nil
	}
	asked, err := db.ActiveVersions(ctx, p.ID, "")
	if err != nil {
		return err
	}
	fmt.Fprintf(w.stdout, "its people are asked %d policies\n", len(asked))
	for _, v := range asked {
		fmt.Fprintf(w.stdout, "  %s\n", v.Primary().Name)
	}
	return nil
}

// platformDeployment adds what a launch was refused for as deployment_unknown.
func platformDeployment(ctx context.Context, w world, args []string) error {
	return withPlatforms(ctx, w, "platform deployment", "ID DEPLOYMENT", args, func(db *store.DB, public string, names map[string]string, arg []string, asJSON bool) error {
		if err := db.AllowDeployment(ctx, arg[0], arg[1]); err != nil {
			return err
		}
		return report(ctx, w, db, public, names, arg[0], asJSON)
	})
}

// platformMove takes a site to its new address if the Moodle there proves to be the same one, or on the operator's word.
func platformMove(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "platform move", "ID ADDRESS")
	database := f.database()
	force := f.Bool("force", false, "move it without a proof, on your word; needs -reason")
	reason := f.String("reason", "", "`text` for the log: why it is the same Moodle")
	private := f.private()
	if err := f.parse(args); err != nil {
		return err
	}
	if *force && *reason == "" {
		return usageError{"-force needs -reason: the log must say why"}
	}
	db, err := open(ctx, w, *database)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // everything is committed
	address := strings.TrimSuffix(f.Arg(1), "/")
	if err := lti.CheckURL(address, *private); err != nil {
		return usageError{fmt.Sprintf("address: %v", err)}
	}
	from, err := db.Platform(ctx, f.Arg(0))
	if err != nil {
		return err
	}
	to, err := from.Moved(address)
	if err != nil {
		return err
	}
	why := store.Moving{Reason: *reason}
	tool := lti.New(lti.Config{BaseURL: address, Client: lti.NewClient(*private), Now: w.now, Rand: w.rand})
	if why.Key, err = tool.ProveMove(ctx, to); err != nil && !*force {
		return fmt.Errorf("%w; if you know that it is, say so with -force and -reason", err)
	}
	if err := db.MovePlatform(ctx, from, to, why); err != nil {
		return err
	}
	fmt.Fprintf(w.stdout, "%s moved from %s to %s\n", from.Name, from.Issuer, to.Issuer)
	return nil
}

// errConnection says that the table has something wrong on it.
var errConnection = errors.New("something is wrong, see above")

// platformCheck looks at everything between a site and the tool, and prints the table that administrators see.
func platformCheck(ctx context.Context, w world, args []string) error {
	f := newFlags(w, "platform check", "ID")
	database := f.database()
	base := f.baseURL()
	private := f.private()
	asJSON := f.Bool("json", false, "print JSON")
	if err := f.parse(args); err != nil {
		return err
	}
	public, err := publicURL(*base)
	if err != nil {
		return err
	}
	db, err := open(ctx, w, *database)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // everything is committed
	pages, err := templates.New()
	if err != nil {
		return err
	}
	tool := lti.New(lti.Config{BaseURL: public, Client: lti.NewClient(*private), Keys: db.KeyRing, Now: w.now, Rand: w.rand})
	found, err := courier.CheckConnection(ctx, db, tool, f.Arg(0), w.now)
	if err != nil {
		return err
	}
	c := templates.Connection{Locale: pages.Locale("en", "", ""), Lines: found.Lines, Time: found.Time}
	if *asJSON {
		err = printJSON(w.stdout, checkJSON(c))
	} else {
		err = printCheck(w.stdout, c)
	}
	if err == nil && c.Bad() > 0 {
		err = errConnection
	}
	return err
}

// lineJSON is what scripts get of a line.
type lineJSON struct {
	Check string `json:"check"`
	State string `json:"state"`
	Cause string `json:"cause"`
	Found string `json:"found"`
	Step  string `json:"step,omitempty"`
}

func checkJSON(c templates.Connection) []lineJSON {
	var out []lineJSON
	for _, l := range c.Lines {
		out = append(out, lineJSON{Check: string(l.Check), State: string(l.State), Cause: string(l.Cause), Found: c.Cause(l), Step: c.Step(l)})
	}
	return out
}

func printCheck(w io.Writer, c templates.Connection) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, l := range c.Lines {
		fmt.Fprintf(t, "%s\t%s\t%s\n", c.What(l), c.State(l), c.Cause(l))
		if step := c.Step(l); step != "" {
			fmt.Fprintf(t, "\t\t→ %s\n", strings.ReplaceAll(step, "\n", "\n\t\t  "))
		}
	}
	return t.Flush()
}
