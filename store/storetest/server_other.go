//go:build !(linux || darwin || freebsd)

package storetest

import "errors"

const canStart = false

func start(Engine, maker) (address, error) {
	return address{}, errors.New("database servers are not started here")
}
