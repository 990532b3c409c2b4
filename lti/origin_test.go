package lti

import "testing"

// Two Moodles may stand below one host. What carries a token goes to the one that it is for, however an address is
// written.
func TestServicesOfAPlatformAreBelowItsOwnAddress(t *testing.T) {
	below := Platform{Issuer: "https://campus.test/one", AuthURL: "https://campus.test/one/mod/lti/auth.php"}
	root := Platform{Issuer: "https://campus.test", AuthURL: "https://campus.test/mod/lti/auth.php"}
	other := Platform{Issuer: "https://lms.test", AuthURL: "https://sso.lms.test/api/lti/authorize"}
	tenant := Platform{Issuer: "https://lms.test/tenant", AuthURL: "https://lms.test/tenant/authorize"}
	for _, tt := range []struct {
		name     string
		platform Platform
		address  string
		want     bool
	}{
		{"its service", below, "https://campus.test/one/mod/lti/services.php/2/lineitems?type_id=1", true},
		{"with the port that is usual", below, "https://CAMPUS.test:443/one/mod/lti/services.php/2", true},
		{"a neighbour's", below, "https://campus.test/two/mod/lti/services.php/2", false},
		{"a neighbour's whose path begins alike", below, "https://campus.test/one2/mod/lti/services.php/2", false},
		{"that of the host", below, "https://campus.test/mod/lti/services.php/2", false},
		{"a neighbour's below it", root, "https://campus.test/two/mod/lti/services.php/2", false},
		{"its service at the top", root, "https://campus.test/mod/lti/services.php/2", true},
		{"another part of it", below, "https://campus.test/one/local/evil.php", false},
		{"by dots", below, "https://campus.test/one/mod/lti/../../../two/mod/lti/services.php", false},
		{"by dots that are escaped", below, "https://campus.test/one/mod/lti/%2e%2e/%2E%2e/two", false},
		{"by slashes that are escaped", below, "https://campus.test/one/mod/lti/..%2f..%2f..%2ftwo", false},
		{"by backslashes", below, `https://campus.test/one/mod/lti/..%5c..%5ctwo`, false},
		{"by a parameter of the path", below, "https://campus.test/one/mod/lti/..;/two", false},
		{"another port", below, "https://campus.test:8443/one/mod/lti/services.php", false},
		{"without TLS", below, "http://campus.test/one/mod/lti/services.php", false},
		{"with a user", below, "https://x@campus.test/one/mod/lti/services.php", false},
		{"another host", below, "https://evil.test/one/mod/lti/services.php", false},
		{"none", below, "%zz", false},
		{"no Moodle, at its issuer", other, "https://lms.test/api/members", true},
		{"no Moodle, where people log in", other, "https://sso.lms.test/api/members", true},
		{"no Moodle, elsewhere", other, "https://x.lms.test/api/members", false},
		{"a tenant's", tenant, "https://lms.test/tenant/members", true},
		{"another tenant's", tenant, "https://lms.test/others/members", false},
	} {
		if got := tt.platform.ownService(tt.address); got != tt.want {
			t.Errorf("%s: %s: %v", tt.name, tt.address, got)
		}
	}
}
