package config

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// UsageError says that the command line, the environment or the file of settings is wrong.
type UsageError struct{ Text string }

func (e UsageError) Error() string { return e.Text }

// Outside is where settings may come from beside the command line.
type Outside struct {
	Getenv func(string) string
	// Places are where the file of settings is looked for that nobody named; the first that is there counts.
	Places []string
	// Settings declares everything that a file of settings may hold, so that each command knows a wrong one.
	Settings func(*flag.FlagSet)
	// ReadSecret reads a file that holds a secret, unless too many others may read it.
	ReadSecret func(file string) ([]byte, error)
	Warn       io.Writer // remarks on what is no error
}

// Origin is where a setting's value comes from. The zero Origin is the default.
type Origin struct {
	Flag string // such as -database
	Env  string // such as LTIPOLICY_DATABASE
	File string // of settings, with Line
	Line int
	// Secret is the file that held the value, if what is above names only that.
	Secret string
}

func (o Origin) String() string {
	place := cmp.Or(o.Flag, o.Env, "default")
	if o.File != "" {
		place = fmt.Sprintf("%s:%d", o.File, o.Line)
	}
	if o.Secret != "" {
		place += ", in " + o.Secret
	}
	return place
}

// Flags is a command's flag set that also reads the environment and, if the command has settings, their file.
type Flags struct {
	*flag.FlagSet
	outside Outside
	from    map[string]Origin
	named   *string // by -config; nil: the command reads no file
	writes  bool    // the command writes the file if it is not there
	file    *File
}

// NewFlags begins a command's flag set.
func NewFlags(name string, outside Outside) *Flags {
	f := &Flags{FlagSet: flag.NewFlagSet(name, flag.ContinueOnError), outside: outside, from: map[string]Origin{}}
	f.SetOutput(io.Discard) // errors are returned
	f.Usage = func() {}
	return f
}

// FromFile says that the command reads the file of settings, and adds the flag that names it.
func (f *Flags) FromFile() {
	if f.named == nil {
		f.named = f.String("config", "", "`file` with the settings (default: the first that is there of "+strings.Join(f.outside.Places, " and ")+")")
	}
}

// ToFile says that the command writes the file of settings, so that one that is named need not be there.
func (f *Flags) ToFile() { f.writes = true }

// Named is the file of settings that the command reads or writes: absolute, though it need not be there.
func (f *Flags) Named() (string, error) {
	if f.file != nil {
		return f.file.Name, nil
	}
	return filepath.Abs(cmp.Or(*f.named, f.outside.Places[0]))
}

// Origin says where a flag's value comes from.
func (f *Flags) Origin(name string) Origin { return f.from[name] }

// File is the file of settings that was read; nil: there is none.
func (f *Flags) File() *File { return f.file }

