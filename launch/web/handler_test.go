package web

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ltipolicy/policy"
	"ltipolicy/templates"
)

// TestEveryRefusedAnswerSaysWhy: each reason for which the rules refuse an answer is the code of its page, the page says
// it in words of its own, and operators find what it means. So they do for each kind of error.
func TestEveryRefusedAnswerSaysWhy(t *testing.T) {
	pages, err := templates.New()
	if err != nil {
		t.Fatal(err)
	}
	general := templates.ErrorPage{Page: templates.Page{Locale: pages.Locale("en", "", "")}, Code: "internal"}
	reasons := map[string]bool{}
	for _, room := range []string{"../../policy", "../../store"} {
		files, err := filepath.Glob(room + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("%d files in %s, %v", len(files), room, err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`E\(\w*\.?Err\w+, "(answer\.\w+)"`).FindAllStringSubmatch(string(b), -1) {
				reasons[m[1]] = true
			}
		}
	}
	if len(reasons) < 10 {
		t.Fatalf("only %d reasons found", len(reasons))
	}
	doc, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, codes, _ := strings.Cut(string(doc), "\n## What the codes mean\n")
	explained := func(code string) {
		t.Helper()
		if !regexp.MustCompile("(?m)^\\|[^|]*`" + regexp.QuoteMeta(code) + "`").MatchString(codes) {
			t.Errorf("docs/operations.md says nothing of the code %s below \"What the codes mean\"", code)
		}
	}
	for _, k := range kinds {
		explained(k.code)
	}
	for reason := range reasons {
		explained(reason)
		_, code, _ := Classify(policy.E(policy.ErrInvalid, reason))
		if code != reason {
			t.Errorf("%s: its page has the code %s", reason, code)
		}
		p := general
		if p.Code = code; p.TitleKey() == general.TitleKey() || p.HelpKey() == general.HelpKey() {
			t.Errorf("%s: its page says %q and %q; give it a text \"error.%s\" and a line in errorHelp of package templates",
				reason, p.TitleKey(), p.HelpKey(), reason)
		}
	}
}
