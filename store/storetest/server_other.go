//go:build !(linux || darwin || freebsd)

package storetest

import "errors"

const canStart = false

func start(Engine, maker, []string) (*server, error) {
	return nil, errors.New("database servers are not started here")
}
