//go:build !race

package launch_test

// many is a list long enough to show whether memory grows with it.
const many = 200_000
