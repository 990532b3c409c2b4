package launch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"ltipolicy/policy"
	"ltipolicy/policy/source"
	"ltipolicy/templates"
)

// The fields by which images come into a draft.
const (
	uploadField = "upload" // a file, for the end of the text of this number
	altField    = "alt"    // what it shows
	imageField  = "image"  // what was made of it: ours, see takeUploads
)

// parseUpload reads a posted form that may bring files. All of it stays in memory, which limitBody bounds.
func parseUpload(r *http.Request) error {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "multipart/form-data" {
		return parseForm(r)
	}
	err := r.ParseMultipartForm(maxDraft)
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return err
	}
	return policy.E(policy.ErrInvalid, "").Because(err)
}

// uploaded reads an image that a form brought.
func uploaded(h *multipart.FileHeader) (policy.Image, error) {
	f, err := h.Open()
	if err != nil {
		return policy.Image{}, fmt.Errorf("reading an uploaded image: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	raw, err := io.ReadAll(io.LimitReader(f, source.MaxImage+1))
	if err != nil {
		return policy.Image{}, fmt.Errorf("reading an uploaded image: %w", err)
	}
	return source.NewImage(raw)
}

// addImage stores an image for the editor's script, which puts its address into a text. One whose text is never
// saved is shown by none, and swept.
func (s *Server) addImage(w http.ResponseWriter, r *http.Request, a admin) error {
	if r.MultipartForm == nil || len(r.MultipartForm.File[imageField]) != 1 {
		return policy.E(policy.ErrInvalid, "").Because(errors.New("want one image"))
	}
	i, err := uploaded(r.MultipartForm.File[imageField][0])
	if err != nil {
		return err
	}
	if err := s.store.AddImages(r.Context(), a.who(), []policy.Image{i}); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(map[string]any{"address": i.Address(), "width": i.Width, "height": i.Height})
}

// readDraft is readEdit with the images that the form brings: as files beside a text, or in it.
func (s *Server) readDraft(r *http.Request, a admin, planned time.Time) (editForm, []templates.EditProblem, []templates.EditFinding, error) {
	refused, err := s.takeUploads(r, a)
	if err != nil {
		return editForm{}, nil, nil, err
	}
	f, problems, findings := readEdit(r.PostForm, s.now(), planned)
	if err := s.store.AddImages(r.Context(), a.who(), f.version.Images); err != nil {
		return f, nil, nil, err
	}
	for n, t := range f.version.Texts {
		gone, err := s.store.MissingImages(r.Context(), policy.ImagesIn(t))
		if err != nil {
			return f, nil, nil, err
		}
		if len(gone) > 0 {
			problems = append(problems, templates.EditProblem{Key: "admin.problem.image", At: "text-" + strconv.Itoa(n)})
		}
	}
	return f, problems, append(refused, findings...), nil
}

// takeUploads stores the images that came as files, puts each as a paragraph into a field beside its text, and
// says which ones cannot be kept.
func (s *Server) takeUploads(r *http.Request, a admin) ([]templates.EditFinding, error) {
	var refused []templates.EditFinding
	if r.MultipartForm == nil {
		return nil, nil
	}
	for n := range maxTexts {
		get := func(name string) string { return strings.TrimSpace(r.PostForm.Get(templates.EditField(name, n))) }
		for _, h := range r.MultipartForm.File[templates.EditField(uploadField, n)] {
			if h.Size == 0 && h.Filename == "" {
				continue // the field was left empty
			}
			i, err := uploaded(h)
			if errors.Is(err, policy.ErrInvalid) || errors.Is(err, policy.ErrTooLarge) {
				refused = append(refused, templates.EditFinding{
					Lang: get("lang"), Name: get("name"), Finding: source.Finding{Code: source.ImageFinding(err), Detail: h.Filename, Count: 1},
				})
				continue
			}
			if err == nil {
				err = s.store.AddImages(r.Context(), a.who(), []policy.Image{i})
			}
			if err != nil {
				return nil, err
			}
			r.PostForm.Set(templates.EditField(imageField, n), source.Element(i, get(altField)))
		}
	}
	return refused, nil
}

// image serves an image of a policy text to anybody, without a session: texts in force are public, frames
// without cookies show them, too, and the address of a draft's image can be guessed no better than a key. What
// an address leads to never changes.
func (s *Server) image(w http.ResponseWriter, r *http.Request) error {
	digest := r.PathValue("digest")
	if !policy.IsImageDigest(digest) {
		return policy.E(policy.ErrNotFound, "")
	}
	i, err := s.store.Image(r.Context(), digest)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", i.Type)
	h.Set("ETag", `"`+i.Digest+`"`)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	// Whoever opens it by itself gets a picture and nothing that could run, whatever its bytes may also be.
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(i.Data))
	return nil
}
