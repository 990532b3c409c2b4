package source

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"ltipolicy/policy"
	"ltipolicy/policy/markup"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// MaxImages is how many images texts may bring along at once, see [Allowance].
const MaxImages = 50

// Allowance counts the images that several texts bring along, such as those of one form: together not more than
// [MaxImages]. The zero value has them all left. It is not safe for concurrent use.
type Allowance struct{ used int }

// TakeImages takes the images that a text brings along out of it: those in data: addresses, and, if files is
// not nil, those that it names by a file's name; their addresses stand in the text then, with their sizes
// where it tells none. Data that cannot be kept goes, with a finding. Everything else, images of other sites
// among it, is for [Sanitize], through which the result has to go.
//
// Only names that files holds can be had: no path leads anywhere else. A file that it does not hold or that
// cannot be kept is ErrInvalid, and so is a text that cannot be parsed. The images count against of; nil: the text has an
// allowance of its own. ErrUnavailable: there was no room to decode one, see [NewImage].
func TakeImages(ctx context.Context, src string, files map[string][]byte, of *Allowance) (string, []policy.Image, []Finding, error) {
	if !strings.Contains(strings.ToLower(src), "<img") {
		return src, nil, nil, nil
	}
	root, err := markup.Parse(src)
	if err != nil {
		return "", nil, nil, err
	}
	if of == nil {
		of = &Allowance{}
	}
	t := taker{ctx: ctx, files: files, of: of, taken: map[string]bool{}, known: map[[sha256.Size]byte]policy.Image{}}
	t.children(root)
	if t.err != nil || !t.changed {
		return src, nil, nil, t.err
	}
	out, err := markup.Render(root)
	return out, t.images, t.findings(), err
}

type taker struct {
	tally
	ctx     context.Context //nolint:containedctx // of one call
	files   map[string][]byte
	of      *Allowance
	images  []policy.Image
	taken   map[string]bool
	known   map[[sha256.Size]byte]policy.Image // by the bytes that it was made of
	changed bool
	err     error
}

func (t *taker) children(n *html.Node) {
	for k := n.FirstChild; k != nil; {
		next := k.NextSibling
		if k.DataAtom == atom.Img {
			t.image(n, k)
		} else {
			t.children(k)
		}
		k = next
	}
}

func (t *taker) image(parent, k *html.Node) {
	src := strings.TrimSpace(markup.Attr(k, "src"))
	raw, ok, err := t.read(src)
	if !ok || t.err != nil {
		return
	}
	t.changed = true
	var i policy.Image
	if err == nil {
		i, err = t.make(raw)
	}
	if errors.Is(err, policy.ErrUnavailable) {
		t.err = err
		return
	}
	if err != nil && !isData(src) {
		t.err = policy.E(policy.ErrInvalid, "policy.file").Because(fmt.Errorf("the image file %q: %w", src, err))
		return
	}
	if err != nil {
		t.add(ImageFinding(err), 0, markup.Squeeze(markup.Attr(k, "alt")))
		parent.RemoveChild(k)
		return
	}
	markup.SetAttr(k, "src", i.Address())
	if markup.Attr(k, "width") == "" && markup.Attr(k, "height") == "" {
		markup.SetAttr(k, "width", strconv.Itoa(i.Width))
		markup.SetAttr(k, "height", strconv.Itoa(i.Height))
	}
	if !t.taken[i.Digest] {
		t.taken[i.Digest] = true
		t.images = append(t.images, i)
	}
}

// make is [NewImage] within the allowance. One that stands in the text twice counts twice and is decoded once.
func (t *taker) make(raw []byte) (policy.Image, error) {
	if t.of.used++; t.of.used > MaxImages {
		return policy.Image{}, policy.E(policy.ErrTooLarge, "policy.images_too_many", MaxImages).Because(fmt.Errorf("over %d images", MaxImages))
	}
	sum := sha256.Sum256(raw)
	if i, ok := t.known[sum]; ok {
		return i, nil
	}
	i, err := NewImage(t.ctx, raw)
	if err == nil {
		t.known[sum] = i
	}
	return i, err
}

