package policy_test

import (
	"testing"

	"ltipolicy/policy"

	"github.com/google/go-cmp/cmp"
)

func TestImportHTMLMovesHeadingsUnderThePage(t *testing.T) {
	h, err := policy.ImportHTML(`<html><head><title>x</title></head><body><h1>A</h1><h2>B</h2><p>c</p></body></html>`)
	if err != nil || h != "<h2>A</h2><h3>B</h3><p>c</p>" {
		t.Errorf("%s %v", h, err)
	}
}

func TestSplitPage(t *testing.T) {
	all := seeds(t)
	for file, want := range map[string][]string{"000_9ac8c3c08480e12c.txt": {"P1"}, "002_c31bf6d5a8d7f60f.txt": {"P3", "P4", "P5"}} {
		list, lang, found, ok := policy.SplitPage(document(t, file))
		if !ok || len(list) != len(want) {
			t.Fatalf("%s: %v %d", file, ok, len(list))
		}
		for i, id := range want {
			s := all[id]
			if d := cmp.Diff(policy.Listed{Name: s.Name, Type: s.Type, Summary: s.summary, Content: s.content}, list[i]); d != "" || lang != s.Lang {
				t.Errorf("%s %s: %s", id, lang, d)
			}
		}
		if glued := has(found, policy.FoundGlued, "Santrauka"); glued != (len(want) == 3) {
			t.Errorf("%s: %v", file, found)
		}
	}
	if _, _, _, ok := policy.SplitPage(document(t, "001_7ef44d363c660210.txt")); ok {
		t.Error("a single policy is no list")
	}
}

func FuzzImportText(f *testing.F) {
	f.Add("1. A\n\nb (1)\n • c\n  • d\n\n 1. e\n")
	f.Add("Cookie name Purpose\n__a b\n\nc\nhttps://x.example/\n")
	f.Add("- a:\n*b\n*c\n- d")
	f.Fuzz(func(t *testing.T, src string) {
		h, _ := policy.ImportText(src, "en")
		if _, _, err := policy.Sanitize(h); err != nil && len(h) < policy.MaxText {
			t.Fatal(err)
		}
	})
}
