package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"ltipolicy/policy"
)

// What decoding images takes of the process, whoever asks for it. A small file may be a large picture: 70 kB are enough
// for 72 MB of pixels.
const (
	maxDecoded  = 136 << 20        // bytes at once, of all images together: one of the largest, or several small ones
	maxDecoding = 64               // images that wait for their turn
	maxWait     = 20 * time.Second // or whoever sent one would have no connection left to hear what became of it
	dearDecoded = 8 << 20          // bytes from which on the memory is given back before others get their turn
)

var decoding = decoder{room: semaphore.NewWeighted(maxDecoded)}

// decoder lets images be decoded as long as there is room for them, in the order in which they came.
type decoder struct {
	room    *semaphore.Weighted
	waiting atomic.Int32
}

// whole reads all pixels of an image, because one that ends in its middle shows only then. It waits for room, within
// ctx. Errors: policy.ErrUnavailable if too many wait already, or the wait ended; others say what is wrong with the image.
func (d *decoder) whole(ctx context.Context, i policy.Image, needs int64) error {
	if err := d.enter(ctx, needs); err != nil {
		return policy.E(policy.ErrUnavailable, "busy").Because(fmt.Errorf("waiting for room to decode an image: %w", err))
	}
	defer d.room.Release(needs)
	err := decodes(i)
	if needs >= dearDecoded {
		runtime.GC() // or the next image would stand in memory beside this one
	}
	return err
}

// alone runs what takes as much memory as all images together may, with the same patience.
func (d *decoder) alone(ctx context.Context, f func() error) error {
	err := ctx.Err() // of several documents, those are left whose turn comes too late
	if err == nil {
		err = d.enter(ctx, maxDecoded)
	}
	if err != nil {
		return policy.E(policy.ErrUnavailable, "busy").Because(fmt.Errorf("waiting for room to read a document: %w", err))
	}
	defer d.room.Release(maxDecoded)
	err = f()
	runtime.GC()
	return err
}

var errManyWait = errors.New("too many images and documents wait already")

func (d *decoder) enter(ctx context.Context, needs int64) error {
	if d.room.TryAcquire(needs) {
		return nil
	}
	defer d.waiting.Add(-1)
	if d.waiting.Add(1) > maxDecoding {
		return errManyWait
	}
	ctx, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	return d.room.Acquire(ctx, needs)
}

func decodes(i policy.Image) error {
	var err error
	switch r := bytes.NewReader(i.Data); i.Type {
	case "image/png":
		_, err = png.Decode(r)
	case "image/jpeg":
		_, err = jpeg.Decode(r)
	case "image/gif":
		_, err = gif.Decode(r)
	}
	return err
}

// decodedBytes is what the standard library's decoder takes at most for an image of this size. WebP it does not decode.
func decodedBytes(i policy.Image, c image.Config) int64 {
	pixels := int64(c.Width) * int64(c.Height)
	switch i.Type {
	case "image/png":
		return pixels * pngBytes(i.Data)
	case "image/jpeg":
		return inBlocks(c.Width) * inBlocks(c.Height) * jpegBytes(i.Data, c.ColorModel)
	case "image/gif":
		return pixels * 2 // put in order line by line
	}
	return 0
}

// inBlocks is the side of a JPEG as it is decoded, in whole blocks of the largest kind.
func inBlocks(side int) int64 {
	const block = 4 * 8
	return (int64(side) + block - 1) / block * block
}

// pngBytes is what a pixel of a PNG takes: its header says how deep it is, of which kind, and whether it comes in passes,
// each of which is an image beside the whole.
func pngBytes(data []byte) int64 {
	const depth, kind, passes = 24, 25, 28 // their places in the file
	n := int64(4)
	switch {
	case len(data) <= passes:
		return n
	case data[depth] == 16:
		n = 8
	case data[kind] == 3: // a palette
		n = 1
	}
	if data[passes] != 0 {
		n *= 2
	}
	return n
}

// jpegBytes is what a pixel of a JPEG takes: a byte for each of its colours, four more where the picture comes in
// passes, and four where its colours are none that a screen has.
func jpegBytes(data []byte, model color.Model) int64 {
	n := int64(3)
	switch model {
	case color.GrayModel:
		n = 1
	case color.CMYKModel:
		n = 4
	}
	each := n
	if inPasses(data) {
		n *= 5
	}
	if each == 4 || model == color.RGBAModel {
		n += 4
	}
	return n
}

// inPasses reports whether a JPEG is progressive: its frame begins with another marker. Within pixels those two bytes do not
// stand together; elsewhere they may, and then too much is counted.
func inPasses(data []byte) bool { return bytes.Contains(data, []byte{0xff, 0xc2}) }
