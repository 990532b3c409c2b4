package demo

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// display is an X server that shows nothing, for a browser that cannot do without. WebDriver reaches only the
// page; what the browser itself asks the reader is answered with a mouse.
type display struct{ number int }

func startDisplay(t *testing.T) display {
	t.Helper()
	var log bytes.Buffer
	cmd := exec.Command("Xvfb", "-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp", "-ac")
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	attend(t, cmd)
	line, err := bufio.NewReader(out).ReadString('\n')
	n, bad := strconv.Atoi(strings.TrimSpace(line))
	if err := errors.Join(err, bad); err != nil {
		t.Fatalf("the display does not start: %v\n%s", err, &log)
	}
	return display{n}
}

// attend starts a program and ends it after the test, when what it serves has ended.
func attend(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill() //nolint:errcheck // it ended by itself
		cmd.Wait()         //nolint:errcheck // it is killed
	})
}

// click presses the mouse's button at a point of the screen: three requests of X's extension for tests.
func (d display) click(t *testing.T, x, y int) {
	t.Helper()
	if err := d.press(x, y, patience(t)); err != nil {
		t.Fatalf("the display's mouse: %v", err)
	}
}

func (d display) press(x, y int, patience time.Duration) error {
	conn, err := net.Dial("unix", fmt.Sprintf("/tmp/.X11-unix/X%d", d.number))
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // all was answered
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	order := binary.LittleEndian
	// "l" for this order, version 11.0, no authorisation; the answer has its length in units of four bytes.
	if _, err := conn.Write([]byte{'l', 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0}); err != nil {
		return err
	}
	head := make([]byte, 8)
	if _, err := io.ReadFull(conn, head); err != nil {
		return err
	}
	if head[0] != 1 {
		return fmt.Errorf("refused: %x", head)
	}
	if _, err := io.CopyN(io.Discard, conn, 4*int64(order.Uint16(head[6:]))); err != nil {
		return err
	}
	// QueryExtension
	query := append([]byte{98, 0, 4, 0, 5, 0, 0, 0}, "XTEST\x00\x00\x00"...)
	if _, err := conn.Write(query); err != nil {
		return err
	}
	reply := make([]byte, 32)
	if _, err := io.ReadFull(conn, reply); err != nil {
		return err
	}
	if reply[0] != 1 || reply[8] != 1 {
		return errors.New("no extension for tests")
	}
	const pressed, released, moved = 4, 5, 6
	for _, kind := range []byte{moved, pressed, released} {
		fake := make([]byte, 36) // FakeInput
		fake[0], fake[1], fake[4] = reply[9], 2, kind
		order.PutUint16(fake[2:], uint16(len(fake)/4))
		if kind == moved {
			order.PutUint16(fake[24:], uint16(x))
			order.PutUint16(fake[26:], uint16(y))
		} else {
			fake[5] = 1 // the left button
		}
		if _, err := conn.Write(fake); err != nil {
			return err
		}
	}
	// GetInputFocus: its answer says that all before was done.
	if _, err := conn.Write([]byte{43, 0, 1, 0}); err != nil {
		return err
	}
	if _, err := io.ReadFull(conn, reply); err != nil {
		return err
	}
	if reply[0] != 1 {
		return fmt.Errorf("error %x", reply)
	}
	return nil
}
