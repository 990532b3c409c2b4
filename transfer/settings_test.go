package transfer

import (
	"testing"

	"ltipolicy/policy"
	"ltipolicy/policy/policytest"
	"ltipolicy/policy/source"
)

// Every setting of a version is written into a policy's files and read from them again.
func TestEverySettingTravelsInFiles(t *testing.T) {
	for _, setting := range policytest.Settings(t) {
		plain, err := sourceOf(policy.Policy{Slug: "rules"}, setting.Version()).Files()
		if err != nil {
			t.Fatal(err)
		}
		want := setting.Version()
		setting.Change(&want)
		files, err := sourceOf(policy.Policy{Slug: "rules"}, want).Files()
		if err != nil {
			t.Errorf("%s is written into a policy's file as it cannot be read: policy/source/files.go has its key in settings and reads it in set: %v", setting.Field, err)
			continue
		}
		if string(files["en.html"]) == string(plain["en.html"]) {
			t.Errorf("%s is not written into a policy's file: put it into pairs of policy/source/files.go", setting.Field)
			continue
		}
		src, err := source.New("rules", files)
		if err != nil {
			t.Errorf("%s is written into a policy's file and not known there: add its key to settings of policy/source/files.go: %v", setting.Field, err)
			continue
		}
		got, _, err := src.Version(t.Context())
		if err != nil {
			t.Errorf("%s is not read from a policy's file: read it in set of policy/source/files.go: %v", setting.Field, err)
			continue
		}
		if !setting.Same(got, want) {
			t.Errorf("%s is not read from a policy's file: read it in set of policy/source/files.go\n%s", setting.Field, files["en.html"])
		}
	}
}
