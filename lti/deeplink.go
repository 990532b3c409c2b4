package lti

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	resourceLinkItem = "ltiResourceLink"
	deepLinkLife     = 5 * time.Minute
)

// ContentItem is an activity that a teacher chose (Deep Linking 2.0, 4.2: ltiResourceLink).
type ContentItem struct {
	Title, Text string
	URL         string // of the tool
	Custom      map[string]string
	LineItem    *LineItem // nil: the activity is not graded
}

// LineItem is the line item that a platform makes for an activity.
type LineItem struct {
	Label        string  `json:"label,omitempty"`
	ScoreMaximum float64 `json:"scoreMaximum"`
	ResourceID   string  `json:"resourceId,omitempty"`
	Tag          string  `json:"tag,omitempty"`
}

type contentItemJSON struct {
	Type     string            `json:"type"`
	Title    string            `json:"title,omitempty"`
	Text     string            `json:"text,omitempty"`
	URL      string            `json:"url,omitempty"`
	Custom   map[string]string `json:"custom,omitempty"`
	LineItem *LineItem         `json:"lineItem,omitempty"`
}

type deepLinkJSON struct {
	Issuer      string            `json:"iss"`
	Audience    []string          `json:"aud"`
	IssuedAt    int64             `json:"iat"`
	Expires     int64             `json:"exp"`
	Nonce       string            `json:"nonce"`
	MessageType string            `json:"https://purl.imsglobal.org/spec/lti/claim/message_type"`
	Version     string            `json:"https://purl.imsglobal.org/spec/lti/claim/version"`
	Deployment  string            `json:"https://purl.imsglobal.org/spec/lti/claim/deployment_id"`
	Data        string            `json:"https://purl.imsglobal.org/spec/lti-dl/claim/data,omitempty"`
	Items       []contentItemJSON `json:"https://purl.imsglobal.org/spec/lti-dl/claim/content_items"`
}

// AcceptsLinks reports whether the platform takes activities of the tool.
func (d DeepLinking) AcceptsLinks() bool { return slices.Contains(d.AcceptTypes, resourceLinkItem) }

// DeepLinkResponse returns the signed answer to a deep linking request, for the browser to post to its return
// address in the form field JWT. No items means that the teacher chose nothing. More items than the request
// accepts, or any where it accepts no links, are an error; line items are left out where they are not wanted.
func (t *Tool) DeepLinkResponse(ctx context.Context, p Platform, deploymentID string, d DeepLinking, items []ContentItem) (string, error) {
	switch {
	case len(items) > 0 && !d.AcceptsLinks():
		return "", errors.New("answering a deep linking request: the platform takes no links")
	case len(items) > 1 && !d.AcceptMultiple:
		return "", errors.New("answering a deep linking request: the platform takes one link only")
	case t.keys == nil:
		return "", errors.New("answering a deep linking request: the tool has no keys")
	}
	ring, err := t.keys(ctx)
	if err != nil {
		return "", fmt.Errorf("getting the keys: %w", err)
	}
	k, err := ring.Current()
	if err != nil {
		return "", err
	}
	nonce, err := t.secret()
	if err != nil {
		return "", err
	}
	// Moodle tolerates no clock ahead of its own.
	issued := t.now().Add(-assertionBackdate)
	answer := deepLinkJSON{
		Issuer: p.ClientID, Audience: []string{p.Issuer}, IssuedAt: issued.Unix(), Expires: issued.Add(deepLinkLife).Unix(),
		Nonce: nonce, MessageType: "LtiDeepLinkingResponse", Version: "1.3.0", Deployment: deploymentID, Data: d.Data,
		Items: []contentItemJSON{},
	}
	for _, i := range items {
		j := contentItemJSON{Type: resourceLinkItem, Title: i.Title, Text: i.Text, URL: i.URL, Custom: i.Custom, LineItem: i.LineItem}
		if !d.AcceptLineItem {
			j.LineItem = nil
		}
		answer.Items = append(answer.Items, j)
	}
	return sign(k, answer)
}
