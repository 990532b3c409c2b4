package main

import (
	"context"
	"errors"
	"fmt"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

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
	base := f.String("base-url", "", "public `URL` of the tool")
	listen := f.String("listen", "127.0.0.1:8080", "`address` that the tool listens on, if no -base-url is given")
	auth := f.String("auth-url", "", "authorisation `URL` that the plugin's settings page shows (…/local/ltipolicy/gate.php?step=auth)")
	remove := f.Bool("remove", false, "the site has no login door any more")
	private := f.Bool("allow-private-networks", false, "let the Moodle site live at a private address")
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
	public, err := publicURL(*base, *listen)
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
		d.LoginURL = public + lti.LoginPath + "/" + id + "/door"
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
