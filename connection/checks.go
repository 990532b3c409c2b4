package connection

import (
	"net/http"
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
	{"courses", courses},
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
	case f.Onward != "":
		return found("site_redirect", "Site", p.Issuer, "New", f.Onward, "Command", Move(p.ID, f.Onward))
	case f.Issuer == "":
		return found("site_unread", "Site", p.Issuer)
	case f.Issuer != p.Issuer:
		return found("site_moved", "Site", p.Issuer, "New", f.Issuer, "Command", Move(p.ID, f.Issuer))
	}
	return found("site_fine", "Site", p.Issuer)
}

// siteKeys is whether launches can be verified.
func siteKeys(f Facts) Line {
	if f.Onward != "" && f.Keys.Trouble == lti.TroubleRedirect {
		return found("above") // the whole site leads on
	}
	if l, bad := network(f.Keys); bad {
		return l
	}
	return found("site_keys_fine")
}

// ourKeys is whether Moodle can check what the tool signs. It has to only for its services, so that launches work and
// this is found out late.
func ourKeys(f Facts) Line {
	t := f.Token
	switch {
	case t.Broken:
		return unfetched(f)
	case wrongKey(t.Code):
		return found("our_keys_other", "Address", f.KeySet)
	case granted(t), t.Code == invalidScope, tooEarly(t.Code):
		return found("our_keys_fine")
	}
	return found("above") // whatever else is refused is refused before the signature is looked at
}

// granted reports whether a token was given, for whatever.
func granted(t lti.TokenLook) bool {
	return t.Trouble == "" && t.Code == "" && t.Status == http.StatusOK
}

// invalidScope is what a platform says that knows the tool and grants nothing of what it asks for (RFC 6749, 5.2).
const invalidScope = "invalid_scope"

// wrongKey tells Moodle's words for a signature by a key that is not in the set which it has, and for a tool that was set
// up without a key.
func wrongKey(code string) bool {
	return slices.ContainsFunc([]string{`"kid"`, "Signature verification failed", "JWK Set", "No public key", "Invalid public key type"},
		func(words string) bool { return strings.Contains(code, words) })
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
	switch l, bad := network(t.Look); {
	case bad && f.Onward != "" && t.Status/100 == 3:
		return found("above")
	case bad && t.Trouble == lti.TroubleStatus:
		return l.as("token_status")
	case bad && t.Trouble == lti.TroubleNonsense:
		return l.as("token_nonsense")
	case bad:
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
	case t.Code != "" && t.Code != invalidScope:
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

// roster is whether the list of participants of one of the newest courses can be had.
func roster(f Facts) Line {
	r := f.Roster
	with := []string{"Course", r.Course, "Missing", namesAndRoles, "Code", string(r.Code), "Address", f.Platform.Issuer, "Host", r.Host}
	switch {
	case r.Course == "":
		return found("roster_none")
	case !slices.Contains(f.Token.Scopes, lti.ScopeNRPS):
		return found("above")
	case !r.Offered: // the launch that did not tell of a list may be older than the permission
		return found("roster_off", with...)
	case r.Code == lti.ServiceUnauthorized: // a token that was given a moment ago got lost on its way to Moodle
		return found("roster_unauthorized", with...)
	case r.Code == lti.ServiceUnreachable:
		return found("roster_down", with...)
	case r.Code == lti.ServiceElsewhere:
		return found("roster_elsewhere", with...)
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

// courses is whether the site tells when courses end. One that was registered by hand, or before the tool asked for it,
// does not.
func courses(f Facts) Line {
	if f.Courses.Told.IsZero() {
		return found("courses_none", "Lines", "\n"+strings.Join(lti.AskedLines(), "\n"))
	}
	return found("courses_fine", "Time", moment(f.Courses.Told))
}

// score is whether scores arrive. None is sent for the check: it is what became of the real ones.
func score(f Facts) Line {
	s := f.Score
	late := !s.Owed.IsZero() && f.Now.Sub(s.Owed) > scoreLate && s.Code != ""
	switch {
	case !s.Activities:
		return found("score_none")
	case s.Dead > 0:
		return found("score_dead", "Number", strconv.Itoa(s.Dead), "Command", Scores(f.Platform.ID))
	case late && hidden(f):
		return found("above")
	case late:
		return found("score_late", "Time", moment(s.Owed), "Code", s.Code, "Command", Scores(f.Platform.ID))
	}
	return found("score_fine")
}

// hidden reports whether a score waits for what another line says: it is sent again by itself when that is mended.
func hidden(f Facts) bool {
	switch lti.ServiceCode(f.Score.Code) {
	case lti.ServiceUnreachable, lti.ServiceUnauthorized, lti.ServiceKeys:
		return token(f).State != Fine
	}
	return f.Platform.Status != lti.Active
}

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// door is whether the login plugin and the tool speak. Every Moodle that registered by itself has a door declared, and
// not every one has the plugin.
func door(f Facts) Line {
	d := f.Door
	switch {
	case !d.Declared:
		return found("door_none")
	case d.Idle.After(d.Heard): // it asks by itself only where people are sent to it
		return found("door_idle", "Time", moment(d.Idle))
	case d.Heard.IsZero():
		return found("door_waiting")
	case f.Now.Sub(d.Heard) > doorAsks:
		return found("door_lost", "Time", moment(d.Heard))
	}
	return found("door_fine", "Time", moment(d.Heard), "Version", d.Version)
}

// Heard is the table for the login plugin itself: who asks for it is heard now, whatever was seen before. idle is whether
// its site does not have it chosen.
func Heard(lines []Line, now time.Time, version string, idle bool) []Line {
	d := Door{Declared: true, Heard: now, Version: version}
	if idle {
		d.Heard, d.Idle = time.Time{}, now
	}
	lines = slices.Clone(lines)
	for i, l := range lines {
		if l.Check == "door" && l.Cause != "door_none" { // a door that the tool does not know, nobody can enter
			lines[i] = door(Facts{Now: now, Door: d})
			lines[i].Check = l.Check
		}
	}
	return lines
}

// clocks is whether the two agree as far as both sides' signatures need it.
func clocks(f Facts) Line {
	look := f.Token.Look
	if !look.Dated {
		look = f.Keys
	}
	seconds := strconv.Itoa(int(look.Ahead.Abs() / time.Second))
	switch {
	case look.Dated && look.Ahead < -mostAhead:
		return found("clock_behind", "Seconds", seconds)
	case look.Dated && look.Ahead > mostBehind:
		return found("clock_ahead", "Seconds", seconds)
	case tooEarly(f.Token.Code):
		// What stands before Moodle dates its answers; Moodle itself has another time.
		return found("clock_differs", "Code", f.Token.Code)
	case !look.Dated:
		return found("clock_unknown")
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
