package deploy

import (
	"bytes"
	"database/sql"
	"errors"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"ltipolicy/store/storetest"
)

// TestMigrateEndsWhatASignalBrokeOff kills `migrate` at several instants, with and without a word of warning. Each
// run goes on where the one before it stopped, and the last one ends the work. `serve` refuses to start on what is
// half done, and starts at the end.
func TestMigrateEndsWhatASignalBrokeOff(t *testing.T) {
	for _, e := range storetest.Servers(t) {
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel() // a killed run's lock on the schema is held for five seconds more
			dsn := e.Empty(t)
			db, err := sql.Open("mysql", storetest.DriverDSN(dsn))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close() //nolint:errcheck // only read through
			refused(t, dsn)
			for _, when := range []struct {
				signal syscall.Signal
				tables int
			}{{syscall.SIGKILL, 1}, {syscall.SIGTERM, 9}, {syscall.SIGTERM, 18}, {syscall.SIGKILL, 30}} {
				broken(t, db, dsn, when.signal, when.tables)
				refused(t, dsn)
			}
			if out, err := program(t, "migrate", "-database", dsn).CombinedOutput(); err != nil {
				t.Fatalf("migrate after what was broken off: %v\n%s", err, out)
			}
			if out, err := program(t, "migrate", "-database", dsn).CombinedOutput(); err != nil || string(out) != "up to date\n" {
				t.Errorf("migrate once more: %v\n%s", err, out)
			}
			_, address := serving(t, built(t), dsn)
			resp, err := http.Get("http://" + address + "/readyz") //nolint:gosec // of this machine
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close() //nolint:errcheck // only the status counts
			if resp.StatusCode != http.StatusOK {
				t.Errorf("/readyz: %d", resp.StatusCode)
			}
		})
	}
}

// broken runs `migrate` and ends it when the database has so many tables.
func broken(t *testing.T, db *sql.DB, dsn string, signal syscall.Signal, tables int) {
	t.Helper()
	cmd := program(t, "migrate", "-database", dsn)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for made := 0; made < tables; {
		if err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()`).Scan(&made); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-ended:
			t.Fatalf("migrate ended before there were %d tables: %v\n%s", tables, err, &out)
		default:
		}
	}
	if err := cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Fatalf("%v came too late: migrate had ended\n%s", signal, &out)
	}
	if signal == syscall.SIGTERM && (cmd.ProcessState.ExitCode() != exitFailed || !strings.Contains(out.String(), "stopped before ")) {
		t.Errorf("migrate that was told to stop: %v\n%s", cmd.ProcessState, &out)
	}
}

// refused checks that `serve` ends with an error that says what to do, and changes nothing.
func refused(t *testing.T, dsn string) {
	t.Helper()
	out, err := program(t, "serve", "-listen", "127.0.0.1:0", "-database", dsn).CombinedOutput()
	if ended, ok := errors.AsType[*exec.ExitError](err); !ok || ended.ExitCode() != exitFailed || !strings.Contains(string(out), `"ltipolicy migrate"`) {
		t.Errorf("serve on a schema that is not up to date: %v\n%s", err, out)
	}
}
