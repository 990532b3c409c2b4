// Package testdata holds the source policies of the demo and of the tests: texts of real universities, byte
// for byte, and a few of the demo's own for courses, as folders that "ltipolicy policy load" reads. It owns
// nothing else and imports nothing of ours.
package testdata

import (
	"embed"
	"io/fs"
)

//go:embed policies courses
var files embed.FS

// Institution is one institution of the demo.
type Institution struct {
	Name      string
	Folder    string   // under policies
	Zone      string   // IANA name of the time zone in which its people live
	Platforms []string // names of its Moodle sites
}

// Institutions lists the demo's institutions.
func Institutions() []Institution {
	return []Institution{
		{Name: "Universitatea Politehnica Timișoara", Folder: "upt", Zone: "Europe/Bucharest", Platforms: []string{"CVUPT", "UniCampus"}},
		{Name: "Kauno technologijos universitetas", Folder: "ktu", Zone: "Europe/Vilnius", Platforms: []string{"open.ktu.edu"}},
	}
}

// Policies is the folder of the institution's policies.
func (i Institution) Policies() (fs.FS, error) { return fs.Sub(files, "policies/"+i.Folder) }

// CoursePolicies is the folder of what the institution's courses may ask for beside them: short texts, written
// for the demo. It is empty for an institution that has none.
func (i Institution) CoursePolicies() (fs.FS, error) {
	if _, err := fs.Stat(files, "courses/"+i.Folder); err != nil {
		return embed.FS{}, nil //nolint:nilerr // none
	}
	return fs.Sub(files, "courses/"+i.Folder)
}
