package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// What a form may bring as files beside what stands in its texts.
const (
	maxFiles     = 20
	maxFileBytes = 6 << 20 // of all together
)

// uploaded reads an image that a form brought.
func uploaded(ctx context.Context, h *multipart.FileHeader) (policy.Image, error) {
	f, err := h.Open()
	if err != nil {
		return policy.Image{}, fmt.Errorf("reading an uploaded image: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	raw, err := io.ReadAll(io.LimitReader(f, source.MaxImage+1))
	if err != nil {
		return policy.Image{}, fmt.Errorf("reading an uploaded image: %w", err)
	}
	return source.NewImage(ctx, raw)
}

// addImage stores an image for the editor's script, which puts its address into a text. One whose text is never
// saved is shown by none, and swept.
func (o *Office) addImage(w http.ResponseWriter, r *http.Request, a administrator) error {
	if r.MultipartForm == nil || len(r.MultipartForm.File[imageField]) != 1 {
		return policy.E(policy.ErrInvalid, "").Because(errors.New("want one image"))
	}
	i, err := uploaded(r.Context(), r.MultipartForm.File[imageField][0])
	if err != nil {
		return err
	}
	if err := o.store.AddImages(r.Context(), a.who(), []policy.Image{i}); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(map[string]any{"address": i.Address(), "width": i.Width, "height": i.Height})
}

// readDraft is readEdit with the documents and images that the form brings: as files beside a text, or in it.
func (o *Office) readDraft(r *http.Request, a administrator, planned time.Time, stored policy.Version) (editForm, []templates.EditProblem, []templates.EditFinding, error) {
	taken, err := o.takeDocuments(r, a)
	if err != nil {
		return editForm{}, nil, nil, err
	}
	refused, err := o.takeUploads(r, a)
	if err != nil {
		return editForm{}, nil, nil, err
	}
	refused = append(taken, refused...)
	f, problems, findings, err := readEdit(r.Context(), r.PostForm, o.Now(), planned, o.headingsOf(stored))
	if err != nil {
		return f, nil, nil, err
	}
	if err := o.store.AddImages(r.Context(), a.who(), f.version.Images); err != nil {
		return f, nil, nil, err
	}
	for n, t := range f.version.Texts {
		gone, err := o.store.MissingImages(r.Context(), policy.ImagesIn(t))
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
// says which ones cannot be kept. What is more than a form may bring is not looked at.
func (o *Office) takeUploads(r *http.Request, a administrator) ([]templates.EditFinding, error) {
	var refused []templates.EditFinding
	if r.MultipartForm == nil {
		return nil, nil
	}
	files, bytes, over := 0, int64(0), 0
	for n := range maxTexts {
		get := func(name string) string { return strings.TrimSpace(r.PostForm.Get(templates.EditField(name, n))) }
		for _, h := range r.MultipartForm.File[templates.EditField(uploadField, n)] {
			if h.Size == 0 && h.Filename == "" {
				continue // the field was left empty
			}
			if files, bytes = files+1, bytes+h.Size; files > maxFiles || bytes > maxFileBytes {
				over++
				continue
			}
			i, err := uploaded(r.Context(), h)
			if errors.Is(err, policy.ErrInvalid) || errors.Is(err, policy.ErrTooLarge) {
				refused = append(refused, templates.EditFinding{
					Lang: get("lang"), Name: get("name"), Finding: source.Finding{Code: source.ImageFinding(err), Detail: h.Filename, Count: 1},
				})
				continue
			}
			if err == nil {
				err = o.store.AddImages(r.Context(), a.who(), []policy.Image{i})
			}
			if err != nil {
				return nil, err
			}
			r.PostForm.Set(templates.EditField(imageField, n), source.Element(i, get(altField)))
		}
	}
	if over > 0 {
		refused = append(refused, templates.EditFinding{Finding: source.Finding{Code: source.FoundImageMany, Count: over}})
	}
	return refused, nil
}

// documentField is a document as a file, for the full text of this number; and ours for what was made of it, see
// takeDocuments.
const documentField = "document"

// takeDocuments makes texts of the documents that came as files and puts each into a field beside its text, whose content
// it becomes. Each is a finding, so that it is seen before anything is saved.
func (o *Office) takeDocuments(r *http.Request, a administrator) ([]templates.EditFinding, error) {
	if r.MultipartForm == nil {
		return nil, nil
	}
	var all []templates.EditFinding
	var allowance source.Allowance
	for n := range maxTexts {
		field := templates.EditField(documentField, n)
		r.PostForm.Del(field)
		h := chosen(r, n)
		if h == nil {
			continue
		}
		safe, found, err := o.document(r.Context(), a, h, &allowance)
		if err != nil {
			return nil, err
		}
		if safe != "" {
			r.PostForm.Set(field, string(safe))
			found = append([]source.Finding{{Code: source.FoundDocument, Detail: h.Filename, Count: 1}}, found...)
		}
		get := func(name string) string { return strings.TrimSpace(r.PostForm.Get(templates.EditField(name, n))) }
		for _, f := range found {
			all = append(all, templates.EditFinding{Lang: get("lang"), Name: get("name"), Finding: f})
		}
	}
	return all, nil
}

// chosen is the document that came with the text n, nil if none did.
func chosen(r *http.Request, n int) *multipart.FileHeader {
	if r.MultipartForm == nil {
		return nil
	}
	for _, h := range r.MultipartForm.File[templates.EditField(documentField, n)] {
		if h.Size > 0 || h.Filename != "" {
			return h
		}
	}
	return nil
}

// document is what is made of a document, whose images are stored. One that cannot be taken is a finding, and no text.
func (o *Office) document(ctx context.Context, a administrator, h *multipart.FileHeader, of *source.Allowance) (policy.SafeHTML, []source.Finding, error) {
	f, err := h.Open()
	if err != nil {
		return "", nil, fmt.Errorf("reading an uploaded document: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	raw, err := io.ReadAll(io.LimitReader(f, source.MaxDocument+1))
	if err != nil {
		return "", nil, fmt.Errorf("reading an uploaded document: %w", err)
	}
	safe, images, found, err := source.FromDocument(ctx, raw, of)
	if errors.Is(err, policy.ErrInvalid) || errors.Is(err, policy.ErrTooLarge) {
		return "", []source.Finding{{Code: source.DocumentFinding(err), Detail: h.Filename, Count: 1}}, nil
	}
	if err != nil {
		return "", nil, err
	}
	return safe, found, o.store.AddImages(ctx, a.who(), images)
}

// offerDocument is what is made of the document that came with what is typed, nil if none did.
func (o *Office) offerDocument(r *http.Request, a administrator, t typedText) (*templates.Repair, error) {
	h := chosen(r, t.n)
	if h == nil {
		return nil, nil
	}
	safe, found, err := o.document(r.Context(), a, h, nil)
	if err != nil {
		return nil, err
	}
	offered := offer(a, t.lang, safe, found)
	offered.Document = true
	return offered, nil
}
