package post

import (
	"errors"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"ltipolicy/policy/normal"
)

// subjectMost is how many letters of a subject are sent.
const subjectMost = 150

// Letter is a mail to one person.
type Letter struct {
	ID      string // of the mail, left of its @; empty: made up
	To      string // address, see [Deliverable]
	Subject string
	Lang    string // of the texts, BCP 47; empty: not said
	Text    string // plain
	HTML    string // the same as HTML; empty: plain text alone
	Date    time.Time
}

// message is the letter as it is sent. Whatever stands in a header is one line. Nobody is asked for a receipt, and nobody's
// program should answer by itself.
func (l Letter) message(from string) (*mail.Msg, error) {
	if !Deliverable(l.To) {
		return nil, errors.New("no address to which a mail can be sent")
	}
	m := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := errors.Join(m.From(from), m.To(l.To)); err != nil {
		return nil, err
	}
	m.Subject(line(l.Subject))
	if l.ID != "" {
		_, host, _ := strings.Cut(from, "@")
		m.SetMessageIDWithValue(l.ID + "@" + host)
	}
	if !l.Date.IsZero() {
		m.SetDateWithValue(l.Date)
	}
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetGenHeader("X-Auto-Response-Suppress", "All")
	if l.Lang != "" {
		m.SetGenHeader("Content-Language", line(l.Lang))
	}
	m.SetBodyString(mail.TypeTextPlain, l.Text)
	if l.HTML != "" {
		m.AddAlternativeString(mail.TypeTextHTML, l.HTML)
	}
	return m, nil
}

// line is a text as it may stand in a header.
func line(s string) string {
	return strings.ReplaceAll(normal.Shown(s, subjectMost), "=?", "= ?") // or programs would read it as letters in another writing
}
