//go:build !unix

package storetest

import (
	"errors"
	"testing"
)

type programs struct{}

func findMariaDB() (programs, error) {
	return programs{}, errors.New("MariaDB is started on Unix systems only")
}

// EmptyMariaDB fails the test: there is no MariaDB to start.
func EmptyMariaDB(t testing.TB) string {
	t.Helper()
	_, err := findMariaDB()
	t.Fatal(err)
	return ""
}
