//go:build race

package launch_test

// many is a list long enough to show whether memory grows with it. The race detector makes writing it ten times
// as slow, so it is shorter here.
const many = 40_000
