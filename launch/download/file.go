package download

import (
	"errors"
	"mime"
	"net/http"
	"time"
)

// File is a download on its way to a browser. It holds the first bytes back, so that what fails early can still
// become a page.
type File struct {
	w        http.ResponseWriter
	kind     string // content type
	name     string // of the file
	patience time.Duration
	buffer   []byte
	begun    bool
}

const (
	// keptBytes are held back before anything is sent.
	keptBytes = 32 << 10
	// partPatience is how long a reader may take for each part of a download. The server bounds whole answers,
	// which on a slow line would end a long list in its middle.
	partPatience = time.Minute
)

// newFile begins a download of a content type under a name.
func newFile(w http.ResponseWriter, kind, name string) *File {
	return &File{w: w, kind: kind, name: name, patience: partPatience}
}

// Write keeps b, or sends it with what was kept once that is enough.
func (f *File) Write(b []byte) (int, error) {
	f.buffer = append(f.buffer, b...)
	if len(f.buffer) < keptBytes {
		return len(b), nil
	}
	return len(b), f.flush()
}

func (f *File) flush() error {
	if !f.begun {
		f.begun = true
		f.w.Header().Set("Content-Type", f.kind)
		f.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.name}))
	}
	until := time.Now().Add(f.patience) // the connection's time, whatever the tool's is
	if err := http.NewResponseController(f.w).SetWriteDeadline(until); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	_, err := f.w.Write(f.buffer)
	f.buffer = f.buffer[:0]
	return err
}

// Begun reports whether anything was sent.
func (f *File) Begun() bool { return f.begun }

// Again forgets what was written, and reports whether that is possible: not once something was sent.
func (f *File) Again() bool {
	f.buffer = f.buffer[:0]
	return !f.begun
}

// End writes the end of a table and sends what is left.
func (f *File) End(t Table) error {
	if err := t.End(); err != nil {
		return err
	}
	return f.flush()
}
