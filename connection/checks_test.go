package connection_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"ltipolicy/connection"
	"ltipolicy/lti"
)

var noon = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// well is a site with which everything is well.
func well() connection.Facts {
	return connection.Facts{
		Now:      noon,
		Platform: lti.Platform{ID: "p1", Issuer: "https://moodle.example", ClientID: "abc", Status: lti.Active, Deployments: []string{"1"}},
		Issuer:   "https://moodle.example",
		Keys:     lti.Look{Address: "https://moodle.example/mod/lti/certs.php", Status: 200, Dated: true},
		Token:    given(lti.ScopeNRPS, lti.ScopeLineItem, lti.ScopeScore, lti.ScopeResult),
		KeySet:   "https://policies.example/lti/jwks",
		Host:     []netip.Addr{netip.MustParseAddr("203.0.113.7")},
		Roster:   connection.Roster{Course: "Algoritmi", Offered: true},
		Courses:  connection.Courses{Told: noon.Add(-time.Hour)},
		Score:    connection.Score{Activities: true},
		Door:     connection.Door{Declared: true, Heard: noon.Add(-time.Minute), Version: "2026113000"},
		Frames:   connection.Frames{Cookies: 90, Storage: 5, Lost: 2},
	}
}

func tokenLook() lti.TokenLook {
	return lti.TokenLook{Look: lti.Look{Address: "https://moodle.example/mod/lti/token.php", Status: 200, Dated: true}}
}

func given(scopes ...string) lti.TokenLook {
	t := tokenLook()
	t.Scopes = scopes
	return t
}

func refused(code string) lti.TokenLook {
	t := tokenLook()
	t.Status, t.Code = 400, code
	return t
}

func troubled(x lti.Trouble) lti.TokenLook {
	t := tokenLook()
	if t.Trouble = x; x != lti.TroubleStatus && x != lti.TroubleNonsense {
		t.Status, t.Dated = 0, false
	}
	return t
}

// broken breaks off, as where Moodle could not fetch the tool's key set.
func broken(x lti.Trouble) lti.TokenLook {
	t := troubled(x)
	t.Broken = true
	return t
}

func at(ips ...string) []netip.Addr {
	var all []netip.Addr
	for _, ip := range ips {
		all = append(all, netip.MustParseAddr(ip))
	}
	return all
}

