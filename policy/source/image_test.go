package source_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"ltipolicy/policy"
	"ltipolicy/policy/source"
)

func painted(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = byte(i * i)
	}
	return m
}

func pngOf(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, painted(w, h)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// chunk is a chunk of a PNG.
func chunk(name, content string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(content)))
	b = append(b, name+content...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE([]byte(name+content)))
}

// withChunk puts a chunk behind a PNG's header.
func withChunk(raw []byte, name, content string) []byte {
	const header = 8 + 25
	return bytes.Join([][]byte{raw[:header], chunk(name, content), raw[header:]}, nil)
}

func jpegOf(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, painted(w, h), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// segment is a segment of a JPEG.
func segment(marker byte, content string) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(content)+2)), content...)
}

// photographed is a JPEG as a camera writes it: a place, a thumbnail, a remark, and what came with it behind.
func photographed(t *testing.T, orientation byte) []byte {
	raw := jpegOf(t, 40, 20)
	exif := "Exif\x00\x00II\x2a\x00\x08\x00\x00\x00\x02\x00" +
		"\x0e\x01\x02\x00\x04\x00\x00\x00GPS!" + "\x12\x01\x03\x00\x01\x00\x00\x00" + string(orientation) + "\x00\x00\x00" + "\x00\x00\x00\x00" + "45.75N 21.23E"
	return bytes.Join([][]byte{
		raw[:2], segment(0xe0, "JFIF\x00\x01\x02\x01\x00\x48\x00\x48\x01\x01SML"), segment(0xe1, exif), segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00<creator>Ana</creator>"),
		segment(0xe2, "ICC_PROFILE\x00\x01\x01profile"), segment(0xed, "Photoshop 3.0\x00"), segment(0xfe, "a remark"), raw[2:], []byte("a film"),
	}, nil)
}

