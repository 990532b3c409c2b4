package post

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"regexp"
	"strconv"

	"github.com/wneessen/go-mail/smtp"
)

// Refusal is a mail server's answer that it does not take a letter to somebody.
type Refusal struct {
	Code     int
	Enhanced string // RFC 3463's code of the reason; empty: none was given
}

// Temporary reports whether the letter may be taken later.
func (r *Refusal) Temporary() bool { return r.Code < 500 }

// Reason is the answer without its words, which may name people.
func (r *Refusal) Reason() string {
	if r.Enhanced == "" {
		return strconv.Itoa(r.Code)
	}
	return strconv.Itoa(r.Code) + " " + r.Enhanced
}

func (r *Refusal) Error() string { return "the mail server refused a letter: " + r.Reason() }

var (
	// ErrUnsure is that nobody knows whether the server has the letter: its end was sent, and no answer came.
	ErrUnsure = errors.New("the mail server said nothing about a letter that was sent")
	// ErrUnaddressed is that nothing can be sent to the letter's address.
	ErrUnaddressed = errors.New("no address to which a mail can be sent")
)

// Connection is a conversation with a mail server. It is not safe for concurrent use.
type Connection struct {
	wire *smtp.Client
	from string
	// hangUp breaks off whatever is under way; nil: it ends by its time.
	hangUp func()
	over   bool // it is of no use any more
}

// Close ends the conversation.
func (c *Connection) Close() {
	if !c.over {
		c.wire.UpdateDeadline(stepWithin) //nolint:errcheck // then it ends by itself
		c.wire.Quit()                     //nolint:errcheck // then it ends without a word
	}
	c.drop()
}

// drop ends it without a word: nothing that was begun may come to its end.
func (c *Connection) drop() {
	c.over = true
	c.wire.Close() //nolint:errcheck // it is of no use any more
}

// Send hands a letter to the server. Before its end is sent, which makes it the server's, handOver is asked: an error of
// it, which is returned, takes the letter back. After it the letter is the server's, unless Send returns a *[Refusal] or
// another error; on [ErrUnsure] nobody knows.
//
// A *Refusal or [ErrUnaddressed] is about this letter, and the next one may be sent. Any other error is about the server:
// the letter was not taken, and nothing more can be sent here. A context that ends breaks off until handOver was asked;
// from then on the answer is waited for.
func (c *Connection) Send(ctx context.Context, l Letter, handOver func() error) error {
	m, err := l.message(c.from)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnaddressed, err)
	}
	if c.over {
		return errOver
	}
	handed := false
	err = c.send(ctx, l.To, m, func() error {
		err := handOver()
		handed = err == nil
		return err
	})
	if _, about := errors.AsType[*Refusal](err); err == nil || about {
		return err
	}
	c.drop()
	if stopped := ctx.Err(); stopped != nil && !handed {
		return fmt.Errorf("%w: %w", stopped, err)
	}
	return err
}

var errOver = errors.New("the conversation with the mail server is over")

func (c *Connection) send(ctx context.Context, to string, m io.WriterTo, handOver func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	waits := func() bool { return true }
	if c.hangUp != nil {
		waits = context.AfterFunc(ctx, c.hangUp)
	}
	defer waits()
	if err := c.wire.UpdateDeadline(stepWithin); err != nil {
		return err
	}
	if err := c.wire.Mail("<" + c.from + ">"); err != nil {
		return fmt.Errorf("the mail server takes no letters from %s: %w", c.from, err)
	}
	if err := c.wire.Rcpt("<" + to + ">"); err != nil {
		return c.refused(err)
	}
	w, err := c.wire.Data()
	if err != nil {
		return c.refused(err)
	}
	if _, err := m.WriteTo(w); err != nil {
		return fmt.Errorf("sending a letter: %w", err)
	}
	if !waits() && ctx.Err() != nil {
		return ctx.Err()
	}
	if err := handOver(); err != nil {
		return err
	}
	if err := c.wire.UpdateDeadline(endWithin); err != nil {
		return err // nothing was sent
	}
	if err := w.Close(); err != nil {
		if _, answered := errors.AsType[*textproto.Error](err); !answered {
			return fmt.Errorf("%w: %w", ErrUnsure, err)
		}
		return c.refused(err)
	}
	return nil
}

// enhanced is RFC 3463's code at the beginning of an answer's words.
var enhanced = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)

// refused makes a Refusal of a server's answer, and the connection ready for the next letter. That the server is closing
// is about the server.
func (c *Connection) refused(err error) error {
	said, ok := errors.AsType[*textproto.Error](err)
	if !ok || said.Code < 400 || said.Code == 421 {
		return fmt.Errorf("the mail server broke off: %w", err)
	}
	if c.wire.Reset() != nil {
		c.drop() // this letter was answered; the next one says so
	}
	return &Refusal{said.Code, enhanced.FindString(said.Msg)}
}