// Every cause is told of what makes it, on its line, and no other line blames anybody for the same.
func TestEveryCauseOnce(t *testing.T) {
	told := map[connection.Cause]bool{}
	for _, c := range []struct {
		name  string
		check connection.Check
		cause connection.Cause
		make  func(f *connection.Facts)
		also  []connection.Cause // on other lines
	}{
		{"all is well", "site", "site_fine", func(*connection.Facts) {}, nil},
		{"", "site", "site_pending", func(f *connection.Facts) { f.Platform.Status = lti.Pending }, nil},
		{"", "site", "site_disabled", func(f *connection.Facts) { f.Platform.Status = lti.Disabled }, nil},
		{"", "site", "site_moved", func(f *connection.Facts) { f.Issuer = "https://new.example" }, nil},
		{"", "site", "site_unread", func(f *connection.Facts) { f.Issuer = "" }, nil},
		{"all of a site leads on to where it went", "site", "site_redirect", func(f *connection.Facts) {
			f.Issuer, f.Onward, f.Keys.Trouble, f.Keys.Status = "", "https://new.example", lti.TroubleRedirect, 0
			f.Token = troubled(lti.TroubleStatus)
			f.Token.Status = 303
		}, nil},

		{"", "site_keys", "site_keys_fine", func(*connection.Facts) {}, nil},
		{"", "site_keys", "net_name", func(f *connection.Facts) { f.Keys.Trouble = lti.TroubleName }, nil},
		{"", "site_keys", "net_address", func(f *connection.Facts) { f.Keys.Trouble = lti.TroubleAddress }, nil},
		{"", "site_keys", "net_refused", func(f *connection.Facts) { f.Keys.Trouble = lti.TroubleRefused }, nil},
		{"", "site_keys", "net_redirect", func(f *connection.Facts) {
			f.Keys.Trouble, f.Keys.Err = lti.TroubleRedirect, fmt.Errorf("get: %w", &lti.AddressError{Host: "www.moodle.example"})
		}, nil},
		{"", "site_keys", "net_plain", func(f *connection.Facts) { f.Keys.Trouble = lti.TroublePlain }, nil},
		{"", "site_keys", "net_certificate", func(f *connection.Facts) { f.Keys.Trouble = lti.TroubleCertificate }, nil},
		{"", "site_keys", "net_silent", func(f *connection.Facts) { f.Keys.Trouble = lti.TroubleSilent }, nil},
		{"", "site_keys", "net_status", func(f *connection.Facts) { f.Keys.Trouble = lti.TroubleStatus }, nil},
		{"", "site_keys", "net_nonsense", func(f *connection.Facts) { f.Keys.Trouble = lti.TroubleNonsense }, nil},

		{"", "our_keys", "our_keys_fine", func(*connection.Facts) {}, nil},
		{"what is asked for is judged after the signature", "our_keys", "our_keys_fine", func(f *connection.Facts) { f.Token = refused("invalid_scope") }, []connection.Cause{"token_scopes"}},
		{"so is the time", "our_keys", "our_keys_fine", func(f *connection.Facts) { f.Token = refused("Expired token") }, []connection.Cause{"clock_differs"}},
		{"the form of the request is judged before it", "our_keys", "above", func(f *connection.Facts) { f.Token = refused("invalid_request") }, []connection.Cause{"token_refused"}},
		{"and its kind", "our_keys", "above", func(f *connection.Facts) { f.Token = refused("unsupported_grant_type") }, []connection.Cause{"token_refused"}},
		{"and the client", "our_keys", "above", func(f *connection.Facts) { f.Token = refused("invalid_client") }, []connection.Cause{"token_client"}},
		{"who does not answer has not said anything of a signature", "our_keys", "above", func(f *connection.Facts) { f.Token = troubled(lti.TroubleSilent) }, []connection.Cause{"net_silent"}},
		{"no key with that id", "our_keys", "our_keys_other", func(f *connection.Facts) { f.Token = refused(`"kid" invalid, unable to lookup correct key`) }, nil},
		{"another key", "our_keys", "our_keys_other", func(f *connection.Facts) { f.Token = refused("Signature verification failed") }, nil},
		{"no key", "our_keys", "our_keys_other", func(f *connection.Facts) { f.Token = refused("No public key configured") }, nil},
		{"no key set", "our_keys", "our_keys_other", func(f *connection.Facts) { f.Token = refused("No public keyset configured") }, nil},
		{"neither key nor key set", "our_keys", "our_keys_other", func(f *connection.Facts) { f.Token = refused("Invalid public key type") }, nil},
		{"by a page of status 404", "our_keys", "our_keys_fetch", func(f *connection.Facts) { f.Token = broken(lti.TroubleStatus) }, nil},
		{"a firewall drops what Moodle sends", "our_keys", "our_keys_fetch", func(f *connection.Facts) { f.Token = broken(lti.TroubleSilent) }, nil},
		{"no way back from inside to the own address", "our_keys", "our_keys_fetch", func(f *connection.Facts) {
			f.Token, f.Own.Trouble = broken(lti.TroubleStatus), lti.TroubleSilent
		}, nil},
		{"a name that only others know", "our_keys", "our_keys_fetch", func(f *connection.Facts) {
			f.Token, f.Own.Trouble = broken(lti.TroubleStatus), lti.TroubleName
		}, nil},
		{"the tool's own name in its own list of hosts", "our_keys", "our_keys_fetch", func(f *connection.Facts) {
			f.Token, f.Host, f.Site = broken(lti.TroubleStatus), at("127.0.1.1"), at("203.0.113.9")
		}, nil},
		{"", "our_keys", "our_keys_port", func(f *connection.Facts) {
			f.Token, f.KeySet = broken(lti.TroubleStatus), "https://policies.example:8443/lti/jwks"
		}, nil},
		{"", "our_keys", "our_keys_host", func(f *connection.Facts) { f.Token, f.Host = broken(lti.TroubleStatus), at("10.0.0.7") }, nil},
		{"on one machine with Moodle", "our_keys", "our_keys_host", func(f *connection.Facts) {
			f.Token, f.Host, f.Site = broken(lti.TroubleStatus), at("127.0.1.1"), at("127.0.1.1")
		}, nil},
		{"", "our_keys", "our_keys_both", func(f *connection.Facts) {
			f.Token, f.Host, f.KeySet = broken(lti.TroubleSilent), at("2001:db8::1", "192.168.1.1"), "https://policies.example:8443/lti/jwks"
		}, nil},
		{"", "our_keys", "our_keys_own", func(f *connection.Facts) {
			f.Token, f.Own.Trouble = broken(lti.TroubleStatus), lti.TroubleCertificate
		}, nil},

		{"", "token", "token_fine", func(*connection.Facts) {}, nil},
		{"", "token", "token_status", func(f *connection.Facts) { f.Token = troubled(lti.TroubleStatus) }, nil},
		{"", "token", "token_nonsense", func(f *connection.Facts) { f.Token = troubled(lti.TroubleNonsense) }, nil},
		{"", "token", "net_address", func(f *connection.Facts) { f.Token = troubled(lti.TroubleAddress) }, nil},
		{"", "token", "token_scopes", func(f *connection.Facts) { f.Token = given(lti.ScopeLineItem, lti.ScopeScore) }, nil},
		{"", "token", "token_client", func(f *connection.Facts) { f.Token = refused("invalid_client") }, nil},
		{"", "token", "token_refused", func(f *connection.Facts) { f.Token = refused("invalid_request") }, nil},
		{"behind the keys", "token", "above", func(f *connection.Facts) { f.Token = broken(lti.TroubleStatus) }, []connection.Cause{"our_keys_fetch"}},
		{"behind the clock, which no answer tells", "token", "above", func(f *connection.Facts) {
			f.Token = refused("Cannot handle token with iat prior to 2026-09-01T12:00:00+0000")
			f.Token.Dated, f.Keys.Dated = false, false
		}, []connection.Cause{"clock_differs"}},

		{"", "roster", "roster_fine", func(*connection.Facts) {}, nil},
		{"", "roster", "roster_nameless", func(f *connection.Facts) { f.Roster.Nameless = true }, nil},
		{"", "roster", "roster_none", func(f *connection.Facts) { f.Roster = connection.Roster{} }, nil},
		{"the last launch was before the service was allowed", "roster", "roster_off", func(f *connection.Facts) { f.Roster.Offered = false }, nil},
		{"not allowed", "roster", "above", func(f *connection.Facts) { f.Token, f.Roster.Offered = given(lti.ScopeScore, lti.ScopeLineItem), false }, []connection.Cause{"token_scopes"}},
		{"behind the token", "roster", "above", func(f *connection.Facts) { f.Token = troubled(lti.TroubleSilent) }, []connection.Cause{"net_silent"}},
		{"a web server keeps the token", "roster", "roster_unauthorized", func(f *connection.Facts) { f.Roster.Code = lti.ServiceUnauthorized }, nil},
		{"an error of the server, or nothing in time", "roster", "roster_down", func(f *connection.Facts) { f.Roster.Code = lti.ServiceUnreachable }, nil},
		{"an address of another host", "roster", "roster_elsewhere", func(f *connection.Facts) {
			f.Roster.Code, f.Roster.Host = lti.ServiceElsewhere, "other.example"
		}, nil},
		{"", "roster", "roster_refused", func(f *connection.Facts) { f.Roster.Code = lti.ServiceRefused }, nil},
		{"", "roster", "roster_gone", func(f *connection.Facts) { f.Roster.Code = lti.ServiceGone }, nil},
		{"", "roster", "roster_failed", func(f *connection.Facts) { f.Roster.Code = lti.ServiceNonsense }, nil},

		{"", "score", "score_fine", func(*connection.Facts) {}, nil},
		{"", "score", "score_none", func(f *connection.Facts) { f.Score = connection.Score{} }, nil},
		{"", "score", "score_dead", func(f *connection.Facts) { f.Score.Dead = 3 }, nil},
		{"", "score", "score_late", func(f *connection.Facts) {
			f.Score.Owed, f.Score.Code = noon.Add(-2*time.Hour), string(lti.ServiceUnreachable)
		}, nil},
		{"behind the token", "score", "above", func(f *connection.Facts) {
			f.Token = broken(lti.TroubleStatus)
			f.Score.Owed, f.Score.Code = noon.Add(-2*time.Hour), string(lti.ServiceKeys)
		}, []connection.Cause{"our_keys_fetch"}},
		{"while the site may not be asked", "score", "above", func(f *connection.Facts) {
			f.Platform.Status = lti.Disabled
			f.Score.Owed, f.Score.Code = noon.Add(-2*time.Hour), "disabled"
		}, []connection.Cause{"site_disabled"}},

		{"", "courses", "courses_fine", func(*connection.Facts) {}, nil},
		{"", "courses", "courses_none", func(f *connection.Facts) { f.Courses = connection.Courses{} }, nil},

		{"", "door", "door_fine", func(*connection.Facts) {}, nil},
		{"", "door", "door_none", func(f *connection.Facts) { f.Door = connection.Door{} }, nil},
		{"", "door", "door_waiting", func(f *connection.Facts) { f.Door.Heard = time.Time{} }, nil},
		{"", "door", "door_lost", func(f *connection.Facts) { f.Door.Heard = noon.Add(-40 * 24 * time.Hour) }, nil},
		{"installed, and not chosen", "door", "door_idle", func(f *connection.Facts) {
			f.Door.Heard, f.Door.Idle = noon.Add(-3*time.Hour), noon.Add(-2*time.Hour)
		}, nil},
		{"chosen since", "door", "door_fine", func(f *connection.Facts) { f.Door.Idle = noon.Add(-2 * time.Hour) }, nil},

		{"", "clock", "clock_fine", func(*connection.Facts) {}, nil},
		{"", "clock", "clock_ahead", func(f *connection.Facts) { f.Token.Ahead = 2 * time.Minute }, nil},
		{"", "clock", "clock_behind", func(f *connection.Facts) { f.Token.Ahead = -20 * time.Second }, nil},
		{"", "clock", "clock_differs", func(f *connection.Facts) { f.Token = refused("Expired token") }, nil},
		{"", "clock", "clock_unknown", func(f *connection.Facts) { f.Token.Dated, f.Keys.Dated = false, false }, nil},

		{"", "cookies", "cookies_fine", func(*connection.Facts) {}, nil},
		{"", "cookies", "cookies_lost", func(f *connection.Facts) { f.Frames.Lost = 60 }, nil},
		{"", "cookies", "cookies_none", func(f *connection.Facts) { f.Frames = connection.Frames{} }, nil},

		{"", "deployment", "deployment_fine", func(*connection.Facts) {}, nil},
		{"", "deployment", "deployment_first", func(f *connection.Facts) { f.Platform.Deployments = nil }, nil},
		{"", "deployment", "deployment_refused", func(f *connection.Facts) { f.Refusal = connection.Refusal{Deployment: "7", When: noon} }, nil},
	} {
		t.Run(fmt.Sprintf("%s/%s %s", c.check, c.cause, c.name), func(t *testing.T) {
			f := well()
			c.make(&f)
			var also []connection.Cause
			for _, l := range connection.Judge(f) {
				switch {
				case l.Check == c.check && l.Cause == c.cause:
					told[l.Cause] = true
				case l.Check == c.check:
					t.Errorf("told as %s %v", l.Cause, l.With)
				case l.State == connection.Wrong:
					also = append(also, l.Cause)
				}
			}
			if !slices.Equal(also, c.also) {
				t.Errorf("and also %v, want %v", also, c.also)
			}
		})
	}
	for _, c := range connection.Causes() {
		if !told[c] {
			t.Errorf("%s is never told", c)
		}
	}
}

