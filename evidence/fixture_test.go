package evidence_test

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"ltipolicy/evidence"
	"ltipolicy/policy"
)

// log is an evidence log in memory, whose answers alternate between people who act for themselves and people who are
// answered for.
type log struct {
	signer note.Signer
	key    string
	events []policy.Event
	keys   [][2]policy.EntryKey
	hashes []tlog.Hash
}

func newLog(t *testing.T) *log {
	t.Helper()
	private, public, err := note.GenerateKey(rand.Reader, evidence.Origin)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	return &log{signer: signer, key: public}
}

// known is the log's list of keys, which is one.
func (l *log) known() evidence.Keys { return evidence.Keys{{Public: l.key}} }

// ReadHashes implements tlog.HashReader.
func (l *log) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, i := range indexes {
		out = append(out, l.hashes[i])
	}
	return out, nil
}

var (
	noon  = time.Date(2026, 11, 22, 12, 0, 0, 210_000, time.UTC)
	image = []byte("\x89PNG, or so")
	text  = policy.Text{
		Lang: "ro", Name: "Politica „de” confidențialitate", Summary: "<p>Pe scurt &amp; clar.</p>",
		Content: policy.SafeHTML(`<p>Scrie: <b>„\"</b> </p><img src="` + policy.ImagePrefix + digest(image) + `" alt="">`),
	}
)

// answer takes one more answer up, with something about it changed.
func (l *log) answer(t *testing.T, change ...func(e *policy.Event)) {
	t.Helper()
	n := len(l.events)
	e := policy.Event{
		ID: fmt.Sprintf("0193529f-7a10-7c3a-8c5e-%012d", n), Shard: n % 8, Number: int64(n/8 + 1), Time: noon, Recorded: noon.Add(time.Millisecond),
		InstitutionID: "i", PlatformID: "p", Issuer: "https://moodle.example", Sub: fmt.Sprint(42 + n), ActorSub: fmt.Sprint(42 + n),
		Relation: policy.Self, PolicyID: 1, VersionID: 2, MaterialID: 2, PolicyName: text.Name, Revision: "v1", Kind: policy.Agree,
		Lang: "ro", UILang: "ro", Digest: text.Digest(), Statement: "Sunt de acord <cu> „Politica”", Button: "Trimite", Answer: policy.Accepted,
		Standing: 1, LaunchID: "l", Presentation: "f", DeploymentID: "1", ContextID: "c", ResourceLinkID: "r", Roles: "Learner",
	}
	if n%2 == 1 {
		e.ActorSub, e.Relation, e.Note, e.Presentation = "ștefan", policy.Officer, "pe hârtie\n\u2028\U0001F600", ""
	}
	for _, f := range change {
		f(&e)
	}
	subject := policy.KeyOf([]byte(e.Sub), e.ID)
	actor := policy.KeyOf([]byte(e.ActorSub), e.ID)
	e.Commit(subject, actor)
	leaf, err := hex.DecodeString(e.Sum())
	if err != nil {
		t.Fatal(err)
	}
	stored, err := tlog.StoredHashes(int64(n), leaf, l)
	if err != nil {
		t.Fatal(err)
	}
	l.hashes = append(l.hashes, stored...)
	l.events, l.keys = append(l.events, e), append(l.keys, [2]policy.EntryKey{subject, actor})
}

// at is the checkpoint over the first answers.
func (l *log) at(t *testing.T, size int) string {
	t.Helper()
	tree, err := tlog.TreeHash(int64(size), l)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := evidence.Checkpoint{Size: int64(size), Tree: tree, Time: noon.Add(time.Second)}.Sign(l.signer)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func (l *log) checkpoint(t *testing.T) string {
	t.Helper()
	return l.at(t, len(l.events))
}

// statement is what the receipt of an answer says.
func (l *log) statement(t *testing.T, i int) evidence.Receipt {
	t.Helper()
	proof, err := tlog.ProveRecord(int64(len(l.events)), int64(i), l)
	if err != nil {
		t.Fatal(err)
	}
	log := &evidence.Proof{Leaf: int64(i), Checkpoint: l.checkpoint(t)}
	for _, h := range proof {
		log.Hashes = append(log.Hashes, h[:])
	}
	e := l.events[i]
	return evidence.Receipt{
		Form: evidence.ReceiptForm, Made: noon, Tool: "https://tool.example", Institution: "UPT", Site: "CVUPT", Person: "Ana <Pop>", By: "Ana <Pop>",
		Answer: evidence.AnswerOf(e),
		Opens:  evidence.Opens{Key: l.keys[i][0], Sub: e.Sub, Note: e.Note, Launch: e.LaunchID, Presentation: e.Presentation, ActorKey: l.keys[i][1], ActorSub: e.ActorSub},
		Text:   evidence.Text{Lang: text.Lang, Name: text.Name, Summary: string(text.Summary), Content: string(text.Content)},
		Images: []evidence.Image{{Digest: digest(image), Type: "image/png", Data: append([]byte(nil), image...)}},
		Log:    log, Key: l.key,
	}
}

func (l *log) receipt(t *testing.T, i int) []byte {
	t.Helper()
	file, err := l.statement(t, i).File(l.signer)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func writeFile(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