func gifOf(t *testing.T) []byte {
	t.Helper()
	colours := color.Palette{color.Black, color.White, color.Transparent}
	var g gif.GIF
	for i := range 3 {
		m := image.NewPaletted(image.Rect(0, 0, 30, 10), colours)
		m.SetColorIndex(i, i, 1)
		g.Image, g.Delay = append(g.Image, m), append(g.Delay, 10)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func unbase64(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const (
	webpLossless = "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="
	webpLossy    = "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA"
	webpMoving   = "UklGRlIAAABXRUJQVlA4WAoAAAASAAAAAAAAAAAAQU5JTQYAAAD/////AABBTk1GJgAAAAAAAAAAAAAAAAAAAGQAAABWUDhMDQAAAC8AAAAQBxAREYiI/gcA"
)

// extended is a WebP with a canvas of its own size and things that showing it does not need.
func extended(t *testing.T, canvas byte) []byte {
	body := bytes.Join([][]byte{
		[]byte("WEBPVP8X\x0a\x00\x00\x00\x0c\x00\x00\x00"), {canvas, 0, 0, canvas, 0, 0},
		unbase64(t, webpLossless)[12:], []byte("EXIF\x05\x00\x00\x00place\x00XMP \x04\x00\x00\x00name"),
	}, nil)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func TestImagesLoseWhatNobodySees(t *testing.T) {
	moving := withChunk(withChunk(pngOf(t, 12, 8), "acTL", "\x00\x00\x00\x02\x00\x00\x00\x00"), "tEXt", "Author\x00Ana")
	for name, c := range map[string]struct {
		raw           []byte
		kind          string
		width, height int
		gone, stays   []string
	}{
		"PNG":             {append(moving, "<script>"...), "image/png", 12, 8, []string{"acTL", "Ana", "<script>"}, nil},
		"JPEG":            {photographed(t, 1), "image/jpeg", 40, 20, []string{"45.75N", "Ana", "remark", "film", "SML", "Photoshop", "Exif"}, []string{"profile", "JFIF"}},
		"JPEG on a side":  {photographed(t, 6), "image/jpeg", 20, 40, []string{"45.75N", "GPS", "film"}, []string{"Exif"}},
		"GIF":             {append(gifOf(t), "<html>"...), "image/gif", 30, 10, []string{"NETSCAPE", "<html>"}, nil},
		"WebP":            {append(extended(t, 0), "tail"...), "image/webp", 1, 1, []string{"place", "name", "EXIF", "XMP", "tail"}, []string{"VP8X"}},
		"WebP, lossy":     {unbase64(t, webpLossy), "image/webp", 1, 1, nil, []string{"VP8 "}},
		"WebP, lossless":  {unbase64(t, webpLossless), "image/webp", 1, 1, nil, []string{"VP8L"}},
		"JPEG of no kind": {jpegOf(t, 7, 9), "image/jpeg", 7, 9, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			i, err := source.NewImage(t.Context(), c.raw)
			if err != nil {
				t.Fatal(err)
			}
			if i.Type != c.kind || i.Width != c.width || i.Height != c.height || !policy.IsImageDigest(i.Digest) {
				t.Errorf("%s, %d by %d, %s", i.Type, i.Width, i.Height, i.Digest)
			}
			for _, s := range c.gone {
				if bytes.Contains(i.Data, []byte(s)) {
					t.Errorf("%q is still in it", s)
				}
			}
			for _, s := range c.stays {
				if !bytes.Contains(i.Data, []byte(s)) {
					t.Errorf("%q is not in it any more", s)
				}
			}
			again, err := source.NewImage(t.Context(), i.Data)
			if err != nil || again.Digest != i.Digest {
				t.Errorf("done again it is %s, was %s, %v", again.Digest, i.Digest, err)
			}
		})
	}
}

func TestStrippedImagesLookTheSame(t *testing.T) {
	for name, raw := range map[string][]byte{"PNG": pngOf(t, 9, 7), "JPEG": photographed(t, 1), "GIF": gifOf(t)} {
		i, err := source.NewImage(t.Context(), raw)
		if err != nil {
			t.Fatal(err)
		}
		before, _, err := image.Decode(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		after, _, err := image.Decode(bytes.NewReader(i.Data))
		if err != nil || after.Bounds() != before.Bounds() {
			t.Fatalf("%s: %v", name, err)
		}
		for y := range before.Bounds().Dy() {
			for x := range before.Bounds().Dx() {
				if before.At(x, y) != after.At(x, y) {
					t.Fatalf("%s: another colour at %d, %d", name, x, y)
				}
			}
		}
	}
}

// bomb is a PNG that says it is so large, and holds hardly anything.
func bomb(width, height uint32) []byte {
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	return bytes.Join([][]byte{
		[]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", string(header)+"\x08\x06\x00\x00\x00"), chunk("IDAT", "\x78\x9c\x01\x00\x00\xff\xff\x00\x00\x00\x01"), chunk("IEND", ""),
	}, nil)
}

func TestHostileImages(t *testing.T) {
	still, err := source.NewImage(t.Context(), gifOf(t))
	if err != nil {
		t.Fatal(err)
	}
	whole := map[string][]byte{
		"PNG": pngOf(t, 60, 60), "JPEG": jpegOf(t, 60, 60), "GIF": still.Data,
		"WebP": unbase64(t, webpLossy), "extended WebP": extended(t, 0),
	}
	type hostile struct {
		raw  []byte
		kind error
	}
	cases := map[string]hostile{
		"nothing":                    {nil, policy.ErrInvalid},
		"text":                       {[]byte("an image"), policy.ErrInvalid},
		"SVG named .png":             {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), policy.ErrInvalid},
		"HTML that begins as a GIF":  {[]byte("GIF89a=1;<script>alert(1)</script>"), policy.ErrInvalid},
		"HTML in a GIF's comment":    {[]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00!\xfe\x19<script>alert(1)</script>\x00;"), policy.ErrInvalid},
		"a PDF":                      {[]byte("%PDF-1.7"), policy.ErrInvalid},
		"5 MB":                       {append(pngOf(t, 9, 9), make([]byte, 5<<20)...), policy.ErrTooLarge},
		"a bomb of 65,535²":          {bomb(65535, 65535), policy.ErrTooLarge},
		"a bomb of 2³¹ - 1":          {bomb(1<<31-1, 1<<31-1), policy.ErrInvalid},
		"a line of 9,000":            {bomb(9000, 1), policy.ErrTooLarge},
		"a canvas beyond the frame":  {extended(t, 9), policy.ErrInvalid},
		"a WebP that moves":          {unbase64(t, webpMoving), policy.ErrInvalid},
		"a WebP of 16,383 by 16,383": {[]byte("RIFF\x16\x00\x00\x00WEBPVP8 \x0a\x00\x00\x00\x30\x01\x00\x9d\x01\x2a\xff\x3f\xff\x3f"), policy.ErrTooLarge},
		"a PNG of no pixels":         {bomb(0, 0), policy.ErrInvalid},
		"a wrong checksum":           {bytes.Replace(pngOf(t, 9, 9), []byte("IDAT"), []byte("IDAT\x00"), 1), policy.ErrInvalid},
	}
	for name, raw := range whole {
		cases["half a "+name] = hostile{raw[:len(raw)/2], policy.ErrInvalid}
		cases[name+" without its end"] = hostile{raw[:len(raw)-13], policy.ErrInvalid}
	}
	for name, c := range cases {
		if i, err := source.NewImage(t.Context(), c.raw); !errors.Is(err, c.kind) {
			t.Errorf("%s: %v, %s of %d by %d", name, err, i.Type, i.Width, i.Height)
		}
	}
	// Every beginning of an image is refused or a whole image, and none brings the program down.
	for name, raw := range whole {
		for n := range raw {
			if i, err := source.NewImage(t.Context(), raw[:n]); err == nil && i.Digest == "" {
				t.Fatalf("%s, %d bytes", name, n)
			}
		}
	}
}

func FuzzNewImage(f *testing.F) {
	f.Add(bomb(3, 3))
	for _, s := range []string{webpLossless, webpLossy, webpMoving, "R0lGODlhAQABAAAAACwAAAAAAQABAAAC"} {
		if b, err := base64.StdEncoding.DecodeString(s); err == nil {
			f.Add(b)
		}
	}
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00\xff\xd9"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		i, err := source.NewImage(t.Context(), raw)
		if err != nil {
			return
		}
		again, err := source.NewImage(t.Context(), i.Data)
		if err != nil || again.Digest != i.Digest || len(i.Data) > len(raw)+64 {
			t.Fatalf("%d bytes became %d, then %v", len(raw), len(i.Data), err)
		}
	})
}

func dataURL(raw []byte) string {
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(raw)
}

// taken is what becomes of a text whose images are taken.
func taken(t *testing.T, src string, files map[string][]byte) (string, []policy.Image, []source.Finding) {
	t.Helper()
	out, images, found, err := source.TakeImages(t.Context(), src, files, nil)
	if err != nil {
		t.Fatal(err)
	}
	safe, more, err := source.Sanitize(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(safe), images, append(found, more...)
}

func TestTakeImages(t *testing.T) {
	raw := pngOf(t, 12, 8)
	i, err := source.NewImage(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	img := func(rest string) string { return `<img src="` + i.Address() + `" ` + rest + `/>` }
	photo, coded := photographed(t, 6), base64.StdEncoding.EncodeToString(raw)
	for name, c := range map[string]struct {
		in, want, code string
		images         int
		files          map[string][]byte
	}{
		"pasted":                     {`<p>a<img alt="Map" src="` + dataURL(raw) + `"></p>`, `<p>a` + img(`alt="Map" width="12" height="8"`) + `</p>`, "", 1, nil},
		"the same twice":             {strings.Repeat(`<img alt="" src="`+dataURL(raw)+`">`, 2), strings.Repeat(img(`alt="" width="12" height="8"`), 2), "", 1, nil},
		"with a size of its own":     {`<img src="` + dataURL(raw) + `" alt="a  b" width="6">`, img(`alt="a b" width="6"`), "", 1, nil},
		"escaped, broken into lines": {`<img alt="" src=" DATA:x;base64,` + strings.ReplaceAll(coded[:40], "i", "%69") + "\n" + coded[40:] + `">`, img(`alt="" width="12" height="8"`), "", 1, nil},
		"without a description":      {`<img src="` + dataURL(raw) + `">`, img(`alt="" width="12" height="8"`), source.FoundImageUndescribed, 1, nil},
		"no image":                   {`<p>a<img alt="x" src="` + dataURL([]byte("<svg/>")) + `"></p>`, `<p>a</p>`, source.FoundImageBad, 0, nil},
		"not base64":                 {`<p>a<img alt="x" src="data:image/png,%89PNG"></p>`, `<p>a</p>`, source.FoundImageBad, 0, nil},
		"too large":                  {`<p>a<img alt="x" src="` + dataURL(make([]byte, 2<<20)) + `"></p>`, `<p>a</p>`, source.FoundImageLarge, 0, nil},
		"a file":                     {`<p><img src="my%20map.png" alt="Map"></p>`, `<p>` + img(`alt="Map" width="12" height="8"`) + `</p>`, "", 1, map[string][]byte{"my map.png": raw}},
		"of another site":            {`<p>a<img src="https://x.example/a.png" alt="x"></p>`, `<p>a</p>`, source.FoundImage, 0, map[string][]byte{}},
		"of another site, no scheme": {`<p>a<img src="//x.example/a.png" alt="x"></p>`, `<p>a</p>`, source.FoundImage, 0, map[string][]byte{}},
		"a file, where none are":     {`<p>a<img src="a.png" alt="x"></p>`, `<p>a</p>`, source.FoundImage, 0, nil},
		"stored already":             {img(`alt="x" width="1"`), img(`alt="x" width="1"`), "", 0, map[string][]byte{}},
		"a photograph on its side":   {`<img src="p.jpg" alt="">`, ` width="20" height="40"/>`, "", 1, map[string][]byte{"p.jpg": photo}},
		"too many":                   {strings.Repeat(`<img alt="" src="`+dataURL(raw)+`">`, 51), `<img`, source.FoundImageMany, 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, images, found := taken(t, c.in, c.files)
			if got != c.want && !(strings.Count(c.want, "<") == 0 && strings.HasSuffix(got, c.want)) && !(c.want == "<img" && strings.Count(got, c.want) == 50) {
				t.Errorf("got  %.300s\nwant %s", got, c.want)
			}
			if len(images) != c.images || (c.code != "") != (len(found) > 0) || c.code != "" && !has(found, c.code, "") {
				t.Errorf("%d images, %v", len(images), found)
			}
			// What was taken is as it stands: nothing more is found in it.
			again, none, found := taken(t, got, map[string][]byte{})
			if again != got || len(none) > 0 || len(found) > 0 {
				t.Errorf("again it is %s, %v", again, found)
			}
		})
	}
	for _, src := range []string{"b.png", "half.png", "../a.png", "/a.png", "sub/a.png", "a.png?x", "./a.png", "%zz"} {
		if _, _, _, err := source.TakeImages(t.Context(), `<img src="`+src+`">`, map[string][]byte{"a.png": raw, "half.png": raw[:40]}, nil); !errors.Is(err, policy.ErrInvalid) {
			t.Errorf("%s: %v", src, err)
		}
	}
}

func TestReplaceImages(t *testing.T) {
	i, err := source.NewImage(t.Context(), pngOf(t, 3, 3))
	if err != nil {
		t.Fatal(err)
	}
	safe, _ := clean(t, source.Element(i, `a "b" src="/images/sha256/`+strings.Repeat("0", 64)+`"`)+source.Element(i, "")+`<p> src="`+i.Address()+`"</p>`)
	text := policy.Text{Content: policy.SafeHTML(safe)}
	if got := policy.ImagesIn(text, text); len(got) != 1 || got[0] != i.Digest {
		t.Errorf("%v in %s", got, safe)
	}
	out, err := policy.ReplaceImages(text.Content, func(digest string) (string, error) { return source.DataURL(i), nil })
	if err != nil || strings.Count(out, `<img src="data:image/png;base64,`) != 2 || strings.Contains(out, `src="/images`) {
		t.Errorf("%s, %v", out, err)
	}
	if back, images, _ := taken(t, out, nil); back != safe || len(images) != 1 || images[0].Digest != i.Digest {
		t.Errorf("back it is\n%s, was\n%s", back, safe)
	}
	if _, err := policy.ReplaceImages(text.Content, func(string) (string, error) { return "", policy.ErrNotFound }); !errors.Is(err, policy.ErrNotFound) {
		t.Errorf("%v", err)
	}
}
