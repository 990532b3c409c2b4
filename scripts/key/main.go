// Command key puts a new message into every language's file, in its place:
//
//	go run ./scripts/key admin.review_on 'en=Review on' 'ro=De revăzut la' ...
//
// English must be there. A language that is not named gets the English text with a mark before it, which a test refuses
// until somebody translates it. It changes nothing if one of the files has the key.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// locales is where the files are, seen from where make runs.
const locales = "templates/locales"

// mark stands before a text that waits for its translation.
const mark = "TRANSLATE: "

func main() {
	if err := run(locales, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "key:", err)
		os.Exit(1)
	}
}

// run adds a key with the texts that args name to the files of dir.
func run(dir string, args []string, out io.Writer) error {
	if len(args) < 2 || !strings.Contains(args[0], ".") {
		return errors.New("want a key such as admin.review_on, and texts such as 'en=Review on' 'ro=De revăzut la'")
	}
	key, texts := args[0], map[string]string{}
	for _, a := range args[1:] {
		if lang, text, _ := strings.Cut(a, "="); text != "" {
			texts[lang] = text
		}
	}
	english := texts["en"]
	if english == "" {
		return errors.New("the English text is missing: 'en=Review on'")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(paths) == 0 {
		return fmt.Errorf("no language in %s (%w)", dir, err)
	}
	files, waiting := map[string][]byte{}, []string{}
	for _, path := range paths {
		lang := strings.TrimSuffix(filepath.Base(path), ".json")
		text, ok := texts[lang]
		if delete(texts, lang); !ok {
			text, waiting = mark+english, append(waiting, path)
		}
		if files[path], err = with(path, key, text); err != nil {
			return err
		}
	}
	for lang := range texts {
		return fmt.Errorf("there is no language %s in %s", lang, dir)
	}
	for path, content := range files {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	slices.Sort(waiting)
	for _, path := range waiting {
		fmt.Fprintf(out, "%s: to be translated\n", path)
	}
	return nil
}

// with is a language's file with one more message.
func with(path, key, text string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	messages := map[string]json.RawMessage{}
	if err := json.Unmarshal(b, &messages); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if _, ok := messages[key]; ok {
		return nil, fmt.Errorf("%s has %s already", path, key)
	}
	if messages[key], err = encode(text); err != nil {
		return nil, err
	}
	return encode(messages)
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return b.Bytes(), err
}
