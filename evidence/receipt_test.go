package evidence_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ltipolicy/evidence"
)

func TestReceiptHolds(t *testing.T) {
	l := newLog(t)
	for range 20 {
		l.answer(t)
	}
	for i := range 20 {
		r, err := evidence.VerifyReceipt(l.receipt(t, i), l.known())
		if err != nil {
			t.Fatalf("answer %d: %v", i, err)
		}
		if r.Answer.ID != l.events[i].ID || r.Opens.Sub != l.events[i].Sub || r.Log.Leaf != int64(i) {
			t.Errorf("answer %d: the receipt is of %s, %s, leaf %d", i, r.Answer.ID, r.Opens.Sub, r.Log.Leaf)
		}
	}
}

// A receipt that is made before the log has the answer is a promise, signed like any other.
func TestReceiptBeforeTheLogHasIt(t *testing.T) {
	l := newLog(t)
	l.answer(t)
	r := l.statement(t, 0)
	r.Log = nil
	file, err := r.File(l.signer)
	if err != nil {
		t.Fatal(err)
	}
	got, err := evidence.VerifyReceipt(file, l.known())
	if err != nil || got.Log != nil {
		t.Errorf("got %v, %v", got.Log, err)
	}
}

// Each byte of a receipt, changed in each of its bits, is noticed.
func TestEveryByteOfAReceiptCounts(t *testing.T) {
	l := newLog(t)
	for range 3 {
		l.answer(t)
	}
	file := l.receipt(t, 1)
	for i := range file {
		for bit := range 8 {
			file[i] ^= 1 << bit
			if _, err := evidence.VerifyReceipt(file, l.known()); err == nil {
				t.Errorf("byte %d, bit %d: %q is believed", i, bit, file[max(0, i-20):min(len(file), i+20)])
			}
			file[i] ^= 1 << bit
		}
	}
	for _, other := range [][]byte{file[:len(file)-1], append(bytes.Clone(file), '\n'), append([]byte(" "), file...), bytes.Replace(file, []byte("\n"), []byte("\r\n"), 1), nil, []byte("{}")} {
		if _, err := evidence.VerifyReceipt(other, l.known()); err == nil {
			t.Errorf("%q is believed", other)
		}
	}
	if _, err := evidence.VerifyReceipt(file, l.known()); err != nil {
		t.Errorf("the receipt itself: %v", err)
	}
}

// Whoever has the log's key can sign anything, but nothing that contradicts itself.
func TestWhatASignedReceiptCannotSay(t *testing.T) {
	l := newLog(t)
	for range 5 {
		l.answer(t)
	}
	other := newLog(t)
	other.answer(t)
	for name, c := range map[string]struct {
		change func(r *evidence.Receipt)
		want   string
	}{
		"another text":                   {func(r *evidence.Receipt) { r.Text.Content += "!" }, "the text"},
		"another language":               {func(r *evidence.Receipt) { r.Text.Lang = "en" }, "language"},
		"another image":                  {func(r *evidence.Receipt) { r.Images[0].Data[0]++ }, "image"},
		"an image left out":              {func(r *evidence.Receipt) { r.Images = nil }, "image"},
		"somebody else":                  {func(r *evidence.Receipt) { r.Opens.Sub = "44" }, "the person"},
		"somebody else who acted":        {func(r *evidence.Receipt) { r.Opens.ActorSub = "43" }, "who acted"},
		"another note":                   {func(r *evidence.Receipt) { r.Opens.Note = "-" }, "the note"},
		"another launch":                 {func(r *evidence.Receipt) { r.Opens.Launch = "-" }, "the launch"},
		"another form":                   {func(r *evidence.Receipt) { r.Opens.Presentation = "-" }, "the launch"},
		"another key":                    {func(r *evidence.Receipt) { r.Opens.Key[0]++ }, "the person"},
		"another answer":                 {func(r *evidence.Receipt) { r.Answer.Answer = "declined" }, "not in the log"},
		"another statement":              {func(r *evidence.Receipt) { r.Answer.Statement += "not" }, "not in the log"},
		"another time":                   {func(r *evidence.Receipt) { r.Answer.Time = "2026-11-22T03:04:03.000211Z" }, "not in the log"},
		"a time in another form":         {func(r *evidence.Receipt) { r.Answer.Time = "2026-11-22T03:04:03Z" }, "no time"},
		"another leaf":                   {func(r *evidence.Receipt) { r.Log.Leaf++ }, "not in the log"},
		"a leaf that is not there":       {func(r *evidence.Receipt) { r.Log.Leaf = 5 }, "within"},
		"a hash left out":                {func(r *evidence.Receipt) { r.Log.Hashes = r.Log.Hashes[1:] }, "not in the log"},
		"half a hash":                    {func(r *evidence.Receipt) { r.Log.Hashes[0] = r.Log.Hashes[0][:16] }, "no hash"},
		"another log's checkpoint":       {func(r *evidence.Receipt) { r.Log.Checkpoint = other.checkpoint(t) }, "checkpoint"},
		"an answer after its checkpoint": {func(r *evidence.Receipt) { r.Answer.Recorded = "2027-01-01T00:00:00.000000Z" }, "after its checkpoint"},
		"another kind of file":           {func(r *evidence.Receipt) { r.Form = "consent receipt" }, "consent receipt"},
	} {
		t.Run(name, func(t *testing.T) {
			r := l.statement(t, 1)
			c.change(&r)
			file, err := r.File(l.signer)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := evidence.VerifyReceipt(file, nil); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want a word of %q", err, c.want)
			}
		})
	}
	forged := other.receipt(t, 0)
	if _, err := evidence.VerifyReceipt(forged, l.known()); err == nil {
		t.Error("a receipt signed by another key is believed")
	}
	if _, err := evidence.VerifyReceipt(forged, nil); err != nil {
		t.Errorf("a receipt of another log, by its own key: %v", err)
	}
}

