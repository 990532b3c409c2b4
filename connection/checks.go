package connection

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"ltipolicy/lti"
)

const (
	// Moodle believes no clock ahead of its own; what the tool signs is dated ten seconds back.
	mostAhead = 9 * time.Second
	// A token of Moodle is believed a minute from the future.
	mostBehind = time.Minute

	doorAsks  = time.Hour // the plugin asks every ten minutes
	scoreLate = time.Hour

	fewLost = 3 // launches: below, they may be one browser's
)

// checks has every check, in the order in which they are shown: what stands above may hide what stands below.
var checks = []struct {
	name  Check
	judge func(Facts) Line
}{
	{"site", site},
	{"site_keys", siteKeys},
	{"our_keys", ourKeys},
	{"token", token},
	{"roster", roster},
	{"score", score},
	{"door", door},
	{"clock", clocks},
	{"cookies", cookies},
	{"deployment", deployment},
}

// Checks has the name of every check, in order.
func Checks() []Check {
	var all []Check
	for _, c := range checks {
		all = append(all, c.name)
	}
	return all
}

// Judge makes the table.
func Judge(f Facts) []Line {
	lines := make([]Line, 0, len(checks))
	for _, c := range checks {
		l := c.judge(f)
		l.Check = c.name
		lines = append(lines, l)
	}
	return lines
}

// site is whether the registration is in use, for the address at which the Moodle is.
func site(f Facts) Line {
	p := f.Platform
	switch {
	case p.Status == lti.Pending:
		return found("site_pending", "Command", Activate(p.ID))
	case p.Status == lti.Disabled:
		return found("site_disabled", "Command", Activate(p.ID))
	case f.Issuer == "":
		return found("site_unread", "Site", p.Issuer)
	case f.Issuer != p.Issuer:
		return found("site_moved", "Site", p.Issuer, "New", f.Issuer, "Command", Move(p.ID, f.Issuer))
	}
	return found("site_fine", "Site", p.Issuer)
}

// siteKeys is whether launches can be verified.
func siteKeys(f Facts) Line {
	if l, bad := network(f.Keys); bad {
		return l
	}
	return found("site_keys_fine")
}

// network is the line of an address that could not be read.
func network(l lti.Look) (Line, bool) {
	causes := map[lti.Trouble]Cause{
		lti.TroubleName: "net_name", lti.TroubleAddress: "net_address", lti.TroubleCertificate: "net_certificate",
		lti.TroubleSilent: "net_silent", lti.TroubleStatus: "net_status", lti.TroubleNonsense: "net_nonsense",
	}
	cause, bad := causes[l.Trouble]
	if !bad {
		return Line{}, false
	}
	return found(cause, "Host", host(l.Address), "Address", l.Address, "Status", strconv.Itoa(l.Status)), true
}

func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Host
}

// ourKeys is whether Moodle can check what the tool signs. It has to only for its services, so that launches work and
// this is found out late.
func ourKeys(f Facts) Line {
	t := f.Token
	switch {
	case t.Broken:
		return unfetched(f)
	case t.Trouble != "":
		return found("above")
	case wrongKey(t.Code):
		return found("our_keys_other", "Address", f.KeySet)
	case t.Code == "invalid_client":
		return found("above") // it looks at the key of a client that it knows
	}
	return found("our_keys_fine")
}

// wrongKey tells Moodle's words for a signature by a key that is not in the set which it has.
func wrongKey(code string) bool {
	return strings.Contains(code, `"kid"`) || strings.Contains(code, "Signature verification failed") || strings.Contains(code, "JWK Set")
}