// Whatever was seen together: a line that is hidden behind another one has one to be mended, so that nobody reads that all
// is well where nothing is known.
func TestNothingIsHiddenBehindNothing(t *testing.T) {
	tokens := []lti.TokenLook{{}, given(), given(lti.ScopeNRPS), given(lti.ScopeScore), well().Token}
	for _, code := range []string{"invalid_client", "invalid_request", "invalid_scope", "Expired token", "Cannot handle token", "No public key configured", `"kid" invalid`, "x"} {
		tokens = append(tokens, refused(code))
	}
	for _, x := range []lti.Trouble{
		lti.TroubleName, lti.TroubleAddress, lti.TroubleRefused, lti.TroubleRedirect, lti.TroublePlain, lti.TroubleCertificate,
		lti.TroubleSilent, lti.TroubleStatus, lti.TroubleNonsense,
	} {
		tokens = append(tokens, troubled(x), broken(x))
	}
	codes := []lti.ServiceCode{
		"", lti.ServiceUnreachable, lti.ServiceUnauthorized, lti.ServiceKeys, lti.ServiceNonsense, lti.ServiceRefused, lti.ServiceElsewhere,
		lti.ServiceGone, lti.ServiceTooLarge, "disabled", "internal",
	}
	for _, token := range tokens {
		for _, status := range []lti.Status{lti.Active, lti.Disabled} {
			for _, code := range codes {
				for _, offered := range []bool{true, false} {
					for _, dated := range []bool{true, false} {
						f := well()
						f.Token, f.Platform.Status = token, status
						f.Token.Dated, f.Keys.Dated = dated, dated
						f.Roster.Offered, f.Roster.Code = offered, code
						f.Score.Owed, f.Score.Code = noon.Add(-2*time.Hour), string(code)
						lines := connection.Judge(f)
						if slices.ContainsFunc(lines, func(l connection.Line) bool { return l.Cause == "above" }) && connection.Bad(lines) == 0 {
							t.Errorf("nothing is wrong, and something is hidden: %+v of %+v", lines, f)
						}
					}
				}
			}
		}
	}
}

