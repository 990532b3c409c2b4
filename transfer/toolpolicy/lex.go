package toolpolicy

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxToken bounds a value in a dump: Moodle's own limit for a request is below it.
const maxToken = 64 << 20

type tokenKind byte

const (
	tokenWord   tokenKind = iota + 1 // a bare word or a number
	tokenName                        // `quoted`
	tokenString                      // 'quoted', "quoted" or 0xHEX
	tokenPunct                       // one byte
)

type token struct {
	kind tokenKind
	text string
}

func (t token) is(word string) bool {
	return (t.kind == tokenWord || t.kind == tokenPunct) && strings.EqualFold(t.text, word)
}

// lexer cuts SQL as mysqldump and mariadb-dump write it into tokens. Comments, the conditional ones included,
// are passed over.
type lexer struct {
	r    *bufio.Reader
	line int
	// What comments say of who wrote the dump: it began and ended as of mysqldump or mariadb-dump, or it is of a foreign one.
	begun, done bool
	foreign     string
}

func newLexer(r io.Reader) *lexer { return &lexer{r: bufio.NewReaderSize(r, 1<<16), line: 1} }

func (l *lexer) read() (byte, error) {
	b, err := l.r.ReadByte()
	if b == '\n' && err == nil {
		l.line++
	}
	return b, err
}

func (l *lexer) peek() byte {
	b, err := l.r.Peek(1)
	if err != nil {
		return 0
	}
	return b[0]
}

func (l *lexer) fail(what string) error {
	return fmt.Errorf("%w: line %d: %s", ErrFormat, l.line, what)
}

// next returns the next token, or io.EOF.
func (l *lexer) next() (token, error) {
	for {
		b, err := l.read()
		if err != nil {
			return token{}, err
		}
		switch {
		case b <= ' ':
		case b == '#', b == '-' && l.peek() == '-':
			if err := l.skipLine(); err != nil {
				return token{}, err
			}
		case b == '/' && l.peek() == '*':
			if err := l.skipComment(); err != nil {
				return token{}, err
			}
		case b == '`':
			s, err := l.quoted(b, false)
			return token{tokenName, s}, err
		case b == '\'', b == '"':
			s, err := l.quoted(b, true)
			return token{tokenString, s}, err
		case wordByte(b):
			return l.word(b)
		default:
			return token{tokenPunct, string(rune(b))}, nil
		}
	}
}

func wordByte(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '_' || b == '.' || b == '-' || b == '+' || b == '$' || b >= 0x80
}

func (l *lexer) word(first byte) (token, error) {
	s := []byte{first}
	for wordByte(l.peek()) {
		b, err := l.read()
		if err != nil {
			return token{}, err
		}
		if s = append(s, b); len(s) > maxToken {
			return token{}, l.fail("a value is too long")
		}
	}
	text := string(s)
	// mysqldump -hex-blob, and the introducers that it puts before strings.
	if hex, ok := strings.CutPrefix(text, "0x"); ok {
		raw, err := unhex(hex)
		if err != nil {
			return token{}, l.fail("a hexadecimal value is broken")
		}
		return token{tokenString, raw}, nil
	}
	if strings.HasPrefix(text, "_") && l.peek() == ' ' {
		l.r.Discard(1) //nolint:errcheck // it was just seen
	}
	if (text == "_binary" || text == "_utf8mb4" || text == "_utf8mb3" || text == "_utf8") && (l.peek() == '\'' || l.peek() == '"') {
		return l.next()
	}
	return token{tokenWord, text}, nil
}

func unhex(s string) (string, error) {
	if len(s)%2 == 1 {
		return "", ErrFormat
	}
	out := make([]byte, len(s)/2)
	for i := range out {
		if _, err := fmt.Sscanf(s[2*i:2*i+2], "%02x", &out[i]); err != nil {
			return "", err
		}
	}
	return string(out), nil
}

// commentShown bounds how much of a comment is looked at.
const commentShown = 64

func (l *lexer) skipLine() error {
	var said []byte
	for {
		b, err := l.read()
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if err != nil || b == '\n' {
			l.heard(string(said))
			return err
		}
		if len(said) < commentShown {
			said = append(said, b)
		}
	}
}

// heard notes what a comment says of the dump. The hyphens before it may be missing.
func (l *lexer) heard(comment string) {
	comment = strings.TrimLeft(comment, "- ")
	switch {
	case strings.HasPrefix(comment, "MySQL dump"), strings.HasPrefix(comment, "MariaDB dump"):
		l.begun, l.done = true, false
	case strings.HasPrefix(comment, "Dump completed"):
		l.done = true
	case strings.HasPrefix(comment, "PostgreSQL database"):
		l.foreign = "it is a dump of PostgreSQL"
	}
}

func (l *lexer) skipComment() error {
	if _, err := l.read(); err != nil {
		return err
	}
	for last := byte(0); ; {
		b, err := l.read()
		if errors.Is(err, io.EOF) {
			return l.fail("a comment does not end")
		}
		if err != nil {
			return err
		}
		if last == '*' && b == '/' {
			return nil
		}
		last = b
	}
}

// quoted reads up to the closing quote, which stands for itself where it is doubled.
func (l *lexer) quoted(quote byte, escapes bool) (string, error) {
	start := l.line
	var s []byte
	for {
		b, err := l.read()
		if errors.Is(err, io.EOF) {
			return "", fmt.Errorf("%w: line %d: a quotation does not end: the dump breaks off, write it again", ErrFormat, start)
		}
		if err != nil {
			return "", err
		}
		switch {
		case b == quote && l.peek() == quote:
			if _, err := l.read(); err != nil {
				return "", err
			}
		case b == quote:
			return string(s), nil
		case b == '\\' && escapes:
			if b, err = l.read(); err != nil {
				return "", l.fail("a quotation does not end")
			}
			b = unescaped(b)
		}
		if s = append(s, b); len(s) > maxToken {
			return "", l.fail("a value is too long")
		}
	}
}

// unescaped is what a backslash before b stands for in MySQL. Before any other byte it stands for nothing.
func unescaped(b byte) byte {
	switch b {
	case '0':
		return 0
	case 'b':
		return '\b'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'Z':
		return 26
	default:
		return b
	}
}