// unfetched is why Moodle did not fetch the tool's key set. Its HTTP security does not say that it refused an address; but
// what it refuses as it comes is known, and the rest is told apart by what the address does from here.
func unfetched(f Facts) Line {
	u, err := url.Parse(f.KeySet)
	if err != nil {
		return found("our_keys_fetch", "Address", f.KeySet)
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	ip, blocked := refusedByDefault(f.Host)
	with := []string{"Address", f.KeySet, "Host", u.Hostname(), "Port", port, "IP", ip, "Range", blocked}
	badPort := port != "80" && port != "443"
	switch {
	case badPort && blocked != "":
		return found("our_keys_both", with...)
	case badPort:
		return found("our_keys_port", with...)
	case blocked != "":
		return found("our_keys_host", with...)
	case f.Own.Trouble != "" && f.Own.Trouble != lti.TroubleAddress: // the tool may not be allowed to go to its own address
		return found("our_keys_own", with...)
	}
	return found("our_keys_fetch", with...)
}

// blockedHosts is what stands in Moodle's "cURL blocked hosts list" as it is delivered.
var blockedHosts = []string{"127.0.0.0/8", "192.168.0.0/16", "10.0.0.0/8", "172.16.0.0/12", "0.0.0.0/32", "169.254.169.254/32", "::1/128"}

func refusedByDefault(addresses []netip.Addr) (ip, by string) {
	for _, a := range addresses {
		for _, b := range blockedHosts {
			if netip.MustParsePrefix(b).Contains(a.Unmap()) {
				by, _ = strings.CutSuffix(b, "/32")
				return a.Unmap().String(), strings.Replace(by, "::1/128", "0000::1", 1)
			}
		}
	}
	return "", ""
}

// services are the scopes that the tool needs, by the service under whose name Moodle's form has them.
var services = []struct {
	scope, name string
}{
	{lti.ScopeNRPS, namesAndRoles},
	{lti.ScopeScore, "IMS LTI Assignment and Grade Services"},
}

const namesAndRoles = "IMS LTI Names and Role Provisioning"

// token is whether Moodle lets the tool use its services, and which.
func token(f Facts) Line {
	t := f.Token
	if t.Broken || wrongKey(t.Code) {
		return found("above")
	}
	if l, bad := network(t.Look); bad {
		return l
	}
	missing := []string{}
	for _, s := range services {
		if !slices.Contains(t.Scopes, s.scope) {
			missing = append(missing, s.name)
		}
	}
	switch {
	case t.Code == "invalid_client":
		return found("token_client", "Client", f.Platform.ClientID)
	case tooEarly(t.Code):
		return found("above")
	case t.Code != "" && t.Code != "invalid_scope":
		return found("token_refused", "Code", t.Code)
	case len(missing) > 0:
		return found("token_scopes", "Missing", strings.Join(missing, ", "))
	}
	return found("token_fine")
}

// tooEarly tells Moodle's words for a signature of a clock that differs from its own.
func tooEarly(code string) bool {
	return strings.HasPrefix(code, "Cannot handle token") || strings.HasPrefix(code, "Expired token")
}

// roster is whether the list of participants of the course that was seen last can be had.
func roster(f Facts) Line {
	r := f.Roster
	with := []string{"Course", r.Course, "Missing", namesAndRoles, "Code", string(r.Code), "Address", f.Platform.Issuer}
	switch {
	case r.Course == "":
		return found("roster_none")
	case !r.Offered:
		return found("roster_off", with...)
	case !r.Asked, r.Code == lti.ServiceKeys, r.Code == lti.ServiceUnauthorized, r.Code == lti.ServiceUnreachable:
		return found("above")
	case r.Code == lti.ServiceRefused:
		return found("roster_refused", with...)
	case r.Code == lti.ServiceGone:
		return found("roster_gone", with...)
	case r.Code != "":
		return found("roster_failed", with...)
	case r.Nameless:
		return found("roster_nameless", with...)
	}
	return found("roster_fine", with...)
}

// score is whether scores arrive. None is sent for the check: it is what became of the real ones.
func score(f Facts) Line {
	s := f.Score
	switch {
	case !s.Activities:
		return found("score_none")
	case s.Dead > 0:
		return found("score_dead", "Number", strconv.Itoa(s.Dead), "Command", scoresCommand)
	case !s.Owed.IsZero() && f.Now.Sub(s.Owed) > scoreLate && s.Code != "":
		return found("score_late", "Time", moment(s.Owed), "Code", s.Code, "Command", scoresCommand)
	}
	return found("score_fine")
}

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// door is whether the login plugin and the tool speak. Every Moodle that registered by itself has a door declared, and
// not every one has the plugin.
func door(f Facts) Line {
	d := f.Door
	switch {
	case !d.Declared:
		return found("door_none")
	case d.Heard.IsZero():
		return found("door_waiting")
	case f.Now.Sub(d.Heard) > doorAsks:
		return found("door_lost", "Time", moment(d.Heard))
	}
	return found("door_fine", "Time", moment(d.Heard), "Version", d.Version)
}

// clocks is whether the two agree as far as both sides' signatures need it.
func clocks(f Facts) Line {
	look := f.Token.Look
	if !look.Dated {
		look = f.Keys
	}
	seconds := strconv.Itoa(int(look.Ahead.Abs() / time.Second))
	switch {
	case !look.Dated:
		return found("clock_unknown")
	case look.Ahead < -mostAhead:
		return found("clock_behind", "Seconds", seconds)
	case look.Ahead > mostBehind:
		return found("clock_ahead", "Seconds", seconds)
	case tooEarly(f.Token.Code):
		// What stands before Moodle dates its answers; Moodle itself has another time.
		return found("clock_differs", "Code", f.Token.Code)
	}
	return found("clock_fine", "Seconds", seconds)
}

// cookies is what launches in frames showed.
func cookies(f Facts) Line {
	c := f.Frames
	all := c.Cookies + c.Storage + c.Lost
	with := []string{"Total", strconv.Itoa(all), "Storage", strconv.Itoa(c.Storage), "Lost", strconv.Itoa(c.Lost)}
	switch {
	case all == 0:
		return found("cookies_none")
	case c.Lost >= fewLost && 4*c.Lost > all:
		return found("cookies_lost", with...)
	}
	return found("cookies_fine", with...)
}

// deployment is which one may launch, and whether another one tried.
func deployment(f Facts) Line {
	have, refused := f.Platform.Deployments, f.Refusal
	switch {
	case len(have) == 0:
		return found("deployment_first")
	case refused.Deployment != "" && !slices.Contains(have, refused.Deployment):
		return found("deployment_refused", "ID", strings.Join(have, ", "), "Refused", refused.Deployment, "Time", moment(refused.When),
			"Command", Deployment(f.Platform.ID, refused.Deployment))
	}
	return found("deployment_fine", "ID", strings.Join(have, ", "))
}
