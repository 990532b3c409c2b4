package transfer

import (
	"io"
	"strings"
	"testing"
	"testing/fstest"

	"ltipolicy/store/storetest"
)

// Who loads a folder in which there is no policy learns so, and what lies there instead.
func TestLoadingNothingIsAnError(t *testing.T) {
	db := storetest.New(t)
	file := &fstest.MapFile{Data: []byte("---\n")}
	for name, c := range map[string]struct {
		dir  fstest.MapFS
		want string
	}{
		"an empty folder":         {fstest.MapFS{}, "this one is empty"},
		"the policy's own folder": {fstest.MapFS{"en.txt": file, "README.md": file}, "passed over: README.md, en.txt"},
		"endings of other kinds":  {fstest.MapFS{"rules/en.htm": file, "rules/ro.TXT": file}, "passed over: rules/"},
	} {
		err := Load(t.Context(), db, "c1", c.dir, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), "no policy found") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
