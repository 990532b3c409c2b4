package lti

import (
	"errors"
	"fmt"
	"net/http"
)

// Code says why a launch was refused. The codes are part of the product's interface: they stand in pages
// and log lines.
type Code string

// The codes of refused launches.
const (
	StateMissing       Code = "state_missing"
	StateMismatch      Code = "state_mismatch"
	PlatformUnknown    Code = "platform_unknown"
	PlatformMoved      Code = "platform_moved" // it is registered under another issuer
	PlatformPending    Code = "platform_pending"
	PlatformDisabled   Code = "platform_disabled"
	PlatformError      Code = "platform_error"
	TokenMalformed     Code = "token_malformed"
	TokenTooLong       Code = "token_too_long" // longer than MaxToken
	AlgRefused         Code = "alg_refused"
	KidMissing         Code = "kid_missing"
	KidUnknown         Code = "kid_unknown"
	SignatureInvalid   Code = "signature_invalid"
	IssuerMismatch     Code = "issuer_mismatch"
	AudienceMismatch   Code = "audience_mismatch"
	AZPMismatch        Code = "azp_mismatch"
	TokenExpired       Code = "token_expired"
	TokenFromFuture    Code = "token_from_future"
	NonceMissing       Code = "nonce_missing"
	NonceMismatch      Code = "nonce_mismatch"
	NonceReplayed      Code = "nonce_replayed"
	VersionUnsupported Code = "version_unsupported"
	MessageUnsupported Code = "message_unsupported"
	ClaimMissing       Code = "claim_missing"
	ClaimInvalid       Code = "claim_invalid"
	DeploymentUnknown  Code = "deployment_unknown"
	SubjectMissing     Code = "subject_missing"
	JWKSUnavailable    Code = "jwks_unavailable"
)

// HTTPStatus returns the status of the page that shows the code: 401 for what fails authentication
// (Security Framework 1.0, 5.1.3), 400 for what is malformed, 403 for what is not allowed, 503 for what is
// the platform's fault. A code that is not one of the above gives 500.
func (c Code) HTTPStatus() int {
	switch c {
	case StateMissing, StateMismatch, AlgRefused, KidMissing, KidUnknown, SignatureInvalid, IssuerMismatch,
		AudienceMismatch, AZPMismatch, TokenExpired, TokenFromFuture, NonceMissing, NonceMismatch,
		NonceReplayed, SubjectMissing:
		return http.StatusUnauthorized
	case TokenMalformed, VersionUnsupported, MessageUnsupported, ClaimMissing, ClaimInvalid:
		return http.StatusBadRequest
	case TokenTooLong:
		return http.StatusRequestEntityTooLarge
	case PlatformUnknown, PlatformMoved, PlatformPending, PlatformDisabled, PlatformError, DeploymentUnknown:
		return http.StatusForbidden
	case JWKSUnavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// Error is a refusal with its code. Detail names the claim or parameter concerned and never holds a token,
// a name or an address; it may be shown.
type Error struct {
	Code   Code
	Detail string
	Err    error // cause, for the log
}

func (e *Error) Error() string {
	s := string(e.Code)
	if e.Detail != "" {
		s += " (" + e.Detail + ")"
	}
	if e.Err != nil {
		s = fmt.Sprintf("%s: %v", s, e.Err)
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// refuse makes a refusal that names the claim or parameter concerned.
func refuse(c Code, detail string) *Error { return &Error{Code: c, Detail: detail} }

// CodeOf returns the code of the refusal in err's chain, or "" if there is none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}
