package source

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"runtime"
	"testing"

	"golang.org/x/sync/semaphore"

	"ltipolicy/policy"
)

// TestDecodingWaitsForRoom: while there is none, an image waits as long as its request does, and no more wait than may.
func TestDecodingWaitsForRoom(t *testing.T) {
	d := decoder{room: semaphore.NewWeighted(10)}
	none := policy.Image{Type: "image/webp"}
	if err := d.room.Acquire(t.Context(), 6); err != nil {
		t.Fatal(err)
	}
	if err := d.whole(t.Context(), none, 4); err != nil {
		t.Errorf("there is room: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.whole(gone, none, 5); !errors.Is(err, policy.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("whoever went away: %v", err)
	}
	d.waiting.Store(maxDecoding)
	if err := d.whole(t.Context(), none, 5); !errors.Is(err, policy.ErrUnavailable) || !errors.Is(err, errManyWait) {
		t.Errorf("too many wait: %v", err)
	}
	d.waiting.Store(0)
	done := make(chan error)
	go func() { done <- d.whole(t.Context(), none, 5) }()
	d.room.Release(6)
	if err := <-done; err != nil {
		t.Errorf("there is room again: %v", err)
	}
	if n := d.waiting.Load(); n != 0 {
		t.Errorf("%d still wait", n)
	}
}

// TestWhatDecodingTakesIsKnownBefore: what is counted is not less than what the decoder asks memory for.
func TestWhatDecodingTakesIsKnownBefore(t *testing.T) {
	const side = 1500
	deep := image.NewNRGBA64(image.Rect(0, 0, side, side))
	flat := image.NewPaletted(deep.Rect, color.Palette{color.Black, color.White})
	for name, encode := range map[string]func(*bytes.Buffer) error{
		"PNG of 16 bits":     func(b *bytes.Buffer) error { return png.Encode(b, deep) },
		"PNG of 8 bits":      func(b *bytes.Buffer) error { return png.Encode(b, image.NewNRGBA(deep.Rect)) },
		"PNG with a palette": func(b *bytes.Buffer) error { return png.Encode(b, flat) },
		"grey PNG":           func(b *bytes.Buffer) error { return png.Encode(b, image.NewGray(deep.Rect)) },
		"JPEG":               func(b *bytes.Buffer) error { return jpeg.Encode(b, deep, nil) },
		"GIF":                func(b *bytes.Buffer) error { return gif.Encode(b, flat, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := encode(&b); err != nil {
				t.Fatal(err)
			}
			i, config, err := stripped(b.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err = decodes(i)
			runtime.ReadMemStats(&after)
			const around = 512 << 10 // of the decoder itself
			if took, said := int64(after.TotalAlloc-before.TotalAlloc), decodedBytes(i, config); err != nil || took > said+around || said > maxDecoded {
				t.Errorf("takes %d bytes, and %d were counted: %v", took, said, err)
			}
		})
	}
}
