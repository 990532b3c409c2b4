package source

import (
	"bytes"
	"encoding/binary"
	"slices"
)

const pngMagic = "\x89PNG\r\n\x1a\n"

// pngChunks are the parts of a PNG that showing it needs: the pixels and what their colours mean. What makes
// it move (acTL, fcTL, fdAT) is not among them.
var pngChunks = []string{"IHDR", "PLTE", "tRNS", "gAMA", "cHRM", "sRGB", "iCCP", "IDAT", "IEND"}

func stripPNG(raw []byte) ([]byte, error) {
	out, rest := []byte(pngMagic), raw[len(pngMagic):]
	for len(rest) >= 12 {
		n := uint64(binary.BigEndian.Uint32(rest)) + 12 // length, name and checksum around the content
		if n > uint64(len(rest)) {
			break
		}
		name := string(rest[4:8])
		if slices.Contains(pngChunks, name) {
			out = append(out, rest[:n]...)
		}
		if name == "IEND" {
			return out, nil
		}
		rest = rest[n:]
	}
	return nil, errImage
}

// Markers of JPEG (ITU T.81, table B.1).
const (
	jpegEOI   = 0xd9
	jpegSOS   = 0xda
	jpegAPP0  = 0xe0
	jpegAPP1  = 0xe1
	jpegTEM   = 0x01
	jpegRST0  = 0xd0
	jpegSOI   = 0xd8
	jpegAPP2  = 0xe2
	jpegAPP14 = 0xee
	jpegAPP15 = 0xef
	jpegCOM   = 0xfe
)

// stripJPEG keeps the picture, its colour profile and its orientation, and says whether the orientation turns
// it on its side.
func stripJPEG(raw []byte) (out []byte, turned bool, err error) {
	var head, body []byte
	orientation := byte(0)
	for rest := raw[2:]; ; {
		for len(rest) > 1 && rest[0] == 0xff && rest[1] == 0xff {
			rest = rest[1:] // fill bytes
		}
		if len(rest) < 2 || rest[0] != 0xff {
			return nil, false, errImage
		}
		marker := rest[1]
		if marker == jpegEOI {
			break
		}
		if marker <= jpegTEM || marker >= jpegRST0 && marker <= jpegSOI {
			return nil, false, errImage // they have no length: a decoder reads on where this would jump
		}
		if len(rest) < 4 {
			return nil, false, errImage
		}
		n := 2 + int(binary.BigEndian.Uint16(rest[2:]))
		if n < 4 || n > len(rest) {
			return nil, false, errImage
		}
		content := rest[4:n]
		switch {
		case marker == jpegAPP0 && bytes.HasPrefix(content, []byte("JFIF\x00")) && len(content) >= 14 && head == nil:
			head = append([]byte{0xff, jpegAPP0, 0, 16}, content[:12]...)
			head = append(head, 0, 0) // no thumbnail
		case marker == jpegAPP1 && bytes.HasPrefix(content, []byte("Exif\x00\x00")) && orientation == 0:
			orientation = orientationOf(content[6:])
		case marker == jpegAPP2 && bytes.HasPrefix(content, []byte("ICC_PROFILE\x00")), marker == jpegAPP14 && bytes.HasPrefix(content, []byte("Adobe")):
			body = append(body, rest[:n]...)
		case marker >= jpegAPP0 && marker <= jpegAPP15, marker == jpegCOM:
		default:
			if marker == jpegSOS {
				n += scanEnd(rest[n:])
			}
			body = append(body, rest[:n]...)
		}
		rest = rest[n:]
	}
	out = append([]byte{0xff, 0xd8}, head...)
	if orientation > 1 {
		out = append(out, exifOf(orientation)...)
	}
	return append(append(out, body...), 0xff, jpegEOI), orientation >= 5, nil
}

// scanEnd is the length of compressed pixels: up to a marker that is neither a stuffed byte nor a restart.
func scanEnd(b []byte) int {
	for i := 0; i+1 < len(b); i++ {
		if b[i] == 0xff && b[i+1] != 0 && b[i+1] != 0xff && (b[i+1] < 0xd0 || b[i+1] > 0xd7) {
			return i
		}
	}
	return len(b)
}

// exifOf is an Exif segment that says only which side is up.
func exifOf(orientation byte) []byte {
	return append([]byte("\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00"),
		orientation, 0, 0, 0, 0, 0, 0)
}

// orientationOf reads tag 0x0112 of the first directory of a TIFF structure, 0 if there is none.
func orientationOf(tiff []byte) byte {
	if len(tiff) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 0
	}
	entries := int(order.Uint16(tiff[at:]))
	for at += 2; entries > 0 && at+12 <= uint64(len(tiff)); entries, at = entries-1, at+12 {
		if order.Uint16(tiff[at:]) != 0x0112 {
			continue
		}
		if v := order.Uint16(tiff[at+8:]); v >= 1 && v <= 8 {
			return byte(v)
		}
		return 0
	}
	return 0
}

