package lti

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// ServiceCode says why a call of a platform's service failed.
type ServiceCode string

// The codes of a [ServiceError]. Only the first three may go away by themselves.
const (
	ServiceUnreachable  ServiceCode = "unreachable"  // no answer, or one that says to come back later
	ServiceUnauthorized ServiceCode = "unauthorized" // no token, or one that is not taken, a fresh one neither
	ServiceNonsense     ServiceCode = "nonsense"     // an answer that is not the service's
	ServiceRefused      ServiceCode = "refused"      // not allowed
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
	case ServiceUnreachable, ServiceUnauthorized, ServiceNonsense:
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
			return nil, tokenFailure(err)
		}
		r, err := make()
		if err != nil {
			return nil, &ServiceError{Code: ServiceRefused, Err: err}
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("User-Agent", "ltipolicy")
		resp, err := t.services.Do(r)
		if err != nil {
			if _, refused := errors.AsType[*AddressError](err); refused {
				return nil, &ServiceError{Code: ServiceRefused, Err: err}
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

func tokenFailure(err error) error {
	e, ok := errors.AsType[*TokenError](err)
	switch {
	case !ok:
		return err
	case e.Temporary():
		return &ServiceError{Code: ServiceUnreachable, Status: e.Status, Err: err}
	default:
		return &ServiceError{Code: ServiceUnauthorized, Status: e.Status, Err: err}
	}
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
