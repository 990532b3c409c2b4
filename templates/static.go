package templates

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
)

//go:embed static
var staticFiles embed.FS

// staticPrefix is where the web layer serves the files.
const staticPrefix = "/static/"

// staticTypes are the only kinds of file that are served, with their content types: no guessing from content.
var staticTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
	".txt": "text/plain; charset=utf-8",
}

type staticFile struct {
	content     []byte
	contentType string
}

type statics struct {
	addresses map[string]string     // by plain name
	files     map[string]staticFile // by address
}

func loadStatics() (*statics, error) {
	s := &statics{addresses: map[string]string{}, files: map[string]staticFile{}}
	err := fs.WalkDir(staticFiles, "static", func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := staticFiles.ReadFile(file)
		if err != nil {
			return err
		}
		typ, ok := staticTypes[path.Ext(file)]
		if !ok || s.addresses[e.Name()] != "" {
			return fmt.Errorf("%s: kind of file not served, or a second one of this name", file)
		}
		sum := sha256.Sum256(b)
		address := staticPrefix + hex.EncodeToString(sum[:8]) + "/" + e.Name()
		s.addresses[e.Name()] = address
		s.files[address] = staticFile{content: b, contentType: typ}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (s *statics) address(name string) string { return s.addresses[name] }
