package download

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"strings"
	"testing"
)

// xmlText is how a download writes a text into XML.
func xmlText(s string, most int) string {
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	writeXML(w, s, most)
	w.Flush() //nolint:errcheck // a buffer takes everything
	return b.String()
}

// xmlChars leaves out what XML 1.0 cannot hold (its production Char).
func xmlChars(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000 {
			return r
		}
		return -1
	}, s)
}

func TestXMLHoldsEveryCharacterThatItCan(t *testing.T) {
	var b strings.Builder
	for r := rune(0); r <= 0x10ffff; r++ {
		if r < 0xd800 || r > 0xdfff {
			b.WriteRune(r)
		}
	}
	all := b.String() + "\xff\xed\xa0\x80" // and what is no character at all
	want := xmlChars(strings.ToValidUTF8(all, "\ufffd"))
	written := xmlText(all, -1)
	var doc struct {
		Attr string `xml:"a,attr"`
		Text string `xml:",chardata"`
	}
	if err := xml.Unmarshal([]byte(`<x a="`+written+`">`+written+`</x>`), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Attr != want || doc.Text != want {
		t.Errorf("an attribute of %d bytes and a text of %d, want %d", len(doc.Attr), len(doc.Text), len(want))
	}
	for text, want := range map[string]string{"șțăî": "șț", "a": "a", "": "", "a&b": "a&amp;"} {
		if got := xmlText(text, 2); got != want {
			t.Errorf("two characters of %q: %q", text, got)
		}
	}
}
