//go:build !(linux || darwin || freebsd)

package storetest

import (
	"errors"
	"os"
)

const canStart = false

func start(Engine, maker, []string) (*server, error) {
	return nil, errors.New("database servers are not started here")
}

func folder(name string) (string, error) { return os.MkdirTemp("", "ltipolicy-"+name+"-") }
