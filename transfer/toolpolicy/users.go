package toolpolicy

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// People implements [Source]: the first line of the users' file names its columns, as the mysql client's
// batch mode writes them. id is needed; username, firstname, lastname, email, idnumber, lang and auth are
// taken where they are there.
func (d Dump) People(ctx context.Context, f func(Person) error) error {
	if d.Users == nil {
		return nil
	}
	file, err := d.Users()
	if err != nil {
		return fmt.Errorf("opening the users: %w", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	text, err := opened(file)
	if err != nil {
		return fmt.Errorf("reading the users: %w", err)
	}
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, 1<<20)
	var head []string
	for n := 1; lines.Scan(); n++ {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(lines.Text(), "\ufeff"), "\r"), "\t")
		if head == nil {
			if head = cells; !slices.Contains(head, "id") {
				return fmt.Errorf("%w: the first line of the users names no column id%s", ErrFormat, headless(lines.Text()))
			}
			continue
		}
		if len(cells) != len(head) {
			return fmt.Errorf("%w: users, line %d: %d columns, want %d", ErrFormat, n, len(cells), len(head))
		}
		row := make(map[string]string, len(head))
		for i, h := range head {
			row[h] = unbatch.Replace(cells[i])
		}
		id, err := strconv.ParseInt(row["id"], 10, 64)
		if err != nil {
			return fmt.Errorf("%w: users, line %d: id is %.40q", ErrFormat, n, row["id"])
		}
		if err := f(person(id, row)); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading the users: %w", err)
	}
	return nil
}

// headless says what is amiss with the first line of a table in another form, to follow a sentence.
func headless(line string) string {
	switch {
	case strings.HasPrefix(line, "+-"):
		return ": it is drawn as a table for people, write it with --batch"
	case !strings.Contains(line, "\t") && strings.ContainsAny(line, ",;"):
		return ": its columns have commas between them, want tabs"
	}
	return ""
}

// unbatch undoes the escapes of the mysql client's batch mode.
var unbatch = strings.NewReplacer(`\t`, "\t", `\n`, "\n", `\0`, "\x00", `\\`, `\`)

func person(id int64, row map[string]string) Person {
	return Person{
		ID: id, Username: row["username"], FirstName: strings.TrimSpace(row["firstname"]), LastName: strings.TrimSpace(row["lastname"]),
		Email: row["email"], IDNumber: row["idnumber"], Lang: row["lang"],
		Service: row["auth"] == "webservice", Guest: row["username"] == "guest",
	}
}
