package templates

import (
	"fmt"
	"html/template"
	"strings"

	"rsc.io/qr"

	"ltipolicy/policy"
)

// ReceiptPage takes a receipt and says whether it holds.
type ReceiptPage struct {
	Page
	Keys  string // the log's keys as the reader has them from elsewhere; empty: the receipt's own is believed
	Doubt string // what does not hold, in English or in the reader's words; empty: nothing was sent, or all holds

	// What a receipt says that holds.
	Holds       bool
	Promised    bool // it was made before the log had the answer
	Event       policy.Event
	By          string // who acted for the person; empty: the person
	Who         string
	Institution string
	Key         string // that it is signed with
	Text        policy.Text
}

// Course is the number of the course that the answer is for, which is all that a receipt says of it; empty: the site.
func (p ReceiptPage) Course() string { return p.Event.Scope }

// Number is that of the text among several; here it is the only one.
func (p ReceiptPage) Number() int { return 0 }

// drawn is an address as a QR code, a picture within the page. It is as wide as its class says.
func drawn(address string) (template.HTML, error) {
	c, err := qr.Encode(address, qr.M)
	if err != nil {
		return "", fmt.Errorf("drawing %q as a QR code: %w", address, err)
	}
	const quiet = 4 // modules around it, as ISO/IEC 18004 wants
	var path strings.Builder
	for y := range c.Size {
		for x := range c.Size {
			if c.Black(x, y) {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	side := c.Size + 2*quiet
	return template.HTML(fmt.Sprintf(`<svg class="qr" viewBox="0 0 %[1]d %[1]d" aria-hidden="true" focusable="false"><path class="paper" d="M0 0h%[1]dv%[1]dH0z"/><path class="ink" d="%s"/></svg>`, side, path.String())), nil
}
