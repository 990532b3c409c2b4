package launch

import (
	"crypto/subtle"
	"fmt"
	"net/http"

	"ltipolicy/policy"
)

// presentation is what a form's hidden token says of the page that carried it: whose it is, and exactly
// which texts were shown. The token is signed, so an answer can only be given to what was shown, and one
// page records once however often it is sent.
type presentation struct {
	ID     string  `json:"id"`
	Launch string  `json:"launch"`
	UILang string  `json:"ui"`
	Shown  []shown `json:"shown"`
}

// shown is one text of a page.
type shown struct {
	Version int64  `json:"v"`
	Lang    string `json:"l"`
	Digest  string `json:"d"`
}

const tokenField = "token"

// present signs a new presentation of these texts.
func (s *Server) present(launchID, uiLang string, texts []shown) (string, error) {
	id, err := s.newID()
	if err != nil {
		return "", err
	}
	token, err := s.forms.Encode(tokenField, presentation{ID: id, Launch: launchID, UILang: uiLang, Shown: texts})
	if err != nil {
		return "", fmt.Errorf("signing the form: %w", err)
	}
	return token, nil
}

// presented reads back the presentation of a posted form. A token that is missing, foreign or too old is
// policy.ErrForbidden.
func (s *Server) presented(r *http.Request, launchID string) (presentation, error) {
	var p presentation
	if err := s.forms.Decode(tokenField, r.PostForm.Get(tokenField), &p); err != nil {
		return p, policy.E(policy.ErrForbidden, "csrf").Because(err)
	}
	if !equal(p.Launch, launchID) {
		return p, policy.E(policy.ErrForbidden, "csrf")
	}
	return p, nil
}

// equal compares in constant time.
func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