// stripGIF keeps the first picture.
func stripGIF(raw []byte) ([]byte, error) {
	g := gifReader{rest: raw}
	out := slices.Clone(g.take(13))
	if out == nil {
		return nil, errImage
	}
	out = append(out, g.colours(out[10])...)
	for {
		switch start := g.take(1); {
		case start == nil:
			return nil, errImage
		case start[0] == 0x21: // an extension: only the one about transparency stays
			label := g.take(1)
			blocks := g.blocks()
			if label == nil || blocks == nil {
				return nil, errImage
			}
			if label[0] == 0xf9 {
				out = append(append(out, 0x21, 0xf9), blocks...)
			}
		case start[0] == 0x2c:
			frame := g.take(9)
			if frame == nil {
				return nil, errImage
			}
			out = append(append(out, 0x2c), frame...)
			out = append(append(out, g.colours(frame[8])...), g.take(1)...)
			pixels := g.blocks()
			if pixels == nil {
				return nil, errImage
			}
			return append(append(out, pixels...), 0x3b), nil
		default:
			return nil, errImage
		}
	}
}

type gifReader struct{ rest []byte }

// take returns the next n bytes, nil if there are not so many.
func (g *gifReader) take(n int) []byte {
	if n > len(g.rest) {
		g.rest = nil
		return nil
	}
	b := g.rest[:n]
	g.rest = g.rest[n:]
	return b
}

// colours takes the colour table that a byte of flags announces.
func (g *gifReader) colours(flags byte) []byte {
	if flags&0x80 == 0 {
		return nil
	}
	return g.take(3 << (flags&7 + 1))
}

// blocks takes data up to and with the empty block that ends it, nil if none does.
func (g *gifReader) blocks() []byte {
	all := g.rest
	for n := 0; n < len(all); {
		size := int(all[n])
		n += 1 + size
		if size == 0 {
			g.rest = all[n:]
			return all[:n]
		}
	}
	g.rest = nil
	return nil
}

// webpChunks are the parts of a WebP that showing it needs.
var webpChunks = []string{"VP8X", "ICCP", "ALPH", "VP8 ", "VP8L"}

// Flags of the extended header of WebP (RFC 9649, section 2.7).
const (
	webpMoves = 0x02
	webpXMP   = 0x04
	webpExif  = 0x08
)

// stripWebP keeps the picture, its transparency and its colour profile. One that moves is refused: its first
// picture cannot be had without decoding.
func stripWebP(raw []byte) (out []byte, width, height int, err error) {
	fail := func() ([]byte, int, int, error) { return nil, 0, 0, errImage }
	n := uint64(binary.LittleEndian.Uint32(raw[4:])) + 8
	if n < 12 || n > uint64(len(raw)) {
		return fail()
	}
	raw = raw[:n]
	out = append(out, "RIFF\x00\x00\x00\x00WEBP"...)
	pictures := 0
	var canvas [2]int
	for rest := raw[12:]; len(rest) > 0; {
		if len(rest) < 8 {
			return fail()
		}
		name, size := string(rest[:4]), uint64(binary.LittleEndian.Uint32(rest[4:]))
		n := 8 + size + size%2
		if n > uint64(len(rest)) {
			return fail()
		}
		content := rest[8 : 8+size]
		chunk := slices.Clone(rest[:n])
		ok := true
		switch name {
		case "VP8X":
			if ok = len(content) >= 10 && content[0]&webpMoves == 0 && len(out) == 12; ok {
				chunk[8] &^= webpXMP | webpExif
				canvas = [2]int{1 + int(uint24(content[4:])), 1 + int(uint24(content[7:]))}
			}
		case "VP8 ":
			if ok = len(content) >= 10 && content[0]&1 == 0 && string(content[3:6]) == "\x9d\x01\x2a"; ok {
				width, height = int(binary.LittleEndian.Uint16(content[6:])&0x3fff), int(binary.LittleEndian.Uint16(content[8:])&0x3fff)
			}
			pictures++
		case "VP8L":
			if ok = len(content) >= 5 && content[0] == 0x2f; ok {
				bits := binary.LittleEndian.Uint32(content[1:])
				width, height = 1+int(bits&0x3fff), 1+int(bits>>14&0x3fff)
			}
			pictures++
		}
		if !ok {
			return fail()
		}
		if slices.Contains(webpChunks, name) {
			out = append(out, chunk...)
		}
		rest = rest[n:]
	}
	if pictures != 1 || canvas != [2]int{} && canvas != [2]int{width, height} {
		return fail()
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8)) //nolint:gosec // at most MaxImage
	return out, width, height, nil
}

func uint24(b []byte) uint32 { return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 }