// What stands in the words is what somebody needs for the step.
func TestStepsNameWhatTheyNeed(t *testing.T) {
	for cause, c := range map[connection.Cause]struct {
		make func(f *connection.Facts)
		with map[string]string
	}{
		"score_late": {func(f *connection.Facts) { f.Score.Owed, f.Score.Code = noon.Add(-2*time.Hour), "ungradable" },
			map[string]string{"Command": "ltipolicy score list -platform p1", "Code": "ungradable", "Time": "2026-09-01T10:00:00Z"}},
		"courses_none": {func(f *connection.Facts) { f.Courses = connection.Courses{} },
			map[string]string{"Lines": "\nltipolicy_begin=$CourseSection.timeFrame.begin\nltipolicy_country=$Person.address.country\nltipolicy_end=$CourseSection.timeFrame.end\n" +
				"ltipolicy_groups=$Moodle.Person.userGroupIds\nltipolicy_history=$Context.id.history\nltipolicy_timezone=$Person.address.timezone"}},
		"score_dead": {func(f *connection.Facts) { f.Score.Dead = 3 }, map[string]string{"Command": "ltipolicy score list -platform p1", "Number": "3"}},
		"net_redirect": {func(f *connection.Facts) {
			f.Keys.Trouble, f.Keys.Err = lti.TroubleRedirect, errors.Join(&lti.AddressError{Host: "www.moodle.example"})
		}, map[string]string{"Address": "https://moodle.example/mod/lti/certs.php", "Target": "www.moodle.example"}},
		"our_keys_host": {func(f *connection.Facts) { f.Token, f.Host = broken(lti.TroubleStatus), at("10.0.0.7") },
			map[string]string{"Host": "policies.example", "IP": "10.0.0.7", "Range": "10.0.0.0/8"}},
		"roster_elsewhere": {func(f *connection.Facts) { f.Roster.Code, f.Roster.Host = lti.ServiceElsewhere, "other.example" },
			map[string]string{"Host": "other.example", "Address": "https://moodle.example"}},
	} {
		f := well()
		c.make(&f)
		for _, l := range connection.Judge(f) {
			for name, want := range c.with {
				if l.Cause == cause && l.With[name] != want {
					t.Errorf("%s of %s is %q, want %q", name, cause, l.With[name], want)
				}
			}
		}
	}
}
