// Package archive is what lasts of an institution's policies for anybody: each policy's page with the version in force, each
// version that ever was with its time and digest, two of them compared, what was in force on a day, and the changes as Atom
// feeds.
//
// It owns the lasting addresses, which change for no reason: neither when a policy is renamed or ends, nor when it applies
// elsewhere. It does not own the list of active policies, which is package launch's, nor when a version was in force, which
// is [policy.Periods]. Start reading at routes.go.
package archive
