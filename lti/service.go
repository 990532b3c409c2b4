package lti

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// ServiceCode says why a call of a platform's service failed.
type ServiceCode string

// The codes of a [ServiceError]. Only the first four may go away by themselves.
const (
	ServiceUnreachable  ServiceCode = "unreachable"  // no answer, or one that says to come back later
	ServiceUnauthorized ServiceCode = "unauthorized" // no token, or one that is not taken, a fresh one neither
	ServiceKeys         ServiceCode = "keys"         // no token: the platform did not get as far as checking the tool's keys
	ServiceNonsense     ServiceCode = "nonsense"     // an answer that is not the service's
	ServiceRefused      ServiceCode = "refused"      // not allowed
	ServiceElsewhere    ServiceCode = "elsewhere"    // the tool does not go to the address that the platform told
	ServiceGone         ServiceCode = "gone"         // there is no such course or line item any more
	ServiceTooLarge     ServiceCode = "too_large"    // over the limits of size or pages
	ServiceStale        ServiceCode = "stale"        // the platform has a newer score
	ServiceUngradable   ServiceCode = "ungradable"   // the platform does not take this score for this person
)

// ServiceError is a failure of a platform's service.
type ServiceError struct {
	Code   ServiceCode
	Status int           // HTTP status, 0 if there was no answer
	After  time.Duration // the least time to wait, if the platform said
	Err    error         // cause, for the log
}

func (e *ServiceError) Error() string {
	s := "platform service: " + string(e.Code)
	if e.Status != 0 {
		s += fmt.Sprintf(" (status %d)", e.Status)
	}
	if e.Err != nil {
		s += fmt.Sprintf(": %v", e.Err)
	}
	return s
}

// Unwrap returns the cause.
func (e *ServiceError) Unwrap() error { return e.Err }

// Temporary reports whether trying later may help.
func (e *ServiceError) Temporary() bool {
	switch e.Code {
	case ServiceUnreachable, ServiceUnauthorized, ServiceKeys, ServiceNonsense:
		return true
	}
	return false
}

// serviceTimeout is for one page of a roster: a platform may check each member's rights.
const serviceTimeout = time.Minute

// ask sends a request of a service with an access token for the scope, and again with a fresh one if the
// platform has lost the first. make makes the request anew each time. The caller closes the body.
func (t *Tool) ask(ctx context.Context, p Platform, scope string, make func() (*http.Request, error)) (*http.Response, error) {
	for try := 0; ; try++ {
		token, err := t.AccessToken(ctx, p, scope)
		if err != nil {
			return nil, t.tokenFailure(ctx, p, err)
		}
		r, err := make()
		if err != nil {
			return nil, &ServiceError{Code: ServiceElsewhere, Err: Redacted(err)}
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("User-Agent", "ltipolicy")
		resp, err := Send(t.services, r)
		if err != nil {
			if _, refused := errors.AsType[*AddressError](err); refused {
				return nil, &ServiceError{Code: ServiceElsewhere, Err: err}
			}
			return nil, &ServiceError{Code: ServiceUnreachable, Err: err}
		}
		if resp.StatusCode != http.StatusUnauthorized {
			return resp, nil
		}
		closeAnswer(resp)
		t.ForgetToken(p, scope)
		if try > 0 {
			return nil, &ServiceError{Code: ServiceUnauthorized, Status: resp.StatusCode}
		}
	}
}

// closeAnswer reads a little of what is left, so that the connection can be used again.
func closeAnswer(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10)
	_ = resp.Body.Close()
}

func (t *Tool) tokenFailure(ctx context.Context, p Platform, err error) error {
	e, ok := errors.AsType[*TokenError](err)
	if !ok {
		return err
	}
	failed := &ServiceError{Code: ServiceUnauthorized, Status: e.Status, Err: err}
	nothing := e.Status == http.StatusNotFound && e.Code == TokenAnswerInvalid
	switch {
	case (e.Status == 0 || nothing) && t.waitsForKeys(ctx, p):
		failed.Code = ServiceKeys
	case e.Temporary():
		failed.Code = ServiceUnreachable
	case e.Code == TokenInsufficientScope, e.Code == invalidScope:
		failed.Code = ServiceRefused
	}
	return failed
}

