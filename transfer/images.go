package transfer

import (
	"context"
	"fmt"

	"ltipolicy/policy"
	"ltipolicy/policy/source"
	"ltipolicy/store"
)

// withImageFiles makes files of the images that a source's texts show, and has the texts name them.
func withImageFiles(ctx context.Context, db *store.DB, src source.Policy) (source.Policy, error) {
	src.Images = map[string][]byte{}
	file := func(digest string) (string, error) {
		i, err := db.Image(ctx, digest)
		if err != nil {
			return "", fmt.Errorf("%s: %w", src.Slug, err)
		}
		src.Images[source.FileName(i)] = i.Data
		return source.FileName(i), nil
	}
	for n := range src.Texts {
		t := &src.Texts[n]
		for _, part := range []*string{&t.Summary, &t.Content} {
			var err error
			if *part, err = policy.ReplaceImages(policy.SafeHTML(*part), file); err != nil {
				return src, err
			}
		}
	}
	return src, nil
}

// withDataImages is a text that holds its images itself: Moodle keeps them in files of its own, which no SQL
// can bring it.
func withDataImages(ctx context.Context, db *store.DB, h policy.SafeHTML) (string, error) {
	return policy.ReplaceImages(h, func(digest string) (string, error) {
		i, err := db.Image(ctx, digest)
		return source.DataURL(i), err
	})
}
