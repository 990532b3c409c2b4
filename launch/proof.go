package launch

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"ltipolicy/evidence"
	"ltipolicy/launch/download"
	"ltipolicy/launch/web"
	"ltipolicy/policy"
	"ltipolicy/store"
	"ltipolicy/templates"
)

// prover gives anybody what the evidence is checked with, and checks receipts.
type prover struct {
	*web.Frame
	store *store.DB
}

// checkpoint is the log's newest signed checkpoint; with ?old=N, the proof that it continues the one of that size, too.
func (p *prover) checkpoint(w http.ResponseWriter, r *http.Request) error {
	old, begins := int64(0), r.URL.Query().Get("old")
	if begins != "" {
		var err error
		if old, err = strconv.ParseInt(begins, 10, 64); err != nil {
			return policy.E(policy.ErrInvalid, "").Because(err)
		}
	}
	u, err := p.store.LogUpdate(r.Context(), old)
	if err != nil {
		return err
	}
	out := u.Signed
	if begins != "" {
		out = u.String()
	}
	return plain(w, out)
}

// key lists the public keys that verify checkpoints and receipts, today's first.
func (p *prover) key(w http.ResponseWriter, r *http.Request) error {
	keys, err := p.store.LogKeys(r.Context())
	if err != nil {
		return err
	}
	return plain(w, keys.String())
}

func plain(w http.ResponseWriter, s string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := io.WriteString(w, s)
	return err
}

// ask shows where a receipt is sent to be verified.
func (p *prover) ask(w http.ResponseWriter, r *http.Request) error {
	web.FrameAnywhere(w) // My agreements leads here, also in Moodle's frame
	p.Render(w, r, http.StatusOK, templates.ReceiptPage{Page: p.Base(r, store.Session{})})
	return nil
}

// verify says of a receipt whether it holds. It looks nothing up: neither the database nor anything elsewhere.
func (p *prover) verify(w http.ResponseWriter, r *http.Request) error {
	done, err := p.ParseUpload(r, "")
	if err != nil {
		return err
	}
	defer done()
	web.FrameAnywhere(w)
	page := templates.ReceiptPage{Page: p.Base(r, store.Session{}), Keys: strings.TrimSpace(r.PostForm.Get("keys"))}
	file, err := sentReceipt(r)
	if errors.Is(err, http.ErrMissingFile) {
		page.Doubt = page.T("receipt.nothing")
		p.Render(w, r, http.StatusUnprocessableEntity, page)
		return nil
	}
	if err != nil {
		return policy.E(policy.ErrInvalid, "").Because(err)
	}
	var known evidence.Keys
	if page.Keys != "" {
		known, err = evidence.ParseKeys(page.Keys)
	}
	var receipt evidence.Receipt
	if err == nil {
		receipt, err = evidence.VerifyReceipt(file, known)
	}
	if err != nil {
		page.Doubt = err.Error()
		p.Render(w, r, http.StatusUnprocessableEntity, page)
		return nil
	}
	if err := fill(&page, receipt); err != nil {
		return err
	}
	p.Render(w, r, http.StatusOK, page)
	return nil
}

func sentReceipt(r *http.Request) ([]byte, error) {
	f, _, err := r.FormFile("receipt")
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	return io.ReadAll(f)
}

// fill shows what a receipt says that holds.
func fill(page *templates.ReceiptPage, r evidence.Receipt) error {
	e, err := r.Event()
	if err != nil {
		return err
	}
	page.Holds, page.Event, page.Key, page.Promised = true, e, r.Key, r.Log == nil
	page.Who, page.Institution = strings.TrimSpace(r.Person+" ("+e.Sub+")"), r.Institution+", "+r.Site
	if e.ActorSub != e.Sub {
		page.By = strings.TrimSpace(r.By + " (" + e.ActorSub + ")")
	}
	page.Text = policy.Text{Lang: r.Text.Lang, Name: r.Text.Name, Summary: policy.SafeHTML(r.Text.Summary), Content: policy.SafeHTML(r.Text.Content)}
	return nil
}

// ownReceipt downloads the receipt of one of the reader's answers.
func (l *learner) ownReceipt(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	return download.SendReceipt(w, r, l.store, l.BaseURL, ses.InstitutionID, ses.PlatformID, ses.UserID)
}

// ownSheet shows the record sheet of one of the reader's consents to research.
func (l *learner) ownSheet(w http.ResponseWriter, r *http.Request, ses store.Session) error {
	s, err := l.sheet(r, ses)
	if err != nil {
		return err
	}
	here, by := "agreements/"+r.PathValue("event"), ""
	base := l.Base(r, ses)
	if _, other := s.OnBehalf(); other {
		by = base.T("agreements.by.other")
	}
	l.Render(w, r, http.StatusOK, s.Page(templates.SheetPage{
		Page: base, Own: true, Exact: web.At(ses, here), Back: web.At(ses, "agreements"),
		JSON: web.At(ses, here+"/sheet.json"), XML: web.At(ses, here+"/sheet.xml"),
	}, by, l.Now()))
	return nil
}

// ownSheetAs downloads it.
func (l *learner) ownSheetAs(f download.SheetFormat) web.LaunchHandler {
	return func(w http.ResponseWriter, r *http.Request, ses store.Session) error {
		s, err := l.sheet(r, ses)
		if err != nil {
			return err
		}
		out, err := s.Send(w, f, l.Now())
		return l.Sent(r, out.Begun(), 1, err)
	}
}

func (l *learner) sheet(r *http.Request, ses store.Session) (download.Sheet, error) {
	if ses.Guest || ses.UserID == 0 {
		return download.Sheet{}, policy.E(policy.ErrForbidden, "")
	}
	u, err := l.store.User(r.Context(), ses.PlatformID, ses.UserID)
	if err != nil {
		return download.Sheet{}, err
	}
	return download.NewSheet(r.Context(), l.store, ses.InstitutionID, ses.Site, ses.Issuer, u, r.PathValue("event"))
}