// Env is the name of a flag in the environment.
func Env(name string) string {
	return "LTIPOLICY_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// asFile ends the name of the flag by which a secret is given as a file: NAME-file beside NAME.
const asFile = "-file"

// Parse reads what args, the environment and the file of settings say; what comes first wins. A secret and the file
// that holds it (NAME and NAME-file) are one setting: what is nearer wins, and both from one place are an error. The
// error is [flag.ErrHelp] if help was asked for, and a [UsageError] for whatever is wrong.
func (f *Flags) Parse(args []string) error {
	err := f.FlagSet.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	if err != nil {
		return UsageError{err.Error()}
	}
	var typed []string
	f.Visit(func(fl *flag.Flag) { typed = append(typed, fl.Name) })
	if name := givenTwice(typed); name != "" {
		return UsageError{fmt.Sprintf("-%s and -%s: one of the two", name, name+asFile)}
	}
	for _, name := range typed {
		f.from[name] = Origin{Flag: "-" + name}
	}
	if err := f.readEnvironment(); err != nil {
		return err
	}
	if f.named != nil {
		if err := f.readFile(); err != nil {
			return err
		}
	}
	return f.readSecrets()
}

// givenTwice is the name of a setting that is among the names both itself and as a file.
func givenTwice(names []string) string {
	for _, name := range names {
		if slices.Contains(names, name+asFile) {
			return name
		}
	}
	return ""
}

// settle gives flags the values of a place, unless a nearer place gave them.
func (f *Flags) settle(place []setting) error {
	nearer := map[string]bool{}
	for name := range f.from {
		nearer[strings.TrimSuffix(name, asFile)] = true
	}
	for _, s := range place {
		if nearer[strings.TrimSuffix(s.name, asFile)] {
			continue
		}
		if err := f.Set(s.name, s.value); err != nil {
			return UsageError{fmt.Sprintf("%s: %v", s.at, err)}
		}
		f.from[s.name] = s.at
	}
	return nil
}

// setting is a value that some place gives.
type setting struct {
	name, value string
	at          Origin
}

func (f *Flags) readEnvironment() error {
	var place []setting
	var names []string
	f.VisitAll(func(fl *flag.Flag) {
		if v := f.outside.Getenv(Env(fl.Name)); v != "" {
			place = append(place, setting{fl.Name, v, Origin{Env: Env(fl.Name)}})
			names = append(names, fl.Name)
		}
	})
	if name := givenTwice(names); name != "" {
		return UsageError{fmt.Sprintf("%s and %s: one of the two", Env(name), Env(name+asFile))}
	}
	return f.settle(place)
}

func (f *Flags) readFile() error {
	known := flag.NewFlagSet("", flag.ContinueOnError)
	f.outside.Settings(known)
	file, err := find(*f.named, f.outside.Places, known)
	if f.writes && errors.Is(err, errNoFile) {
		return nil
	}
	if err != nil || file == nil {
		return err
	}
	f.file = file
	if err := f.settle(slices.DeleteFunc(slices.Clone(file.settings), func(s setting) bool { return f.Lookup(s.name) == nil })); err != nil {
		return err
	}
	if names := file.openSecrets(); len(names) > 0 {
		fmt.Fprintf(f.outside.Warn, "warning: everybody on this machine can read %s, which holds a secret (%s): chmod 600 %[1]s, or give it as a file (%[3]s)\n",
			file.Name, strings.Join(names, ", "), names[0]+asFile)
	}
	return nil
}

// readSecrets finds the files that settings name, and reads those that hold another setting's value.
func (f *Flags) readSecrets() (err error) {
	known := flag.NewFlagSet("", flag.ContinueOnError)
	f.outside.Settings(known)
	known.VisitAll(func(s *flag.Flag) {
		fl := f.Lookup(s.Name)
		if fl == nil || err != nil || !namesFile(s) || fl.Value.String() == "" {
			return
		}
		file := f.found(fl.Value.String())
		if err = f.Set(s.Name, file); err != nil {
			return
		}
		name, held := strings.CutSuffix(s.Name, asFile)
		if !held || f.Lookup(name) == nil {
			return
		}
		at := f.from[s.Name]
		b, problem := f.outside.ReadSecret(file)
		if problem != nil {
			err = fmt.Errorf("reading the file with the setting %s, which %s names: %w", name, at, problem)
			return
		}
		at.Secret = file
		if problem := f.Set(name, strings.TrimSpace(string(b))); problem != nil {
			err = UsageError{fmt.Sprintf("%s: %v", at, problem)}
		}
		f.from[name] = at
	})
	return err
}

// found is where a file is that a setting names: a credential that systemd handed to the process goes first.
func (f *Flags) found(name string) string {
	if dir := f.outside.Getenv("CREDENTIALS_DIRECTORY"); dir != "" {
		handed := filepath.Join(dir, filepath.Base(name))
		if _, err := os.Stat(handed); err == nil {
			return handed
		}
	}
	return name
}

// namesFile says whether a setting's value is the name of a file, by the word that its help has for the value.
func namesFile(fl *flag.Flag) bool {
	word, _ := flag.UnquoteUsage(fl)
	return word == "file"
}

// Secret says whether a setting's value is to be kept from readers: it can be given as a file.
func Secret(settings *flag.FlagSet, name string) bool { return settings.Lookup(name+asFile) != nil }