// read returns the bytes behind an address; false if it is not one to take.
func (t *taker) read(src string) ([]byte, bool, error) {
	if isData(src) {
		raw, err := fromDataURL(src[5:])
		return raw, true, err
	}
	u, err := url.Parse(src)
	if t.files == nil || src == "" || imageAddress.MatchString(src) || err == nil && (u.Scheme != "" || u.Host != "") {
		return nil, false, nil
	}
	name, err := url.PathUnescape(src)
	raw, ok := t.files[name]
	if err != nil || !ok {
		what := "there is no image file %q beside the text"
		if strings.HasPrefix(src, "@@PLUGINFILE@@") {
			what = "%q is a file that stays in Moodle: save it beside the text, and write its name alone"
		}
		t.err = policy.E(policy.ErrInvalid, "policy.file").Because(fmt.Errorf(what, src))
		return nil, false, nil
	}
	return raw, true, nil
}

func isData(src string) bool { return len(src) > 5 && strings.EqualFold(src[:5], "data:") }

// fromDataURL decodes what follows "data:". What it calls itself does not count.
func fromDataURL(s string) ([]byte, error) {
	head, data, ok := strings.Cut(s, ",")
	if !ok || !strings.HasSuffix(strings.ToLower(strings.TrimSpace(head)), ";base64") {
		return nil, errImage
	}
	if strings.Contains(data, "%") {
		var err error
		if data, err = url.PathUnescape(data); err != nil {
			return nil, errImage
		}
	}
	data = strings.TrimRight(strings.Join(strings.Fields(data), ""), "=")
	if base64.RawStdEncoding.DecodedLen(len(data)) > MaxImage {
		return nil, imageTooLarge(errors.New("in the text"))
	}
	return base64.RawStdEncoding.DecodeString(data)
}

// ImageFinding is what to say of an error of [NewImage] and of an allowance that is used up.
func ImageFinding(err error) string {
	if e, ok := errors.AsType[*policy.Error](err); ok && e.Key == "policy.images_too_many" {
		return FoundImageMany
	}
	if errors.Is(err, policy.ErrTooLarge) {
		return FoundImageLarge
	}
	return FoundImageBad
}

// Element is the image as a paragraph of a text, for [Sanitize]. An empty description says that it only
// decorates; none at all is not said here.
func Element(i policy.Image, description string) string {
	alt := ""
	if description != "" {
		alt = ` alt="` + html.EscapeString(description) + `"`
	}
	return fmt.Sprintf(`<p><img src="%s"%s width="%d" height="%d"></p>`, i.Address(), alt, i.Width, i.Height)
}

// DataURL is the image as an address that holds it whole.
func DataURL(i policy.Image) string {
	return "data:" + i.Type + ";base64," + base64.StdEncoding.EncodeToString(i.Data)
}

// FileName is a name for the image as a file.
func FileName(i policy.Image) string { return "image-" + i.Digest[:16] + imageEndings[i.Type][0] }

// imageName reports whether a file is an image by its name.
func imageName(name string) bool {
	for _, endings := range imageEndings {
		if slices.Contains(endings, strings.ToLower(path.Ext(name))) {
			return true
		}
	}
	return false
}

// imageFile reports whether a folder's entry is an image that may be read: a file of its own, because a link
// could lead anywhere.
func imageFile(e fs.DirEntry) bool {
	if !e.Type().IsRegular() || !imageName(e.Name()) {
		return false
	}
	i, err := e.Info()
	return err == nil && i.Size() <= MaxImage
}

// imagesOf picks the images out of a folder's files, nil if there are none.
func imagesOf(files map[string][]byte) map[string][]byte {
	var images map[string][]byte
	for name, b := range files {
		if !imageName(name) {
			continue
		}
		if images == nil {
			images = map[string][]byte{}
		}
		images[name] = b
	}
	return images
}
