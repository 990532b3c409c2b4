package policy

import "errors"

// Kind of error: a closed set, so that one place can turn any error into a status and a page.
var (
	ErrInvalid     = errors.New("invalid")     // the input is malformed or breaks a rule
	ErrNotFound    = errors.New("not found")   // there is no such thing, or it is not the reader's to see
	ErrForbidden   = errors.New("forbidden")   // known, but not allowed
	ErrSession     = errors.New("no session")  // no launch, or it ended: reopen from Moodle
	ErrConflict    = errors.New("conflict")    // somebody else was first, or the state changed meanwhile
	ErrTooLarge    = errors.New("too large")   // over a size limit
	ErrTooMany     = errors.New("too many")    // over a rate limit
	ErrUnavailable = errors.New("unavailable") // the database or the platform cannot be reached now
)

// Error is an error of a known kind with, if anything can be said to a person, the key of a message.
// Its text is for the log.
type Error struct {
	Kind error  // one of the Err values above
	Key  string // message key for the page; empty: the kind's general message
	Args []any  // arguments of the message
	Err  error  // what happened, for the log
}

// E makes an error of a kind whose page shows the message key with args.
func E(kind error, key string, args ...any) *Error { return &Error{Kind: kind, Key: key, Args: args} }

// Because adds the cause for the log.
func (e *Error) Because(err error) *Error {
	c := *e
	c.Err = err
	return &c
}

func (e *Error) Error() string {
	text := e.Kind.Error()
	if e.Key != "" || e.Err == nil {
		text += ": " + e.Key
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap makes errors.Is work for the kind and for the cause.
func (e *Error) Unwrap() []error { return []error{e.Kind, e.Err} }