// waitsForKeys reports whether a platform that gave no answer to the tool's request for a token, or a page of status 404,
// is there all the same. So Moodle does when it could not fetch the tool's key set, and when it still tries to.
func (t *Tool) waitsForKeys(ctx context.Context, p Platform) bool {
	broken, err := t.refusesNothing(ctx, p)
	return err == nil && broken
}

// failure is what a status that is no success means, to both services.
func failure(resp *http.Response) *ServiceError {
	e := &ServiceError{Status: resp.StatusCode}
	switch s := resp.StatusCode; {
	case s == http.StatusNotFound, s == http.StatusGone:
		e.Code = ServiceGone
	case s == http.StatusTooManyRequests, s == http.StatusRequestTimeout, s >= 500, s < 400:
		// A redirect is a site that is closed for maintenance.
		e.Code = ServiceUnreachable
		if n, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && n > 0 {
			e.After = min(time.Duration(n)*time.Second, time.Hour)
		}
	default:
		e.Code = ServiceRefused
	}
	return e
}

// Trouble says why a platform did not answer when it was looked at, or not as it should.
type Trouble string

// The kinds of trouble. None is "".
const (
	TroubleName        Trouble = "name"        // there is no such host
	TroubleAddress     Trouble = "address"     // at a private network, where the guarded client may not go
	TroubleRefused     Trouble = "refused"     // at another address where the guarded client never goes
	TroubleRedirect    Trouble = "redirect"    // it leads to another host, or in a circle
	TroublePlain       Trouble = "plain"       // not https
	TroubleCertificate Trouble = "certificate" // none that is trusted for this host now
	TroubleSilent      Trouble = "silent"      // no connection, or no answer in time
	TroubleStatus      Trouble = "status"      // a status that it must not have
	TroubleNonsense    Trouble = "nonsense"    // another document than it should be
)

// Look is what came of asking for one document once, past every cache, for a check of a connection.
type Look struct {
	Address string // without what may be secret in it
	Trouble Trouble
	Status  int           // 0: there was no answer
	Dated   bool          // the answer said when it was made
	Ahead   time.Duration // how far the clock there is ahead of ours, to the second; counts only if Dated
	Err     error         // cause, for the log
}

// look sends a request and notes what it tells of the connection. It is bounded as every request of the client is.
func (t *Tool) look(r *http.Request) (Look, []byte) {
	l := Look{Address: place(r.URL.String())}
	began := t.now()
	resp, body, err := do(t.client, r)
	if err != nil {
		l.Trouble, l.Err = troubleOf(err), err
		return l, nil
	}
	l.Status = resp.StatusCode
	if at, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		// It is cut to whole seconds, and was written between the two.
		middle := began.Add(t.now().Sub(began) / 2)
		l.Dated, l.Ahead = true, at.Add(time.Second/2).Sub(middle).Truncate(time.Second)
	}
	return l, body
}

// lookFor is look for a document of JSON at an address; read says whether it is the right one.
func (t *Tool) lookFor(ctx context.Context, address string, read func([]byte) error) Look {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Look{Address: place(address), Trouble: TroubleRefused, Err: Redacted(err)}
	}
	r.Header.Set("Accept", "application/json")
	l, body := t.look(r)
	switch {
	case l.Trouble != "":
	case l.Status != http.StatusOK:
		l.Trouble = TroubleStatus
	default:
		if l.Err = read(body); l.Err != nil {
			l.Trouble = TroubleNonsense
		}
	}
	return l
}

func troubleOf(err error) Trouble {
	if e, ok := errors.AsType[*AddressError](err); ok {
		return cmp.Or(e.is, TroubleRefused)
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return TroubleName
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return TroubleCertificate
	}
	if errors.Is(err, errTooLarge) {
		return TroubleNonsense
	}
	return TroubleSilent
}
