package lti

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A login door is a plugin of the platform that sends people to the tool when they log in and lets them in
// when the tool says, signed, that what is compulsory is answered. Its launches are ordinary LTI launches
// that start at a login address of their own and pass an authorisation endpoint of the plugin's. What follows
// a launch is not LTI: this file holds the signed messages of that part.

// DoorPurpose is the purpose of attempts that begin at a door's login address.
const DoorPurpose = "door"

// DoorLoginURI returns the login address for the launches of a platform's door.
func (t *Tool) DoorLoginURI(platformID string) string { return t.LoginURI(platformID) + "/door" }

// Custom parameters of a door's launch.
const (
	DoorNonce   = "gate_nonce"   // one-time value that the answer must repeat
	DoorContact = "gate_contact" // whom people can ask, as text; may be absent
)

// Results of a door's launch.
const (
	DoorAnswered = "answered" // nothing compulsory is left
	DoorDeclined = "declined" // the person leaves without accepting what is compulsory
)

const (
	// The platform tolerates no clock ahead of its own. An answer is used within seconds: it travels in a
	// redirect.
	doorBackdate = 10 * time.Second
	doorLife     = time.Minute
)

// DoorState is what a platform's members are asked at one moment. Serial grows with every change, so that of
// two states the later one can be told; Versions are material version ids and Hash identifies the list.
type DoorState struct {
	Hash     string   `json:"state"`
	Serial   int64    `json:"serial"`
	Versions Versions `json:"versions"`
}

// Versions are ids of versions. In JSON none of them are [], never null, which the plugin would have to tell from a
// list that is missing.
type Versions []int64

// MarshalJSON writes a list.
func (v Versions) MarshalJSON() ([]byte, error) {
	if v == nil {
		return []byte("[]"), nil
	}
	return json.Marshal([]int64(v))
}

// DoorAnswer is what the tool says to a door about one person. Versions of its State are those that the
// person has answered at this moment; they may be more than that state asks, but never fewer.
type DoorAnswer struct {
	Sub, Nonce string
	Result     string
	Left       int // policies that are open, or will be at a time of the person's own; none holds them up now if the result is DoorAnswered
	State      DoorState
}

// envelope is common to the messages to a door. aud is the platform's issuer and iss the client id, the
// other way round than in a launch, so that no message of one direction can serve in the other.
type envelope struct {
	Issuer   string `json:"iss"`
	Audience string `json:"aud"`
	IssuedAt int64  `json:"iat"`
	Expires  int64  `json:"exp"`
	ID       string `json:"jti"`
	Purpose  string `json:"purpose"`
	DoorState
}

// SignDoorAnswer signs the answer to a door's launch, valid for a minute. It is bound to the platform, the
// person and the launch's one-time value.
func (t *Tool) SignDoorAnswer(ctx context.Context, p Platform, a DoorAnswer) (string, error) {
	e, k, err := t.envelope(ctx, p, "login", a.State)
	if err != nil {
		return "", fmt.Errorf("signing the answer to platform %s: %w", p.ID, err)
	}
	return sign(k, struct {
		envelope
		Subject string `json:"sub"`
		Nonce   string `json:"nonce"`
		Result  string `json:"result"`
		Left    int    `json:"left"`
	}{e, a.Sub, a.Nonce, a.Result, a.Left})
}

// SignDoorNotice signs the news of a new state.
func (t *Tool) SignDoorNotice(ctx context.Context, p Platform, state DoorState) (string, error) {
	e, k, err := t.envelope(ctx, p, "notice", state)
	if err != nil {
		return "", fmt.Errorf("signing the notice to platform %s: %w", p.ID, err)
	}
	return sign(k, e)
}

