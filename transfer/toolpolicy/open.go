package toolpolicy

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// mysqlOnly is what to do with the data of another database.
const mysqlOnly = "only dumps of MySQL and MariaDB are read: copy the three tables into such a database and dump them there"

// foreign are the first bytes of files that are often given instead of a dump, and what to say of them.
var foreign = []struct {
	magic string
	at    int
	says  string
}{
	{"PK\x03\x04", 0, "it is a zip archive: unpack it first"},
	{"BZh", 0, "it is compressed with bzip2: unpack it first"},
	{"\xfd7zXZ\x00", 0, "it is compressed with xz: unpack it first"},
	{"\x28\xb5\x2f\xfd", 0, "it is compressed with zstd: unpack it first"},
	{"7z\xbc\xaf\x27\x1c", 0, "it is a 7z archive: unpack it first"},
	{"ustar", 257, "it is a tar archive: unpack it first"},
	{"SQLite format 3\x00", 0, "it is an SQLite database: " + mysqlOnly},
	{"PGDMP", 0, "it is a dump of PostgreSQL in its own format: " + mysqlOnly},
	{"<", 0, "it is XML or a web page: dump as SQL, without --xml"},
}

// opened reads a file as it was meant: what gzip compressed is unpacked, and a byte order mark is passed over. A file that
// cannot be one of text is an error that says what it is and what to do.
func opened(file io.Reader) (io.Reader, error) {
	r := bufio.NewReaderSize(file, 1<<16)
	if head, _ := r.Peek(2); string(head) == "\x1f\x8b" { //nolint:errcheck // a short file has a short head
		packed, err := gzip.NewReader(r)
		if err != nil {
			return nil, broken(err)
		}
		r = bufio.NewReaderSize(unpacked{packed}, 1<<16)
	}
	head, err := r.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case len(bytes.TrimSpace(head)) == 0 && len(head) < 512:
		return nil, fmt.Errorf("%w: the file is empty: the command that wrote it has failed", ErrFormat)
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")), len(head) > 1 && (head[0] == 0) != (head[1] == 0):
		return nil, fmt.Errorf("%w: the file is UTF-16, as PowerShell's > writes it: let the dump be written with --result-file=FILE, or convert it to UTF-8", ErrFormat)
	case bytes.HasPrefix(head, []byte("\ufeff")):
		_, err := r.Discard(len("\ufeff"))
		return r, err
	}
	for _, f := range foreign {
		if len(head) > f.at && bytes.HasPrefix(head[f.at:], []byte(f.magic)) {
			return nil, fmt.Errorf("%w: %s", ErrFormat, f.says)
		}
	}
	return r, nil
}

// unpacked names the cause where a compressed file ends too early or is damaged.
type unpacked struct{ io.Reader }

func (u unpacked) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = broken(err)
	}
	return n, err //nolint:wrapcheck // io.EOF has to stay itself
}

func broken(err error) error {
	return fmt.Errorf("%w: the compressed file is damaged or breaks off, copy it again: %w", ErrFormat, err)
}
