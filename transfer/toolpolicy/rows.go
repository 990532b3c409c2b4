// Package toolpolicy is Moodle's tool_policy from outside: it reads the rows of its three tables from a dump
// or from a live database, makes versions of ours of them, and writes such rows as SQL. It owns what only
// Moodle has: multilang texts, text formats, language codes, file addresses. It stores nothing and decides
// nothing about ids here; that is package store's.
//
// Start reading at [Source] and [Convert].
package toolpolicy

import (
	"context"
	"errors"
)

// ErrFormat says that what was read is not what Moodle writes. Errors of this package wrap it with the place.
var ErrFormat = errors.New("not a row of Moodle's")

// Policy is a row of tool_policy.
type Policy struct {
	ID        int64
	SortOrder int
	Current   int64 // currentversionid; 0: NULL
}

// Version is a row of tool_policy_versions.
type Version struct {
	ID            int64
	Name          string
	Type          int
	Audience      int
	Archived      bool
	UserModified  int64
	TimeCreated   int64
	TimeModified  int64
	PolicyID      int64
	Style         int
	Optional      bool
	Revision      string
	Summary       string
	SummaryFormat int
	Content       string
	ContentFormat int
}

// Acceptance is a row of tool_policy_acceptances.
type Acceptance struct {
	ID           int64
	VersionID    int64
	UserID       int64
	Status       *int // nil: NULL, no answer yet
	Lang         string
	UserModified int64
	TimeCreated  int64
	TimeModified int64
	Note         *string // nil: NULL
}

// Person is what is taken over of a row of Moodle's user table.
type Person struct {
	ID        int64
	Username  string
	FirstName string
	LastName  string
	Email     string
	IDNumber  string
	Lang      string
	Service   bool // an account of Moodle's web services, not of a person
	Guest     bool // Moodle's one guest account
}

// Name is the person's full name, first name first.
func (p Person) Name() string {
	switch {
	case p.FirstName == "" || p.LastName == "" || p.LastName == " ":
		return p.FirstName + p.LastName
	default:
		return p.FirstName + " " + p.LastName
	}
}

// Source is where the rows come from. Each method reads from the start, so that what does not fit into
// memory can be read twice; acceptances and people are handed over one by one, in no order, and an error of
// f ends the reading and is returned. A Source is for one goroutine.
type Source interface {
	Policies(ctx context.Context) ([]Policy, []Version, error)
	Acceptances(ctx context.Context, f func(Acceptance) error) error
	People(ctx context.Context, f func(Person) error) error
}
