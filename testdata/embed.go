// Package testdata holds the source policies of the demo and of the tests: texts of real universities, byte
// for byte, as folders that "ltipolicy policy load" reads. It owns nothing else and imports nothing of ours.
package testdata

import (
	"embed"
	"io/fs"
)

//go:embed policies
var policies embed.FS

// Institution is one institution of the demo.
type Institution struct {
	Name      string
	Folder    string   // under policies
	Platforms []string // names of its Moodle sites
}

// Institutions lists the demo's institutions.
func Institutions() []Institution {
	return []Institution{
		{Name: "Universitatea Politehnica Timișoara", Folder: "upt", Platforms: []string{"CVUPT", "UniCampus"}},
		{Name: "Kauno technologijos universitetas", Folder: "ktu", Platforms: []string{"open.ktu.edu"}},
	}
}

// Policies is the folder of the institution's policies.
func (i Institution) Policies() (fs.FS, error) { return fs.Sub(policies, "policies/"+i.Folder) }
