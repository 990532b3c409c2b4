package evidence

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Origin is the first line of a checkpoint and the name of the keys that sign it.
const Origin = "ltipolicy-evidence"

// Checkpoint says how long the log was at a time and what was in it: whoever keeps it can later prove that nothing
// before it was changed or taken away.
type Checkpoint struct {
	Size int64 // leaves, at least 1
	Tree tlog.Hash
	Time time.Time // when it was signed, in UTC, whole seconds
}

// timeLine begins the extension line of a C2SP tlog-checkpoint that holds the time.
const timeLine = "time "

// Text is what is signed: origin, size, hash, and the time, a line each, as C2SP tlog-checkpoint has it.
func (c Checkpoint) Text() string {
	return Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + c.Tree.String() + "\n" + timeLine + c.Time.UTC().Format(time.RFC3339) + "\n"
}

// Sign makes a signed note of it.
func (c Checkpoint) Sign(signer note.Signer) (string, error) {
	b, err := note.Sign(&note.Note{Text: c.Text()}, signer)
	if err != nil {
		return "", fmt.Errorf("signing a checkpoint: %w", err)
	}
	return string(b), nil
}

// OpenCheckpoint checks the signature of a checkpoint, which one of the keys must have made, and reads it.
func OpenCheckpoint(signed string, keys note.Verifiers) (Checkpoint, error) {
	n, err := note.Open([]byte(signed), keys)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("opening a checkpoint: %w", err)
	}
	c, err := parse(n.Text)
	for _, sig := range n.Sigs {
		err = errors.Join(err, usual(sig.Base64))
	}
	if err != nil {
		return Checkpoint{}, fmt.Errorf("opening a checkpoint: %w", err)
	}
	return c, nil
}

// usual is an error for base64 in another way than it is usually written: some bits of the last character may say
// nothing, and decoders pass over them.
func usual(encoded string) error {
	b, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || base64.StdEncoding.EncodeToString(b) != encoded {
		return errors.New("base64 in another way than it is usually written")
	}
	return nil
}

func parse(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 5 || lines[0] != Origin || lines[4] != "" {
		return Checkpoint{}, errors.New("not a checkpoint of this log")
	}
	var c Checkpoint
	var err error
	if c.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || c.Size < 1 {
		return Checkpoint{}, errors.New("checkpoint without a size")
	}
	b, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(b) != tlog.HashSize {
		return Checkpoint{}, errors.New("checkpoint without a hash")
	}
	c.Tree = tlog.Hash(b)
	at, ok := strings.CutPrefix(lines[3], timeLine)
	if c.Time, err = time.Parse(time.RFC3339, at); err != nil || !ok {
		return Checkpoint{}, errors.New("checkpoint without a time")
	}
	c.Time = c.Time.UTC()
	if c.Text() != text { // one way to write it
		return Checkpoint{}, errors.New("checkpoint in another way than ours")
	}
	return c, nil
}

// Notes takes signed notes apart that follow one another in one file, as a [Witness] and -witness file:… keep them.
func Notes(file string) []string {
	var notes []string
	for _, part := range strings.SplitAfter(file, "\n\n") {
		last := len(notes) - 1
		switch part = strings.TrimPrefix(part, "\n"); {
		case strings.TrimSpace(part) == "":
		case strings.HasPrefix(part, "— ") && last >= 0: // the signatures of the text before
			notes[last] += strings.TrimSuffix(part, "\n\n")
			if !strings.HasSuffix(notes[last], "\n") {
				notes[last] += "\n"
			}
		default:
			notes = append(notes, part)
		}
	}
	return notes
}
