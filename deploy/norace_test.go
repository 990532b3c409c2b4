//go:build !race

package deploy

// raced says that the tests run with the race detector.
const raced = false
