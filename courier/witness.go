package courier

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"ltipolicy/courier/post"
	"ltipolicy/evidence"
	"ltipolicy/lti"
)

// Receiver is somebody outside who keeps the log's checkpoints.
type Receiver struct {
	Name string // as the operator wrote it, without what an address may hold that is secret
	// Send hands an update over. A mistake is tried again later.
	Send func(context.Context, evidence.Update) error
}

// NewReceiver reads a receiver: file:PATH, to which each checkpoint is appended; an address of http or https, which is
// sent the update in a POST and answers with a status of 2xx; or mailto:ADDRESS.
func NewReceiver(name string, client *http.Client, m post.Server) (Receiver, error) {
	scheme, rest, _ := strings.Cut(name, ":")
	switch scheme {
	case "file":
		if !filepath.IsAbs(rest) {
			return Receiver{}, fmt.Errorf("witness %q: want file:/PATH, the whole path", name)
		}
		return Receiver{name, func(_ context.Context, u evidence.Update) error { return appendTo(rest, u) }}, nil
	case "http", "https":
		u, err := url.Parse(name)
		if err != nil || u.Host == "" {
			return Receiver{}, fmt.Errorf("witness %s:…: want an address", scheme)
		}
		return Receiver{u.Scheme + "://" + u.Host + u.Path, func(ctx context.Context, u evidence.Update) error { return postTo(ctx, client, name, u) }}, nil
	case "mailto":
		if !m.Known() {
			return Receiver{}, fmt.Errorf("witness %q: mails need a server and an address that they come from", name)
		}
		if !post.Deliverable(rest) {
			return Receiver{}, fmt.Errorf("witness %q: %w", name, post.ErrUnaddressed)
		}
		return Receiver{name, func(ctx context.Context, u evidence.Update) error { return m.Send(ctx, updateMail(rest, u)) }}, nil
	default:
		return Receiver{}, fmt.Errorf("witness %q: want file:/PATH, https://…, or mailto:ADDRESS", name)
	}
}

// appendTo adds the checkpoint at the end, with an empty line after it: the file may be one that can only grow.
func appendTo(path string, u evidence.Update) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(u.Signed + "\n")
	return errors.Join(err, f.Sync(), f.Close())
}

func postTo(ctx context.Context, client *http.Client, address string, u evidence.Update) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(u.String()))
	if err != nil {
		return lti.Redacted(err)
	}
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	res, err := lti.Send(client, req)
	if err != nil {
		return err
	}
	defer res.Body.Close()                                //nolint:errcheck // nothing in it counts
	io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) //nolint:errcheck // so that the connection is used again
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("it answered %s", res.Status)
	}
	return nil
}

// updateMail is the mail with an update.
func updateMail(to string, u evidence.Update) post.Letter {
	return post.Letter{To: to, Subject: "Checkpoint of the log of policies", Text: "Keep this mail: it proves what the log held when it was sent.\n" +
		"ltipolicy evidence verify -checkpoint FILE compares the log with it.\n\n" + u.Signed}
}

// witness hands the newest checkpoint to those outside whose turn it is.
func (w *Worker) witness(ctx context.Context) error {
	var failed error
	for _, r := range w.receivers {
		u, ok, err := w.store.TakeWitness(ctx, r.Name)
		if err != nil || !ok {
			failed = errors.Join(failed, err)
			continue
		}
		if err := r.Send(ctx, u); err != nil {
			err = fmt.Errorf("handing a checkpoint to %s: %w", r.Name, err)
			failed = errors.Join(failed, err, w.store.WitnessFailed(ctx, r.Name, err.Error()))
			continue
		}
		failed = errors.Join(failed, w.store.Witnessed(ctx, r.Name, u.Size()))
	}
	return failed
}