func (t *Tool) envelope(ctx context.Context, p Platform, purpose string, state DoorState) (envelope, Key, error) {
	if t.keys == nil {
		return envelope{}, Key{}, errors.New("the tool has no keys")
	}
	ring, err := t.keys(ctx)
	if err != nil {
		return envelope{}, Key{}, fmt.Errorf("getting the keys: %w", err)
	}
	k, err := ring.Current()
	if err != nil {
		return envelope{}, Key{}, err
	}
	id, err := t.secret()
	if err != nil {
		return envelope{}, Key{}, err
	}
	issued := t.now().Add(-doorBackdate)
	return envelope{
		Issuer: p.ClientID, Audience: p.Issuer, IssuedAt: issued.Unix(),
		Expires: issued.Add(doorBackdate + doorLife).Unix(), ID: id, Purpose: purpose, DoorState: state,
	}, k, nil
}

// Inquiry is what a door tells with a question. All of it may be missing.
type Inquiry struct {
	Version string // of the plugin
	Lang    string // Moodle's code of the language that is asked in
	Idle    bool   // the site does not have the plugin chosen, which then sends nobody
}

// What a door asks for, see [Tool.VerifyInquiry].
const (
	InquiryState      = "state"      // what members are asked
	InquiryConnection = "connection" // how the connection looks from the tool's side
)

// VerifyInquiry checks a door's signed question: signature, issuer, audience and time as of a launch, and the purpose,
// which no launch has. Refusals are [*Error]; a site that says another address of itself than the registered one is an
// IssuerMismatch whatever its signature, so that its administrator hears the cause.
func (t *Tool) VerifyInquiry(ctx context.Context, p Platform, token, purpose string) (Inquiry, error) {
	payload, err := t.verifyFromDoor(ctx, p, token, purpose)
	if err != nil {
		return Inquiry{}, err
	}
	var said struct {
		Version any `json:"version"`
		Lang    any `json:"lang"`
		Active  any `json:"active"`
	}
	if err := json.Unmarshal(payload, &said); err != nil {
		return Inquiry{}, &Error{Code: ClaimInvalid, Detail: "payload", Err: err}
	}
	version, _ := said.Version.(string)
	lang, _ := said.Lang.(string)
	return Inquiry{Version: clean(version, 32), Lang: clean(lang, 32), Idle: said.Active == false}, nil
}

// Account is what became of somebody's account at a platform.
type Account struct {
	Sub string
	Is  AccountState
}

// AccountState is whether an account can be used.
type AccountState string

// The states of an account.
const (
	AccountActive    AccountState = "active"
	AccountSuspended AccountState = "suspended"
	AccountDeleted   AccountState = "deleted"
)

// VerifyAccounts checks a door's signed news of accounts as [Tool.VerifyInquiry] does its question, with the purpose
// "accounts", and returns them. Refusals are [*Error].
func (t *Tool) VerifyAccounts(ctx context.Context, p Platform, token string) ([]Account, error) {
	payload, err := t.verifyFromDoor(ctx, p, token, "accounts")
	if err != nil {
		return nil, err
	}
	var said struct {
		Accounts []struct {
			Sub string       `json:"sub"`
			Is  AccountState `json:"is"`
		} `json:"accounts"`
	}
	if err := json.Unmarshal(payload, &said); err != nil {
		return nil, &Error{Code: ClaimInvalid, Detail: "accounts", Err: err}
	}
	accounts := make([]Account, 0, len(said.Accounts))
	for _, a := range said.Accounts {
		switch a.Is {
		case AccountActive, AccountSuspended, AccountDeleted:
		default:
			return nil, refuse(ClaimInvalid, "accounts.is")
		}
		if a.Sub == "" || len(a.Sub) > 255 {
			return nil, refuse(ClaimInvalid, "accounts.sub")
		}
		accounts = append(accounts, Account{Sub: a.Sub, Is: a.Is})
	}
	return accounts, nil
}

