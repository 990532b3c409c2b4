package source

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"regexp"

	"ltipolicy/policy"
)

// Limits of an image, judged before it is decoded. How much of all images is decoded at once is bounded, too.
const (
	MaxImage  = 1 << 20   // bytes
	maxSide   = 8192      // pixels
	maxPixels = 9_000_000 // a screen of 4096 by 2160 fits
)

var imageAddress = regexp.MustCompile("^" + policy.ImagePrefix + "[0-9a-f]{64}$")

// imageEndings are the endings of image files by media type; the first is the one that is written.
var imageEndings = map[string][]string{
	"image/png": {".png"}, "image/jpeg": {".jpg", ".jpeg"}, "image/gif": {".gif"}, "image/webp": {".webp"},
}

// NewImage makes an image of a file's bytes, whatever the file or its sender calls it: PNG, JPEG, GIF or WebP.
// Of the file stays only what showing it needs: the pixels as they came, their colour space, and which side is
// up. Comments, places, names, thumbnails and whatever follows the image go, and of moving images the first
// picture stays, because nothing in a policy may move. Doing it again changes nothing.
//
// The pixels are not encoded anew: that would make photographs worse each time, and the bytes, which are the
// image's name, would depend on the encoder's version. PNG, JPEG and GIF are decoded once to see that they are
// whole; of WebP, for which the standard library has no decoder, the structure is checked. The process decodes only so
// much at once: the others wait, within ctx.
//
// Errors: ErrTooLarge above [MaxImage] or too many pixels, ErrInvalid for all that is no such image, ErrUnavailable if too
// many wait or the wait ended.
func NewImage(ctx context.Context, raw []byte) (policy.Image, error) {
	if len(raw) > MaxImage {
		return policy.Image{}, imageTooLarge(fmt.Errorf("%d bytes", len(raw)))
	}
	i, config, err := stripped(raw)
	if err != nil {
		return policy.Image{}, policy.E(policy.ErrInvalid, "policy.image_unreadable").Because(fmt.Errorf("reading an image: %w", err))
	}
	if i.Width < 1 || i.Height < 1 || i.Width > maxSide || i.Height > maxSide || i.Width*i.Height > maxPixels {
		return policy.Image{}, imageTooLarge(fmt.Errorf("%d by %d pixels", i.Width, i.Height))
	}
	needs := decodedBytes(i, config)
	if needs > maxDecoded {
		return policy.Image{}, imageTooLarge(fmt.Errorf("%d bytes of pixels", needs))
	}
	if err := decoding.whole(ctx, i, needs); errors.Is(err, policy.ErrUnavailable) {
		return policy.Image{}, err
	} else if err != nil {
		return policy.Image{}, policy.E(policy.ErrInvalid, "policy.image_unreadable").Because(fmt.Errorf("reading an image: %w", err))
	}
	sum := sha256.Sum256(i.Data)
	i.Digest = hex.EncodeToString(sum[:])
	return i, nil
}

func imageTooLarge(why error) error {
	return policy.E(policy.ErrTooLarge, "policy.image_too_large", MaxImage).Because(fmt.Errorf("reading an image: %w", why))
}

// errImage says what is wrong with the structure of an image.
var errImage = errors.New("not a whole PNG, JPEG, GIF or WebP image")

// stripped tells the format by the first bytes and keeps what showing needs. It decodes no pixels.
func stripped(raw []byte) (policy.Image, image.Config, error) {
	var i policy.Image
	var config image.Config
	var err error
	turned := false
	switch {
	case bytes.HasPrefix(raw, []byte(pngMagic)):
		i.Type = "image/png"
		if i.Data, err = stripPNG(raw); err == nil {
			config, err = png.DecodeConfig(bytes.NewReader(i.Data))
		}
	case bytes.HasPrefix(raw, []byte("\xff\xd8\xff")):
		i.Type = "image/jpeg"
		if i.Data, turned, err = stripJPEG(raw); err == nil {
			config, err = jpeg.DecodeConfig(bytes.NewReader(i.Data))
		}
	case bytes.HasPrefix(raw, []byte("GIF87a")), bytes.HasPrefix(raw, []byte("GIF89a")):
		i.Type = "image/gif"
		if i.Data, err = stripGIF(raw); err == nil {
			config, err = gif.DecodeConfig(bytes.NewReader(i.Data))
		}
	case bytes.HasPrefix(raw, []byte("RIFF")) && len(raw) > 12 && string(raw[8:12]) == "WEBP":
		i.Type = "image/webp"
		i.Data, config.Width, config.Height, err = stripWebP(raw)
	default:
		err = errImage
	}
	if i.Width, i.Height = config.Width, config.Height; turned {
		i.Width, i.Height = config.Height, config.Width
	}
	return i, config, err
}
