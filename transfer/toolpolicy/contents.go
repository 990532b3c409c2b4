package toolpolicy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// contents is what a dump was seen to hold, to say why nothing of it was taken.
type contents struct {
	created map[string]bool // tables by CREATE TABLE
	filled  map[string]bool // tables by INSERT
}

// tablesShown bounds how many tables a sentence names.
const tablesShown = 5

// without says why a dump has no rows of a table, and what to do.
func (c contents) without(prefix, table string) error {
	full := prefix + table
	all := maps.Clone(c.created)
	maps.Copy(all, c.filled)
	names := slices.Sorted(maps.Keys(all))
	if all[full] {
		return fmt.Errorf("%w: the dump has the table %s without rows: it was written with --no-data, or this Moodle has no policies", ErrFormat, full)
	}
	for _, name := range names {
		if other, ok := strings.CutSuffix(name, table); ok && prefixForm.MatchString(other) {
			if other == "" {
				other = `""`
			}
			return fmt.Errorf("%w: the dump has no rows of %s, but the table %s: say -prefix %s", ErrFormat, full, name, other)
		}
	}
	if len(names) == 0 {
		return fmt.Errorf("%w: the file has no rows of any table: it is no dump of mysqldump or mariadb-dump", ErrFormat)
	}
	shown := strings.Join(names[:min(len(names), tablesShown)], ", ")
	if more := len(names) - tablesShown; more > 0 {
		shown += fmt.Sprintf(" and %d more", more)
	}
	p := prefix + "tool_policy"
	return fmt.Errorf("%w: the dump has no rows of %s, only of other tables (%s): dump %s, %s_versions and %s_acceptances", ErrFormat, full, shown, p, p, p)
}
