package lti

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf8"
)

// This file reads JSON objects strictly, which encoding/json does not: the names of members are exact, a
// member that is read may not come twice, null is absent, and nothing is converted. It looks at text that
// [parseObject] found to be valid, so that walking it needs no second check.

// errShape says that a value is not of the type that it must be.
var errShape = errors.New("wrong type")

// parseObject checks that a document is one JSON object in valid UTF-8 and fills the slots from it.
func parseObject(doc []byte, slot func(name []byte) *[]byte) error {
	if !utf8.Valid(doc) || !json.Valid(doc) {
		return errors.New("not JSON")
	}
	return fill(doc, slot)
}

// memberError is a fault of one member of an object.
type memberError struct {
	name string
	err  error
}

func (e *memberError) Error() string { return e.name + ": " + e.err.Error() }
func (e *memberError) Unwrap() error { return e.err }

// fill puts the values of an object's members into their slots; slot returns nil for a name that is of no
// interest. An empty array is an empty object: that is how PHP writes one.
func fill(object []byte, slot func(name []byte) *[]byte) error {
	return members(object, func(name, value []byte) error {
		var s *[]byte
		if plain(name) {
			s = slot(name[1 : len(name)-1])
		} else {
			n, err := text(name)
			if err != nil {
				return err
			}
			s = slot([]byte(n))
		}
		if s == nil || value[0] == 'n' {
			return nil
		}
		if *s != nil {
			n, _ := text(name)
			return &memberError{n, errors.New("given twice")}
		}
		*s = value
		return nil
	})
}

// members calls f with every member of an object: its name, still quoted, and its value.
func members(object []byte, f func(name, value []byte) error) error {
	i := space(object, 0)
	switch object[i] {
	case '{':
	case '[':
		if object[space(object, i+1)] == ']' {
			return nil
		}
		return errShape
	default:
		return errShape
	}
	i = space(object, i+1)
	for object[i] != '}' {
		end := skip(object, i)
		name := object[i:end]
		i = space(object, space(object, end)+1) // over the colon
		end = skip(object, i)
		if err := f(name, object[i:end]); err != nil {
			return err
		}
		i = space(object, end)
		if object[i] == ',' {
			i = space(object, i+1)
		}
	}
	return nil
}

// space returns the index of the first byte at or after i that is not white space.
func space(b []byte, i int) int {
	for b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r' {
		i++
	}
	return i
}

// skip returns the index after the value that begins at i.
func skip(b []byte, i int) int {
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		depth := 0
		for {
			switch b[i] {
			case '"':
				i = skipString(b, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				depth--
				if depth == 0 {
					return i + 1
				}
			}
			i++
		}
	}
	for i < len(b) {
		switch b[i] {
		case ',', '}', ']', ' ', '\n', '\t', '\r':
			return i
		}
		i++
	}
	return i
}

func skipString(b []byte, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// plain reports whether a quoted string holds no escapes.
func plain(quoted []byte) bool {
	return bytes.IndexByte(quoted, '\\') < 0
}

// text returns a string; an absent one is empty.
func text(value []byte) (string, error) {
	if value == nil {
		return "", nil
	}
	if value[0] != '"' {
		return "", errShape
	}
	if plain(value) {
		return string(value[1 : len(value)-1]), nil
	}
	var s string
	if err := json.Unmarshal(value, &s); err != nil {
		return "", err
	}
	return s, nil
}

// texts returns an array of strings; an absent one is nil.
func texts(value []byte) ([]string, error) {
	if value == nil {
		return nil, nil
	}
	if value[0] != '[' {
		return nil, errShape
	}
	out := []string{}
	i := space(value, 1)
	for value[i] != ']' {
		end := skip(value, i)
		s, err := text(value[i:end])
		if err != nil {
			return nil, err
		}
		out = append(out, s)
		i = space(value, end)
		if value[i] == ',' {
			i = space(value, i+1)
		}
	}
	return out, nil
}

// flag returns a boolean, or the default if it is absent.
func flag(value []byte, otherwise bool) (bool, error) {
	if value == nil {
		return otherwise, nil
	}
	switch string(value) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, errShape
}

// maxSeconds keeps times within what databases can hold: the year 5138.
const maxSeconds = 100_000_000_000

// seconds returns a NumericDate (RFC 7519, 2), which may have a fraction.
func seconds(value []byte) (int64, error) {
	if n, err := strconv.ParseInt(string(value), 10, 64); err == nil {
		if n < 0 || n > maxSeconds {
			return 0, errors.New("out of range")
		}
		return n, nil
	}
	if c := value[0]; c != '-' && (c < '0' || c > '9') {
		return 0, errShape
	}
	f, err := strconv.ParseFloat(string(value), 64)
	if err != nil || f < 0 || f > maxSeconds {
		return 0, errors.New("out of range")
	}
	return int64(f), nil
}
