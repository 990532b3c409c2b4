package ltitest

import (
	"strings"
	"testing"
	"time"
)

func suiteTarget(role string) Target {
	now := func() time.Time { return time.Unix(1795316391, 0) }
	return NewSuite(siteKey(), now).Target(role, toolOrigin+"/launch", "nonce-1", "state-1")
}

func TestSuiteHasAllCases(t *testing.T) {
	bad, valid := BadLaunches(), ValidLaunches()
	if len(bad) != 24 || len(valid) != 18 {
		t.Errorf("%d bad, %d valid", len(bad), len(valid))
	}
	for _, c := range bad {
		if len(c.Codes) == 0 || c.Token(suiteTarget(c.Role)) == suiteTarget(c.Role).Token() {
			t.Errorf("%s %s differs in nothing", c.ID, c.Role)
		}
	}
	for _, c := range valid {
		_, claims := taken(t, c.Token(suiteTarget(c.Role)))
		_, name := claims["name"]
		_, email := claims["email"]
		_, context := claims[ClaimContext]
		if name != c.Name || email != c.Email || context != c.Context || c.Instructor && c.Learner {
			t.Errorf("%s %s: name %v, email %v, context %v", c.Title, c.Role, name, email, context)
		}
	}
}

func TestAttacksAreDistinct(t *testing.T) {
	f := recordedSite(t)
	target, err := f.Target(Launch{PersonID: 3, CMID: 2, Nonce: "nonce-1"}, "state-1")
	if err != nil {
		t.Fatal(err)
	}
	valid := target.Token()
	taken(t, valid)
	seen := map[string]bool{}
	for _, a := range Attacks() {
		if seen[a.Name] {
			t.Errorf("%s is there twice", a.Name)
		}
		seen[a.Name] = true
		form := a.Form(target)
		if a.Token == nil && form.Get("state") == "state-1" && form.Get("id_token") == valid && len(form) == 2 && len(form["id_token"]) == 1 {
			t.Errorf("%s posts what a platform would", a.Name)
		}
		if a.Token != nil && form.Get("id_token") == "" {
			t.Errorf("%s has no token", a.Name)
		}
	}
	if !strings.Contains(string(asciiJSON(seen)), "alg none") || len(seen) < 60 {
		t.Errorf("%d attacks", len(seen))
	}
}

func TestRawBytesSurviveSigning(t *testing.T) {
	target := suiteTarget(Learner)
	for name, token := range map[string]string{"name": BrokenName(target), "sub": BrokenSubject(target)} {
		parts := strings.Split(token, ".")
		if !strings.Contains(parts[1], "_") && !strings.Contains(parts[1], "-") {
			t.Errorf("%s: no such bytes in %s", name, parts[1])
		}
	}
	if len(HugeToken(target)) <= 1<<20 {
		t.Error("not huge")
	}
}
