package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"ltipolicy/policy"
)

// clocks is how far the clocks of two replicas may be apart.
const clocks = 5 * time.Minute

// MaxBytes is how large a receipt can be: a text of many images, and room to spare.
const MaxBytes = 96 << 20

// VerifyReceipt reads a receipt and checks everything in it: the signature over the file, that the text and its images are
// those that the answer names, that the keys open the answer's commitments to the person and to who acted, and that the
// answer is in the log under the signed checkpoint. An error names the first thing that does not hold; then nothing of
// the receipt is to be believed.
//
// known are the log's keys where the reader has them from elsewhere: the list that the tool publishes, or one key. None:
// the one that the receipt names is believed, so that the reader has to compare it with what the institution publishes.
//
// A key that was revoked proves nothing by itself: whoever had it could have made the receipt. kept are then what the
// reader has from elsewhere and believes: a checkpoint that was kept before the revocation, or an [Update] of today that
// continues the receipt's own checkpoint.
func VerifyReceipt(file []byte, known Keys, kept ...Update) (Receipt, error) {
	first, line, err := parts(file)
	if err != nil {
		return Receipt{}, err
	}
	var r struct {
		Receipt
		Signature string `json:"signature"`
	}
	dec := json.NewDecoder(bytes.NewReader(file))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		return Receipt{}, fmt.Errorf("it is not the JSON of a receipt: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Receipt{}, errors.New("something follows the receipt")
	}
	if r.Form != ReceiptForm {
		return Receipt{}, fmt.Errorf("it is %q, not %q", r.Form, ReceiptForm)
	}
	own, err := ParseKeys(r.Key)
	if err != nil {
		return Receipt{}, err
	}
	if len(known) == 0 {
		known = own
	}
	key, ok := known.of(r.Key)
	if !ok {
		return Receipt{}, errors.New("it is signed by another key than those given")
	}
	if err := signedBy(own.Verifiers(), signed(first), line); err != nil {
		return Receipt{}, fmt.Errorf("its signature does not hold: %w", err)
	}
	for _, check := range []func() error{
		r.text, r.opened, func() error { return r.logged(key) }, func() error { return r.believed(key, known, kept) },
	} {
		if err := check(); err != nil {
			return Receipt{}, err
		}
	}
	return r.Receipt, nil
}

// believed: the key was not revoked, or what the reader believes covers the receipt's checkpoint.
func (r Receipt) believed(key Key, known Keys, kept []Update) error {
	if !key.Revoked {
		return nil
	}
	const why = "its key was revoked at %s, and whoever had it could have made this receipt"
	at := key.Until.UTC().Format(time.RFC3339)
	if r.Log == nil {
		return fmt.Errorf(why+": ask for another one", at)
	}
	c, err := OpenCheckpoint(r.Log.Checkpoint, Keys{key}.Verifiers())
	if err != nil {
		return err
	}
	for _, u := range kept {
		k, err := OpenCheckpoint(u.Signed, known.Verifiers())
		if err != nil {
			return fmt.Errorf("what was kept elsewhere: %w", err)
		}
		if k.Size == c.Size && k.Tree == c.Tree {
			return nil
		}
		if u.Old == c.Size && k.Size > c.Size && tlog.CheckTree(u.Proof, k.Size, k.Tree, c.Size, c.Tree) == nil {
			return nil
		}
	}
	return fmt.Errorf(why+": believe it with a checkpoint of %d entries that was kept before, or with what the tool shows at /evidence/checkpoint?old=%[2]d", at, c.Size)
}

// signedBy checks a line of a signed note.
func signedBy(keys note.Verifiers, text, line string) error {
	if err := usual(line[strings.LastIndexByte(line, ' ')+1:]); err != nil {
		return err
	}
	_, err := note.Open([]byte(text+"\n"+line+"\n"), keys)
	return err
}

// text: what stands there is what the answer names, images included.
func (r Receipt) text() error {
	t := policy.Text{Lang: r.Text.Lang, Name: r.Text.Name, Summary: policy.SafeHTML(r.Text.Summary), Content: policy.SafeHTML(r.Text.Content)}
	if t.Digest() != r.Answer.Digest {
		return errors.New("the text is not the one that was answered")
	}
	if t.Lang != r.Answer.Lang {
		return errors.New("the text is not in the language in which it was answered")
	}
	var have []string
	for _, i := range r.Images {
		sum := sha256.Sum256(i.Data)
		if hex.EncodeToString(sum[:]) != i.Digest {
			return fmt.Errorf("image %s is another one", i.Digest)
		}
		have = append(have, i.Digest)
	}
	for _, digest := range policy.ImagesIn(t) {
		if !slices.Contains(have, digest) {
			return fmt.Errorf("image %s of the text is missing", digest)
		}
	}
	return nil
}

// opened: the keys open the commitments to what stands beside them.
func (r Receipt) opened() error {
	o := r.Opens
	e := policy.Event{Issuer: r.Answer.Issuer, Sub: o.Sub, ActorSub: o.ActorSub, Note: o.Note, LaunchID: o.Launch, Presentation: o.Presentation}
	e.Commit(o.Key, o.ActorKey)
	for _, c := range []struct {
		what      string
		has, want policy.Commitment
	}{
		{"the person", r.Answer.Subject, e.Subject}, {"who acted", r.Answer.Actor, e.Actor},
		{"the note", r.Answer.Noted, e.Noted}, {"the launch", r.Answer.Circumstance, e.Circumstance},
	} {
		if c.has != c.want {
			return fmt.Errorf("the answer does not name %s that stands beside it", c.what)
		}
	}
	return nil
}

// logged: the answer's hash is a leaf of the tree that the checkpoint signs, and the key was the log's then.
func (r Receipt) logged(key Key) error {
	e, err := r.Answer.event()
	if err != nil {
		return err
	}
	if !key.Until.IsZero() && e.Recorded.After(key.Until.Add(clocks)) {
		return fmt.Errorf("the answer was recorded at %s, when its key signed no more", r.Answer.Recorded)
	}
	if r.Log == nil {
		return nil
	}
	c, err := OpenCheckpoint(r.Log.Checkpoint, Keys{key}.Verifiers())
	if err != nil {
		return fmt.Errorf("its checkpoint does not hold: %w", err)
	}
	hash, err := hex.DecodeString(e.Sum())
	if err != nil {
		return err
	}
	var proof tlog.RecordProof
	for _, b := range r.Log.Hashes {
		if len(b) != tlog.HashSize {
			return errors.New("its proof holds something that is no hash")
		}
		proof = append(proof, tlog.Hash(b))
	}
	if e.Recorded.After(c.Time.Add(clocks)) {
		return fmt.Errorf("the answer was recorded at %s, after its checkpoint was signed", r.Answer.Recorded)
	}
	if r.Log.Leaf < 0 || r.Log.Leaf >= c.Size {
		return errors.New("its leaf is not within the checkpoint")
	}
	if err := tlog.CheckRecord(proof, c.Size, c.Tree, r.Log.Leaf, tlog.RecordHash(hash)); err != nil {
		return fmt.Errorf("the answer is not in the log: %w", err)
	}
	return nil
}
