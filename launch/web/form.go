package web

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"ltipolicy/policy"
	"ltipolicy/templates"
)

// Presentation is what a form's hidden token says of the page that carried it: whose it is, and exactly
// which texts were shown. The token is signed, so an answer can only be given to what was shown, and one
// page records once however often it is sent.
type Presentation struct {
	ID     string  `json:"id"`
	Launch string  `json:"launch"`
	UILang string  `json:"ui"`
	Shown  []Shown `json:"shown"`
}

// Shown is one text of a page.
type Shown struct {
	Version int64  `json:"v"`
	Lang    string `json:"l"`
	Digest  string `json:"d"`
}

// TokenField is the field of a form that holds its token.
const TokenField = "token"

// Present signs a new presentation of these texts, as the field that a form carries.
func (f *Frame) Present(launchID, uiLang string, texts []Shown) (templates.Field, error) {
	id, err := f.NewID()
	if err != nil {
		return templates.Field{}, err
	}
	token, err := f.forms.Encode(TokenField, Presentation{ID: id, Launch: launchID, UILang: uiLang, Shown: texts})
	if err != nil {
		return templates.Field{}, fmt.Errorf("signing the form: %w", err)
	}
	return templates.Field{Name: TokenField, Value: token}, nil
}

// Presented reads back the presentation of a posted form. A token that is missing, foreign or too old is
// policy.ErrForbidden.
func (f *Frame) Presented(r *http.Request, launchID string) (Presentation, error) {
	var p Presentation
	if err := f.forms.Decode(TokenField, r.PostForm.Get(TokenField), &p); err != nil {
		return p, policy.E(policy.ErrForbidden, "csrf").Because(err)
	}
	if !equal(p.Launch, launchID) {
		return p, policy.E(policy.ErrForbidden, "csrf")
	}
	return p, nil
}

// equal compares in constant time.
func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// ParseForm reads a posted form. Too long is ErrTooLarge by its own type, malformed is ErrInvalid.
func ParseForm(r *http.Request) error {
	err := r.ParseForm()
	if err == nil {
		return nil
	}
	if _, code, _ := Classify(err); code == "too_large" {
		return err
	}
	return policy.E(policy.ErrInvalid, "").Because(err)
}

// ParseUpload reads a posted form that may bring files. All of it stays in memory, which limitBody bounds; of long ones
// there are only so many at once, and of an institution, or without one of an address, only one as long as it may be.
// Whoever does not find room in time gets ErrUnavailable, busy. The caller calls done when the form is of no use any more.
func (f *Frame) ParseUpload(r *http.Request, institutionID string) (done func(), err error) {
	done = func() {}
	if bytes := long(r); bytes > 0 {
		in, payer := f.office, institutionID
		if payer == "" {
			in, payer = f.anybody, f.limits.client(r)
		}
		ctx, cancel := context.WithTimeout(r.Context(), f.patience)
		defer cancel()
		if done, err = in.enter(ctx, payer, bytes); err != nil {
			return nil, err
		}
	}
	if err := parseUpload(r); err != nil {
		done()
		return nil, err
	}
	return done, nil
}

func parseUpload(r *http.Request) error {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "multipart/form-data" {
		return ParseForm(r)
	}
	err := r.ParseMultipartForm(maxDraft)
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return err
	}
	return policy.E(policy.ErrInvalid, "").Because(err)
}

// maxSearch bounds what is looked for.
const maxSearch = 100

// SearchText is what somebody looks for, as it was typed, without what no name can match.
func SearchText(typed string) string {
	s := strings.Join(strings.Fields(typed), " ")
	if !utf8.ValidString(s) {
		return ""
	}
	if rs := []rune(s); len(rs) > maxSearch {
		return string(rs[:maxSearch])
	}
	return s
}