// verifyFromDoor returns the payload of a message that a platform signed for the tool, a moment ago, for a purpose.
func (t *Tool) verifyFromDoor(ctx context.Context, p Platform, token, want string) ([]byte, error) {
	if err := p.usable(); err != nil {
		return nil, err
	}
	kid, err := splitToken(token)
	if err != nil {
		return nil, err
	}
	if iss := claimedIssuer(token); iss != "" && iss != p.Issuer {
		return nil, refuse(IssuerMismatch, "iss")
	}
	key, err := t.sets.find(ctx, p.JWKSURL, kid)
	if err != nil {
		return nil, err
	}
	payload, err := checkSignature(token, key)
	if err != nil {
		return nil, &Error{Code: SignatureInvalid, Err: err}
	}
	c, err := parseClaims(payload)
	if err != nil {
		return nil, err
	}
	if err := c.authenticate(p, Attempt{}); err != nil {
		return nil, err
	}
	if err := c.date(&Message{}, t.now(), t.leeway); err != nil {
		return nil, err
	}
	var purpose string
	if err := readObject(payload, "payload", member{name: "purpose", text: &purpose}); err != nil {
		return nil, err
	}
	if purpose != want {
		return nil, refuse(ClaimInvalid, "purpose")
	}
	return payload, nil
}

// claimedIssuer is who a token of three parts says it is from, whatever that is worth; empty if it says nothing
// readable.
func claimedIssuer(token string) string {
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		return ""
	}
	var said struct {
		Issuer string `json:"iss"`
	}
	if json.Unmarshal(payload, &said) != nil {
		return ""
	}
	return said.Issuer
}

// Where Moodle has its own authorisation endpoint, and the login plugin its.
const (
	moodleAuth = "/mod/lti/auth.php"
	moodleDoor = "/local/ltipolicy/gate.php?step=auth"
)

// MoodleDoor returns the authorisation endpoint of the login plugin in the Moodle whose own endpoint is given, whether or
// not it has the plugin; "" for what is no Moodle.
func MoodleDoor(authURL string) string {
	base, ok := strings.CutSuffix(authURL, moodleAuth)
	if !ok {
		return ""
	}
	return base + moodleDoor
}

// ErrNoDoor says that there is no plugin where a door was declared: it was not installed yet, or is not any more.
var ErrNoDoor = errors.New("no login plugin there")

// DoorEndpoint returns the address of another step of the plugin whose authorisation endpoint is given.
func DoorEndpoint(authURL, step string) (string, error) {
	u, err := url.Parse(authURL)
	if err != nil {
		return "", fmt.Errorf("parsing the door's authorisation endpoint: %w", Redacted(err))
	}
	q := u.Query()
	q.Set("step", step)
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// DoorReturn reports whether an address is a step of the plugin with this authorisation endpoint: the same
// origin and the same path. A launch's return address that is not would carry a signed answer elsewhere.
func DoorReturn(authURL, address string) bool {
	a, err := url.Parse(authURL)
	if err != nil {
		return false
	}
	b, err := url.Parse(address)
	return err == nil && origin(a) != "" && origin(a) == origin(b) && a.Path == b.Path && b.User == nil
}

// SendDoorNotice delivers a signed notice to the door's plugin. An answer other than 200 or 204 is an error, 404
// [ErrNoDoor].
func (t *Tool) SendDoorNotice(ctx context.Context, authURL, notice string) error {
	address, err := DoorEndpoint(authURL, "notify")
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(url.Values{"notice": {notice}}.Encode()))
	if err != nil {
		return fmt.Errorf("notifying the door: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("User-Agent", "ltipolicy")
	resp, err := Send(t.client, r)
	if err != nil {
		return fmt.Errorf("notifying the door: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxDocument)) // so that the connection can be used again
	if resp.StatusCode == http.StatusNotFound {
		return fmt.Errorf("notifying the door: %w", ErrNoDoor)
	}
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusNoContent {
		return fmt.Errorf("notifying the door: unexpected status %d", resp.StatusCode)
	}
	return nil
}
