package store_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/policy/source"
	"ltipolicy/store"
)

// grey is an image in one shade.
func grey(t testing.TB, shade byte) policy.Image {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 4, 3))
	for i := range m.Pix {
		m.Pix[i] = color.Gray{Y: shade}.Y
	}
	var b bytes.Buffer
	err := png.Encode(&b, m)
	i, err2 := source.NewImage(t.Context(), b.Bytes())
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	return i
}

// showing is a version whose texts in two languages show images, and that brings them.
func showing(images ...policy.Image) policy.Version {
	ro, en := text("ro", "harta"), text("en", "the map")
	for _, i := range images {
		safe, _, err := source.Sanitize(source.Element(i, "Map"))
		if err != nil {
			panic(err)
		}
		ro.Content, en.Summary = ro.Content+safe, en.Summary+safe
	}
	v := draft(policy.Agree, ro, en)
	v.Images = images
	return v
}

func (s *site) images() int { return s.count(`SELECT COUNT(digest) FROM policy_image`) }

func TestImagesGoInWithTheirVersion(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		one, two := grey(t, 1), grey(t, 2)
		v := o.create("map", showing(one, two))
		for _, i := range []policy.Image{one, two} {
			got, err := o.db.Image(t.Context(), i.Digest)
			o.must(err)
			if got.Type != "image/png" || got.Width != 4 || got.Height != 3 || !bytes.Equal(got.Data, i.Data) || got.Address() != i.Address() {
				t.Errorf("%+v", got)
			}
		}
		if len(v.Images) != 0 || len(policy.ImagesIn(v.Texts...)) != 2 || o.count(`SELECT COUNT(digest) FROM policy_image_use`) != 2 {
			t.Errorf("read back with %d images", len(v.Images))
		}
		// The same image is one, whoever brings it.
		other, err := o.db.EnsureInstitution(t.Context(), "Other")
		o.must(err)
		o.must(o.db.AddImages(t.Context(), store.Admin{InstitutionID: other}, []policy.Image{one, one}))
		if o.images() != 2 || o.count(`SELECT COUNT(digest) FROM policy_image WHERE institutionid = ?`, o.institution) != 2 {
			t.Errorf("%d images", o.images())
		}
		gone, err := o.db.MissingImages(t.Context(), []string{one.Digest, strings.Repeat("0", 64)})
		o.must(err)
		if len(gone) != 1 || gone[0] != strings.Repeat("0", 64) {
			t.Errorf("missing %v", gone)
		}
		_, err = o.db.Image(t.Context(), gone[0])
		wantKind(t, err, policy.ErrNotFound)
	})
}

func TestTextsShowOnlyStoredImages(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		stored := o.create("map", showing(grey(t, 1)))
		v := showing(grey(t, 2))
		v.Images = nil
		_, _, err := o.db.CreatePolicy(t.Context(), o.admin, "other", v, nil)
		wantKind(t, err, policy.ErrInvalid)
		_, _, err = o.db.LoadPolicy(t.Context(), o.institution, "other", v, nil)
		wantKind(t, err, policy.ErrInvalid)
		v.ID, v.PolicyID, v.Edit = stored.ID, stored.PolicyID, stored.Edit
		_, err = o.db.SaveDraft(t.Context(), o.admin, v, []string{o.platform.ID})
		wantKind(t, err, policy.ErrInvalid)
		if got := o.version(stored.ID); got.Edit != stored.Edit || o.images() != 1 || o.count(`SELECT COUNT(policyid) FROM policy_detail`) != 1 {
			t.Errorf("something was stored: %+v", got)
		}
	})
}

func TestOnlyUnusedImagesAreSwept(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		active, archived, kept, replaced, typed := grey(t, 1), grey(t, 2), grey(t, 3), grey(t, 4), grey(t, 5)
		first := o.publish(o.create("map", showing(archived)), false)
		next := showing(active)
		next.PolicyID = first.PolicyID
		o.publish(o.newDraft(next), false)
		old := o.create("draft", showing(replaced))
		again := showing(kept)
		again.ID, again.PolicyID, again.Edit = old.ID, old.PolicyID, old.Edit
		o.must(o.db.AddImages(t.Context(), o.admin, again.Images))
		again.Images = nil
		_, err := o.db.SaveDraft(t.Context(), o.admin, again, []string{o.platform.ID})
		o.must(err)
		gone := o.create("gone", showing(typed))
		o.must(o.db.DeleteDraft(t.Context(), o.admin, gone.ID))

		o.must(o.db.Sweep(t.Context()))
		if o.images() != 5 {
			t.Errorf("%d images at once, want all", o.images())
		}
		o.clock.add(50 * 24 * time.Hour)
		o.must(o.db.AddImages(t.Context(), o.admin, []policy.Image{typed})) // somebody takes it once more
		o.clock.add(50 * 24 * time.Hour)
		o.must(o.db.Sweep(t.Context()))
		gones, err := o.db.MissingImages(t.Context(), []string{active.Digest, archived.Digest, kept.Digest, replaced.Digest, typed.Digest})
		o.must(err)
		if len(gones) != 1 || gones[0] != replaced.Digest {
			t.Errorf("%v are gone, want only the one that was replaced in a draft", gones)
		}
		o.clock.add(20 * 365 * 24 * time.Hour)
		o.must(o.db.Sweep(t.Context()))
		if o.images() != 3 {
			t.Errorf("%d images after years, want those that a version shows", o.images())
		}
	})
}

func TestChangedImageBreaksTheEvidence(t *testing.T) {
	for name, statement := range map[string]string{
		"changed": `UPDATE policy_image SET data = ? WHERE digest = ?`,
		"deleted": `DELETE FROM policy_image WHERE ? <> '' AND digest = ?`,
	} {
		eachSite(t, func(t *testing.T, s *site) {
			i := grey(t, 1)
			v := s.load("map", showing(i))
			s.answer(s.event(s.user("5"), v, policy.Accepted))
			_, err := s.db.VerifyEvidence(t.Context())
			s.must(err)
			s.exec(statement, []byte("another"), i.Digest)
			_, err = s.db.VerifyEvidence(t.Context())
			if b, ok := errors.AsType[*store.Break](err); !ok || !strings.Contains(b.What, i.Digest) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

// imagePages runs what pages with images run.
func (s *site) imagePages() error {
	ctx := s.t.Context()
	i := grey(s.t, 9)
	if err := s.db.AddImages(ctx, store.Admin{InstitutionID: s.institution}, []policy.Image{i}); err != nil {
		return err
	}
	if _, err := s.db.MissingImages(ctx, []string{i.Digest}); err != nil {
		return err
	}
	s.clock.add(100 * 24 * time.Hour)
	defer s.clock.add(-100 * 24 * time.Hour)
	if _, err := s.db.Image(ctx, i.Digest); err != nil {
		return err
	}
	return s.db.SweepImages(ctx)
}
