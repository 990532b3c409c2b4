package connection

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"ltipolicy/lti"
)

// network is the line of an address that could not be read.
func network(l lti.Look) (Line, bool) {
	causes := map[lti.Trouble]Cause{
		lti.TroubleName: "net_name", lti.TroubleAddress: "net_address", lti.TroubleRefused: "net_refused",
		lti.TroubleRedirect: "net_redirect", lti.TroublePlain: "net_plain", lti.TroubleCertificate: "net_certificate",
		lti.TroubleSilent: "net_silent", lti.TroubleStatus: "net_status", lti.TroubleNonsense: "net_nonsense",
	}
	cause, bad := causes[l.Trouble]
	if !bad {
		return Line{}, false
	}
	target := ""
	if e, ok := errors.AsType[*lti.AddressError](l.Err); ok {
		target = e.Host
	}
	return found(cause, "Host", host(l.Address), "Address", l.Address, "Status", strconv.Itoa(l.Status), "Target", target), true
}

func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Host
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
	ip, blocked := refusedByDefault(f.Host, f.Site)
	with := []string{"Address", f.KeySet, "Host", u.Hostname(), "Port", port, "IP", ip, "Range", blocked}
	badPort := port != "80" && port != "443"
	switch {
	case badPort && blocked != "":
		return found("our_keys_both", with...)
	case badPort:
		return found("our_keys_port", with...)
	case blocked != "":
		return found("our_keys_host", with...)
	case slices.Contains(wrongHere, f.Own.Trouble):
		return found("our_keys_own", with...)
	}
	return found("our_keys_fetch", with...)
}

// wrongHere is what others meet, too, where the tool meets it at its own address. That it does not find the address, may
// not go there or gets no answer says nothing of them: the way from inside to an address outside is often closed.
var wrongHere = []lti.Trouble{lti.TroubleCertificate, lti.TroubleStatus, lti.TroubleNonsense, lti.TroubleRedirect}

// blockedHosts is what stands in Moodle's "cURL blocked hosts list" as it is delivered.
var blockedHosts = []string{"127.0.0.0/8", "192.168.0.0/16", "10.0.0.0/8", "172.16.0.0/12", "0.0.0.0/32", "169.254.169.254/32", "::1/128"}

// refusedByDefault is the first address of the tool that Moodle refuses as it is delivered, and the line that says so. A
// machine's list of hosts often has its own name at an address of its own, which is Moodle's only on the same machine.
func refusedByDefault(tool, site []netip.Addr) (ip, by string) {
	together := slices.ContainsFunc(site, netip.Addr.IsLoopback)
	for _, a := range tool {
		if a = a.Unmap(); a.IsLoopback() && !together {
			continue
		}
		for _, b := range blockedHosts {
			if netip.MustParsePrefix(b).Contains(a) {
				by, _ = strings.CutSuffix(b, "/32")
				return a.String(), strings.Replace(by, "::1/128", "0000::1", 1)
			}
		}
	}
	return "", ""
}
