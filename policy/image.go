package policy

import (
	"errors"
	"html"
	"regexp"
)

// Image is an image of a policy text as it is stored: never changed and named by its content. A text refers to
// it by [Image.Address], so that the text's own digest covers every byte of its images.
type Image struct {
	Digest        string // SHA-256 of Data, in lower-case hexadecimal
	Type          string // media type
	Width, Height int    // as it is shown
	Data          []byte
}

// ImagePrefix is the beginning of every [Image.Address]: where the web layer serves images. Tool addresses have
// no path before it.
const ImagePrefix = "/images/sha256/"

var (
	imageDigest = regexp.MustCompile(`^[0-9a-f]{64}$`)
	shownImage  = regexp.MustCompile(` src="` + ImagePrefix + `([0-9a-f]{64})"`)
)

// Address is where a text finds the image.
func (i Image) Address() string { return ImagePrefix + i.Digest }

// IsImageDigest reports whether s has the form of [Image.Digest].
func IsImageDigest(s string) bool { return imageDigest.MatchString(s) }

// ImagesIn lists the digests of the images that the texts show, each once.
func ImagesIn(texts ...Text) []string {
	var list []string
	seen := map[string]bool{}
	for _, t := range texts {
		for _, m := range shownImage.FindAllStringSubmatch(string(t.Summary+t.Content), -1) {
			if !seen[m[1]] {
				seen[m[1]] = true
				list = append(list, m[1])
			}
		}
	}
	return list
}

// ReplaceImages writes another address for every image of a sanitised text, for a text that leaves the tool.
func ReplaceImages(h SafeHTML, address func(digest string) (string, error)) (string, error) {
	var failed error
	out := shownImage.ReplaceAllStringFunc(string(h), func(m string) string {
		to, err := address(shownImage.FindStringSubmatch(m)[1])
		failed = errors.Join(failed, err)
		return ` src="` + html.EscapeString(to) + `"`
	})
	return out, failed
}
