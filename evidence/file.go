package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// The last member of the file is the signature over everything before it, so that no byte can change unseen.
const (
	signatureBegins = ",\n \"signature\": \""
	fileEnds        = "\"\n}\n"
)

// signatureLine is what a signed note has below its text: a dash, the key's name, and the signature in base64.
var signatureLine = regexp.MustCompile(`^— [^ \n"\\]+ [A-Za-z0-9+/]+=*$`)

// signed is the text that stands for the file's first part where it is signed.
func signed(first []byte) string {
	sum := sha256.Sum256(first)
	return "ltipolicy receipt 1\n" + hex.EncodeToString(sum[:]) + "\n"
}

// File writes a receipt and signs it with the log's key, whose public half the receipt names.
func (r Receipt) File(signer note.Signer) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(r); err != nil {
		return nil, fmt.Errorf("writing a receipt: %w", err)
	}
	first := bytes.TrimSuffix(b.Bytes(), []byte("\n}\n"))
	n, err := note.Sign(&note.Note{Text: signed(first)}, signer)
	if err != nil {
		return nil, fmt.Errorf("signing a receipt: %w", err)
	}
	_, line, _ := strings.Cut(strings.TrimSuffix(string(n), "\n"), "\n\n")
	return append(first, signatureBegins+line+fileEnds...), nil
}

// parts takes a file apart: what is signed, and the line that signs it.
func parts(file []byte) (first []byte, line string, err error) {
	i := bytes.LastIndex(file, []byte(signatureBegins))
	if i < 0 || !bytes.HasSuffix(file, []byte(fileEnds)) {
		return nil, "", errors.New("it does not end with a signature")
	}
	rest := file[i+len(signatureBegins):]
	line = strings.TrimSuffix(string(rest), fileEnds)
	if !signatureLine.MatchString(line) || strings.Contains(line, fileEnds) {
		return nil, "", errors.New("its signature is not of the form of a signed note")
	}
	return file[:i], line, nil
}
