package config

import (
	"flag"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// Text is a file of settings with those of the given values, and all others with their defaults in remarks. Who may read
// it depends on whether it holds a secret.
func Text(known *flag.FlagSet, given map[string]string) (string, fs.FileMode) {
	var b strings.Builder
	mode := fs.FileMode(0o644)
	b.WriteString("# Settings of ltipolicy, for every command. A flag or the environment wins over what stands here;\n" +
		"# \"ltipolicy config\" says what is in force. A file name that is not absolute starts from this folder.\n")
	known.VisitAll(func(fl *flag.Flag) {
		_, usage := flag.UnquoteUsage(fl)
		value, set := given[fl.Name]
		mark := ""
		if !set {
			value, mark = fl.DefValue, "# "
		}
		if set && Secret(known, fl.Name) && Blank(value) != value {
			mode = 0o600
		}
		fmt.Fprintf(&b, "\n# %s\n%s%s = %s\n", usage, mark, fl.Name, written(fl, value))
	})
	return b.String(), mode
}

// written is a value as TOML has it.
func written(fl *flag.Flag, value string) string {
	switch fl.Value.(flag.Getter).Get().(type) {
	case bool, int:
		return value
	default:
		return strconv.Quote(value)
	}
}
