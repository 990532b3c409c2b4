package source

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
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

// TestDocumentsWaitForRoom: beside one that is read there is none for another, nor for an image.
func TestDocumentsWaitForRoom(t *testing.T) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	err := decoding.alone(t.Context(), func() error {
		if _, err := ImportDocument(gone, []byte("PK")); !errors.Is(err, policy.ErrUnavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("a document beside another: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ImportDocument(gone, []byte("PK")); !errors.Is(err, policy.ErrUnavailable) {
		t.Errorf("a document for nobody: %v", err)
	}
	if _, err := ImportDocument(t.Context(), []byte("PK")); !errors.Is(err, policy.ErrInvalid) {
		t.Errorf("there is room again: %v", err)
	}
}

// TestWhatDecodingTakesIsKnownBefore: what is counted is not less than what the decoder asks memory for, whatever kind of
// image it is. What is broken behind its header takes as much as what is whole.
func TestWhatDecodingTakesIsKnownBefore(t *testing.T) {
	const side = 1500
	deep := image.NewNRGBA64(image.Rect(0, 0, side, side))
	flat := image.NewPaletted(deep.Rect, color.Palette{color.Black, color.White})
	file := func(encode func(*bytes.Buffer) error) []byte {
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	woven := file(func(b *bytes.Buffer) error { return gif.Encode(b, flat, nil) })
	woven[bytes.IndexByte(woven[13:], 0x2c)+13+9] |= 0x40 // the lines come in four passes
	for name, raw := range map[string][]byte{
		"PNG of 16 bits":       file(func(b *bytes.Buffer) error { return png.Encode(b, deep) }),
		"PNG of 8 bits":        file(func(b *bytes.Buffer) error { return png.Encode(b, image.NewNRGBA(deep.Rect)) }),
		"PNG with a palette":   file(func(b *bytes.Buffer) error { return png.Encode(b, flat) }),
		"grey PNG":             file(func(b *bytes.Buffer) error { return png.Encode(b, image.NewGray(deep.Rect)) }),
		"PNG in passes":        pngInPasses(t, side),
		"GIF":                  file(func(b *bytes.Buffer) error { return gif.Encode(b, flat, nil) }),
		"GIF in passes":        woven,
		"JPEG":                 file(func(b *bytes.Buffer) error { return jpeg.Encode(b, deep, nil) }),
		"grey JPEG":            brokenJPEG(sof0, side, side, 0x11),
		"colours of a screen":  brokenJPEG(sof0, side, side, 0x11, 0x11, 0x11),
		"colours of a printer": brokenJPEG(sof0, side, side, 0x11, 0x11, 0x11, 0x11),
		"JPEG in passes":       brokenJPEG(sof2, side, side, 0x11, 0x11, 0x11),
		"grey JPEG in passes":  brokenJPEG(sof2, side, side, 0x11),
		"all four in passes":   brokenJPEG(sof2, side, side, 0x22, 0x11, 0x11, 0x22),
		"a line":               brokenJPEG(sof2, 8192, 1, 0x42, 0x11, 0x11),
		"a column":             brokenJPEG(sof2, 1, 8192, 0x42, 0x11, 0x11),
		"a wide block":         brokenJPEG(sof0, 8192, 1, 0x41, 0x11, 0x11),
	} {
		t.Run(name, func(t *testing.T) {
			i, config, err := stripped(raw)
			if err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			decodes(i) //nolint:errcheck // some are broken
			runtime.ReadMemStats(&after)
			const around = 512 << 10 // of the decoder itself
			if took, said := int64(after.TotalAlloc-before.TotalAlloc), decodedBytes(i, config); took > said+around || said > maxDecoded {
				t.Errorf("takes %d bytes, and %d were counted", took, said)
			}
		})
	}
}

// The frames of JPEGs: those that come in one pass, and in several.
const (
	sof0 = 0xc0
	sof2 = 0xc2
)

// brokenJPEG is a JPEG of colours that are sampled so, without its pixels.
func brokenJPEG(frame byte, width, height int, sampled ...byte) []byte {
	n := byte(len(sampled))
	b := []byte{0xff, 0xd8, 0xff, frame, 0, 8 + 3*n, 8, byte(height >> 8), byte(height), byte(width >> 8), byte(width), n}
	for i, s := range sampled {
		b = append(b, byte(i+1), s, 0)
	}
	b = append(b, 0xff, 0xda, 0, 6+2*n, n)
	for i := range sampled {
		b = append(b, byte(i+1), 0)
	}
	last := byte(63)
	if frame == sof2 {
		last = 0
	}
	return append(b, 0, last, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0xff, 0xd9)
}

// pngInPasses is a black PNG of 8 bits whose picture comes in seven passes.
func pngInPasses(t *testing.T, side int) []byte {
	t.Helper()
	var pixels bytes.Buffer
	z := zlib.NewWriter(&pixels)
	for _, p := range [...][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}} {
		wide, high := (side-p[0]+p[2]-1)/p[2], (side-p[1]+p[3]-1)/p[3]
		if _, err := z.Write(make([]byte, high*(1+4*wide))); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	b := []byte("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(data)))
		whole := append([]byte(kind), data...)
		b = binary.BigEndian.AppendUint32(append(b, whole...), crc32.ChecksumIEEE(whole))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(side)), uint32(side))
	chunk("IHDR", append(head, 8, 6, 0, 0, 1))
	chunk("IDAT", pixels.Bytes())
	chunk("IEND", nil)
	return b
}

// TestHiddenFrameIsCounted: the decoder passes over some markers without a length, and over what follows them. A frame in
// passes that hides behind one is no image here.
func TestHiddenFrameIsCounted(t *testing.T) {
	whole := brokenJPEG(sof2, 3000, 3000, 0x11, 0x11, 0x11)
	for _, marker := range []byte{0x00, 0x01, 0xd0, 0xd3, 0xd7, 0xd8} {
		hidden := append([]byte{0xff, 0xd8, 0xff, marker, 0, 2 + 19}, whole[2:]...)
		if i, _, err := stripped(hidden); err == nil && !inPasses(i.Data) {
			t.Errorf("behind a marker %#x the frame is not seen", marker)
		}
	}
}
