// Package template holds the texts from which an office may begin a policy: what courses ask for, in each of the
// languages of the interface, with the settings that go with it. What begins from one is a draft like any other.
//
// It owns the texts, in files as "ltipolicy policy load" reads them. It does not own what becomes of a draft. A text is
// careful words to begin with and no legal advice: what stands in square brackets is for whoever uses it to fill in.
//
// Start reading at [Version].
package template

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"slices"

	"ltipolicy/policy"
	"ltipolicy/policy/source"
)

//go:embed files
var files embed.FS

// Name names a template.
type Name string

// The templates.
const (
	Recording  Name = "recording"   // images, and recordings of classes
	Research   Name = "research"    // taking part in research, see package research
	HonourCode Name = "honour-code" // rules for assignments and examinations
	ThirdParty Name = "third-party" // an excursion, or a tool of another provider
)

// Names are all of them, in the order in which they are offered.
func Names() []Name { return []Name{Recording, Research, HonourCode, ThirdParty} }

// Version is what a policy begins with: the template's texts with that of a language, if it has it, as the primary one,
// and its settings. A name that is none of ours is policy.ErrNotFound.
func Version(ctx context.Context, name Name, lang string) (policy.Version, error) {
	if !slices.Contains(Names(), name) {
		return policy.Version{}, policy.E(policy.ErrNotFound, "").Because(fmt.Errorf("no template %q", name))
	}
	dir, err := fs.Sub(files, "files/"+string(name))
	if err != nil {
		return policy.Version{}, fmt.Errorf("reading template %s: %w", name, err)
	}
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return policy.Version{}, fmt.Errorf("reading template %s: %w", name, err)
	}
	texts := map[string][]byte{}
	for _, e := range entries {
		if texts[e.Name()], err = fs.ReadFile(dir, e.Name()); err != nil {
			return policy.Version{}, fmt.Errorf("reading template %s: %w", name, err)
		}
	}
	p, err := source.New(string(name), texts)
	if err != nil {
		return policy.Version{}, err
	}
	v, _, err := p.Version(ctx)
	if err != nil {
		return policy.Version{}, err
	}
	if i := slices.IndexFunc(v.Texts, func(t policy.Text) bool { return t.Lang == lang }); i > 0 {
		own := v.Texts[i]
		v.Texts = append([]policy.Text{own}, slices.Delete(v.Texts, i, i+1)...)
	}
	return v, nil
}
