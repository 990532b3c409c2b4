package templates

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"path"
)

//go:embed static/*
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
	entries, err := staticFiles.ReadDir("static")
	if err != nil {
		return nil, err
	}
	s := &statics{addresses: map[string]string{}, files: map[string]staticFile{}}
	for _, e := range entries {
		b, err := staticFiles.ReadFile("static/" + e.Name())
		if err != nil {
			return nil, err
		}
		ext := path.Ext(e.Name())
		typ, ok := staticTypes[ext]
		if !ok {
			return nil, fmt.Errorf("%s: kind of file not served", e.Name())
		}
		sum := sha256.Sum256(b)
		address := staticPrefix + hex.EncodeToString(sum[:8]) + "/" + e.Name()
		s.addresses[e.Name()] = address
		s.files[address] = staticFile{content: b, contentType: typ}
	}
	return s, nil
}

func (s *statics) address(name string) string { return s.addresses[name] }
