package run

import (
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"strings"

	"ltipolicy/launch"
)

// Contact reads whom somebody tells who found a hole in this installation, for /.well-known/security.txt: addresses
// (mailto: or https) and tags of languages, each with commas between, and the https address of a policy. Without
// addresses it is nobody. Its error says what is wanted.
func Contact(addresses, languages, policy string) (launch.Contact, error) {
	var c launch.Contact
	if addresses == "" {
		if policy != "" {
			return c, fmt.Errorf("a security policy needs a security contact")
		}
		return c, nil
	}
	for a := range strings.SplitSeq(addresses, ",") {
		if a = strings.TrimSpace(a); !isMailAddress(a) && !isWebAddress(a) {
			return launch.Contact{}, fmt.Errorf("security contact %q: want mailto:NAME@HOST or https://…", a)
		}
		c.Addresses = append(c.Addresses, a)
	}
	var tags []string
	for tag := range strings.SplitSeq(languages, ",") {
		if tag = strings.TrimSpace(tag); !languageTag.MatchString(tag) {
			return launch.Contact{}, fmt.Errorf("language %q of the security contact: want a tag such as en or pt-BR", tag)
		}
		tags = append(tags, tag)
	}
	c.Languages = strings.Join(tags, ", ")
	if c.Policy = policy; policy != "" && !isWebAddress(policy) {
		return launch.Contact{}, fmt.Errorf("security policy %q: want https://…", policy)
	}
	return c, nil
}

var (
	languageTag = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)
	oneLine     = regexp.MustCompile(`^[!-~]+$`) // RFC 9116 knows no others in an address
)

func isMailAddress(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "mailto" || !oneLine.MatchString(s) {
		return false
	}
	_, err = mail.ParseAddress(u.Opaque)
	return err == nil
}

func isWebAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && oneLine.MatchString(s)
}
