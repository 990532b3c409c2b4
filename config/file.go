package config

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// fileMost is far more than all settings with a remark each.
const fileMost = 1 << 20

// File is a file of settings: TOML, with the flags' names as keys.
type File struct {
	Name     string // absolute
	settings []setting
	known    *flag.FlagSet
	open     bool // everybody on the machine can read it
}

// Has says whether the file gives a setting, itself or as a file.
func (f *File) Has(name string) bool {
	if f == nil {
		return false
	}
	for _, s := range f.settings {
		if strings.TrimSuffix(s.name, asFile) == strings.TrimSuffix(name, asFile) {
			return true
		}
	}
	return false
}

// errNoFile says that a file of settings that was named is not there.
var errNoFile = errors.New("no file of settings")

// find reads the file of settings. A file that was named must be there; nil: nobody named one, and there is none.
func find(named string, places []string, known *flag.FlagSet) (*File, error) {
	if named != "" {
		f, err := read(named, known)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Join(UsageError{fmt.Sprintf(`there is no file of settings %s: "ltipolicy init -config %[1]s" writes one`, named)}, errNoFile)
		}
		return f, err
	}
	for _, place := range places {
		f, err := read(place, known)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		return f, err
	}
	return nil, nil
}

func read(name string, known *flag.FlagSet) (*File, error) {
	name, err := filepath.Abs(name)
	if err != nil {
		return nil, fmt.Errorf("reading the settings: %w", err)
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("reading the settings: %w", err)
	}
	if info.Size() > fileMost {
		return nil, UsageError{name + " is larger than settings can be"}
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading the settings: %w", err)
	}
	f := &File{Name: name, known: known, open: runtime.GOOS != "windows" && info.Mode().Perm()&0o007 != 0}
	return f, f.parse(string(b))
}

// parse reads the text. Whatever is wrong in it is told at once.
func (f *File) parse(text string) error {
	all := map[string]any{}
	meta, err := toml.Decode(text, &all)
	if broken, ok := errors.AsType[toml.ParseError](err); ok {
		return UsageError{fmt.Sprintf("%s:%d: %s", f.Name, broken.Position.Line, broken.Message)}
	}
	if err != nil {
		return UsageError{fmt.Sprintf("%s: %v", f.Name, err)}
	}
	var wrong, names []string
	for _, key := range meta.Keys() {
		if len(key) > 1 {
			continue // told with what it is in
		}
		name := key[0]
		at := Origin{File: f.Name, Line: line(text, name)}
		value, err := f.value(name, all[name])
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("%s: %s: %v", at, name, err))
			continue
		}
		f.settings = append(f.settings, setting{name, value, at})
		names = append(names, name)
	}
	if name := givenTwice(names); name != "" {
		wrong = append(wrong, fmt.Sprintf("%s:%d: %s and %s: one of the two", f.Name, line(text, name), name, name+asFile))
	}
	if len(wrong) > 0 {
		return UsageError{strings.Join(wrong, "\n")}
	}
	return nil
}

// line is where a key stands.
func line(text, name string) int {
	at := regexp.MustCompile(`(?m)^[ \t]*\[*[ \t]*["']?` + regexp.QuoteMeta(name) + `\b["']?`).FindStringIndex(text)
	if at == nil {
		return 1
	}
	return 1 + strings.Count(text[:at[0]], "\n")
}

// value is a setting's value as its flag takes it.
func (f *File) value(name string, value any) (string, error) {
	fl := f.known.Lookup(name)
	if fl == nil {
		return "", errors.New("there is no such setting" + nearest(name, f.known))
	}
	want, text := "", ""
	switch fl.Value.(flag.Getter).Get().(type) {
	case bool:
		v, ok := value.(bool)
		if text = fmt.Sprint(v); !ok {
			want = "true or false, without quotes"
		}
	case int:
		v, ok := value.(int64)
		if text = fmt.Sprint(v); !ok {
			want = "a whole number, without quotes"
		}
	case time.Duration:
		v, ok := value.(string)
		if text = v; !ok {
			want = `a time in quotes, such as "10s"`
		}
	default:
		v, ok := value.(string)
		if text = v; !ok {
			want = "text in quotes"
		}
	}
	if want != "" {
		return "", errors.New("want " + want)
	}
	if namesFile(fl) || strings.HasPrefix(text, sqlite) {
		text = f.beside(text)
	}
	if err := fl.Value.Set(text); err != nil {
		return "", fmt.Errorf("%q: %w", text, err)
	}
	return text, nil
}

// sqlite begins the address of a database that is a file.
const sqlite = "sqlite:"

// beside is the name of a file that the settings name: one that is not absolute is beside them.
func (f *File) beside(name string) string {
	rest, is := strings.CutPrefix(name, sqlite)
	if rest != "" && !filepath.IsAbs(rest) {
		rest = filepath.Join(filepath.Dir(f.Name), rest)
	}
	if is {
		return sqlite + rest
	}
	return rest
}

// openSecrets names the secrets that stand in a file which everybody can read.
func (f *File) openSecrets() (names []string) {
	for _, s := range f.settings {
		if f.open && Secret(f.known, s.name) && Blank(s.value) != s.value {
			names = append(names, s.name)
		}
	}
	return names
}

var password = regexp.MustCompile(`^((?:mysql:|[a-z]+://)[^:@/]*:)(.+)(@[^@]*)$`)

// Blank is a secret's value as readers may see it: of an address everything but the password, else nothing.
func Blank(value string) string {
	if value == "" || strings.HasPrefix(value, sqlite) {
		return value
	}
	if strings.HasPrefix(value, "mysql:") || strings.Contains(value, "://") {
		return password.ReplaceAllString(value, "$1…$3")
	}
	return "…"
}

// nearest proposes the setting whose name is nearest to one that is not known.
func nearest(name string, known *flag.FlagSet) string {
	best, distance := "", len(name)/2+2
	known.VisitAll(func(fl *flag.Flag) {
		if d := Distance(name, fl.Name); d < distance {
			best, distance = fl.Name, d
		}
	})
	if best == "" {
		return ""
	}
	return ": did you mean " + best + "?"
}