// pythonOf is where Python 3 is on this machine.
func pythonOf(t *testing.T) string {
	t.Helper()
	python, err := exec.LookPath("python3")
	switch {
	case err == nil:
	case os.Getenv("LTIPOLICY_TEST_PYTHON") == "required":
		t.Fatal("no python3 found, but LTIPOLICY_TEST_PYTHON=required")
	default:
		t.Skip("no python3")
	}
	return python
}

// TestForeignVerifierAgrees: docs/verify_receipt.py, written from docs/evidence.md alone, says of 1,000 receipts, whole and
// tampered with, what VerifyReceipt says.
func TestForeignVerifierAgrees(t *testing.T) {
	python := pythonOf(t)
	l := newLog(t)
	for range 500 {
		l.answer(t)
	}
	r := rand.New(rand.NewPCG(1, 2))
	dir := t.TempDir()
	var list, want bytes.Buffer
	write := func(name string, file []byte) {
		path := filepath.Join(dir, name)
		writeFile(t, path, file)
		_, err := evidence.VerifyReceipt(file, l.known())
		fmt.Fprintln(&list, path)
		fmt.Fprintln(&want, path, err == nil)
	}
	for i := range 500 {
		file := l.receipt(t, i)
		write(fmt.Sprint(i, ".json"), file)
		if at := r.IntN(len(file)); i%2 == 0 {
			file[at] ^= 1 << r.IntN(8)
		} else { // signed, but not true
			s := l.statement(t, i)
			[]func(){
				func() { s.Opens.Sub += "x" }, func() { s.Text.Name += "x" }, func() { s.Log.Leaf ^= 1 }, func() { s.Answer.Button += "x" },
				func() { s.Images[0].Data[1] ^= 1 }, func() { s.Opens.ActorKey[3] ^= 1 }, func() { s.Log.Hashes[2][0] ^= 1 }, func() { s.Answer.Until = "2027" },
			}[r.IntN(8)]()
			var err error
			if file, err = s.File(l.signer); err != nil {
				t.Fatal(err)
			}
		}
		write(fmt.Sprint(i, "-changed.json"), file)
	}
	cmd := exec.Command(python, "../docs/verify_receipt.py", "-key", l.key, "-list")
	cmd.Stdin = &list
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := string(out); got != want.String() {
		a, b := strings.Split(got, "\n"), strings.Split(want.String(), "\n")
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				t.Fatalf("it says %q, want %q", a[i], b[i])
			}
		}
		t.Fatalf("%d lines, want %d", len(a), len(b))
	}
	if n := strings.Count(want.String(), " true\n"); n != 500 {
		t.Errorf("%d of 1,000 are believed, want 500", n)
	}
}

// TestForeignVerifierTakesTheListOfKeys: it says of receipts of today's, former, revoked and foreign keys what
// VerifyReceipt says, by the list that the tool publishes.
func TestForeignVerifierTakesTheListOfKeys(t *testing.T) {
	python := pythonOf(t)
	l := newLog(t)
	for range 5 {
		l.answer(t)
	}
	dir := t.TempDir()
	receipt := filepath.Join(dir, "receipt.json")
	writeFile(t, receipt, l.receipt(t, 1))
	until := noon.Add(time.Hour).Truncate(time.Second)
	for name, c := range map[string]struct {
		keys  evidence.Keys
		holds bool
	}{
		"today's":           {evidence.Keys{{Public: l.key, From: until}, {Public: newLog(t).key, Until: until, Size: 1}}, true},
		"a former one":      {evidence.Keys{{Public: newLog(t).key, From: until}, {Public: l.key, Until: until, Size: 5}}, true},
		"for a shorter log": {evidence.Keys{{Public: l.key, Until: until, Size: 4}}, false},
		"ended before":      {evidence.Keys{{Public: l.key, Until: until.Add(-2 * time.Hour), Size: 5}}, false},
		"revoked":           {evidence.Keys{{Public: l.key, Until: until, Size: 5, Revoked: true}}, false},
		"never the log's":   {newLog(t).known(), false},
	} {
		t.Run(name, func(t *testing.T) {
			list := filepath.Join(t.TempDir(), "keys")
			writeFile(t, list, []byte(c.keys.String()))
			out, err := exec.Command(python, "../docs/verify_receipt.py", "-key", list, receipt).CombinedOutput()
			if (err == nil) != c.holds {
				t.Errorf("it says %s, %v", out, err)
			}
			if _, err := evidence.VerifyReceipt(l.receipt(t, 1), c.keys); (err == nil) != c.holds {
				t.Errorf("VerifyReceipt: %v", err)
			}
		})
	}
}

// The file is JSON like any other.
func TestReceiptIsJSON(t *testing.T) {
	l := newLog(t)
	l.answer(t)
	var m map[string]any
	if err := json.Unmarshal(l.receipt(t, 0), &m); err != nil {
		t.Fatal(err)
	}
	if m["receipt"] != evidence.ReceiptForm || m["answer"].(map[string]any)["answer"] != "accepted" {
		t.Errorf("got %v", m["receipt"])
	}
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
