package testdata

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
)

//go:embed seeds
var seeds embed.FS

// Seed is one policy of the source documents, as it was read off them by hand: what importing is held to.
type Seed struct {
	ID, File, Name, Lang, Revision string
	Type                           int16 `json:"type_value"` // Moodle's
	Summary, Content               SeedPart
}

// SeedPart is a part of a seed.
type SeedPart struct {
	Lines  [2]int // of the document, from 1, the last one included
	SHA256 string // of Text
	Chars  int    // of Text
	Note   *string
	Text   string `json:"-"`
}

// Seeds are the policies of the source documents by their ids, P1 to P7.
func Seeds() (map[string]Seed, error) {
	raw, err := seeds.ReadFile("seeds/policies.json")
	if err != nil {
		return nil, fmt.Errorf("reading the seeds: %w", err)
	}
	var list []Seed
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("reading the seeds: %w", err)
	}
	byID := map[string]Seed{}
	for _, s := range list {
		document, err := Document(s.File)
		if err != nil {
			return nil, err
		}
		lines := strings.Split(document, "\n")
		s.Summary.cut(lines)
		s.Content.cut(lines)
		byID[s.ID] = s
	}
	return byID, nil
}

// Document is a source document by its file's name.
func Document(file string) (string, error) {
	raw, err := seeds.ReadFile("seeds/" + file)
	if err != nil {
		return "", fmt.Errorf("reading a source document: %w", err)
	}
	return string(raw), nil
}

// cut takes the part's text; a note says that the next policy's label sticks to its last line.
func (p *SeedPart) cut(lines []string) {
	p.Text = strings.Join(lines[p.Lines[0]-1:p.Lines[1]], "\n")
	if p.Note != nil {
		p.Text = strings.TrimSuffix(p.Text, "Santrauka")
	}
}
