package lti

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const scoreType = "application/vnd.ims.lis.v1.score+json"

// timestampForm is ISO 8601 with parts of a second (Assignment and Grade Services 2.0, 3.4.3).
const timestampForm = "2006-01-02T15:04:05.000Z"

// Score is a person's whole score for an activity, or none.
type Score struct {
	Sub string
	// Full gives 1 of 1, completed and fully graded. Otherwise the score is taken back: Moodle then holds no
	// grade, and what waited for a passing one is closed again.
	Full bool
	// Time must be later than that of every score sent before for the person and line item, by a second at
	// least: Moodle keeps whole seconds and refuses an equal one.
	Time time.Time
}

type scoreJSON struct {
	UserID           string `json:"userId"`
	Timestamp        string `json:"timestamp"`
	ActivityProgress string `json:"activityProgress"`
	GradingProgress  string `json:"gradingProgress"`
	ScoreGiven       *int   `json:"scoreGiven,omitempty"`
	ScoreMaximum     *int   `json:"scoreMaximum,omitempty"`
}

func (s Score) json() scoreJSON {
	j := scoreJSON{
		UserID: s.Sub, Timestamp: s.Time.UTC().Format(timestampForm),
		ActivityProgress: "Initialized", GradingProgress: "NotReady",
	}
	if s.Full {
		whole := 1
		j.ActivityProgress, j.GradingProgress = "Completed", "FullyGraded"
		j.ScoreGiven, j.ScoreMaximum = &whole, &whole
	}
	return j
}

// SendScore sends a score to a line item of the platform. Failures are [*ServiceError]: with [ServiceStale]
// the platform has a newer one, with [ServiceUngradable] it grades no such person.
func (t *Tool) SendScore(ctx context.Context, p Platform, lineItem string, s Score) error {
	address, err := scoresURL(lineItem)
	if err != nil {
		return &ServiceError{Code: ServiceElsewhere, Err: err}
	}
	if !p.ownService(address) {
		return notOwn(address)
	}
	body, err := json.Marshal(s.json())
	if err != nil {
		return fmt.Errorf("encoding a score: %w", err)
	}
	resp, err := t.ask(ctx, p, ScopeScore, func() (*http.Request, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
		if err != nil {
			return nil, fmt.Errorf("sending a score: %w", err)
		}
		r.Header.Set("Content-Type", scoreType) // exactly this: Moodle compares the whole header
		return r, nil
	})
	if err != nil {
		return err
	}
	defer closeAnswer(resp)
	switch s := resp.StatusCode; {
	case s == http.StatusConflict:
		return &ServiceError{Code: ServiceStale, Status: s}
	case s == http.StatusBadRequest, s == http.StatusUnprocessableEntity:
		return &ServiceError{Code: ServiceUngradable, Status: s}
	case s < 200 || s > 299:
		return failure(resp)
	case strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") && resp.ContentLength != 0:
		// A page for people, such as a proxy's, is no confirmation.
		return &ServiceError{Code: ServiceNonsense, Status: s}
	}
	return nil
}

// scoresURL is the address of a line item's scores: "/scores" at the end of the path, before the query, which
// stays as it is.
func scoresURL(lineItem string) (string, error) {
	u, err := url.Parse(lineItem)
	if err != nil {
		return "", fmt.Errorf("reading the line item's address: %w", Redacted(err))
	}
	if u.Fragment != "" || u.Opaque != "" {
		return "", &AddressError{Host: u.Host, Reason: "fragment or no path"}
	}
	path, query, has := strings.Cut(lineItem, "?")
	address := strings.TrimRight(path, "/") + "/scores"
	if has {
		address += "?" + query
	}
	return address, nil
}
