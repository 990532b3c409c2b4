package spent

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"
)

// Sum is what was spent until some moment. What is not known is 0.
type Sum struct {
	Own    time.Duration // processor time of this process, in user and system mode
	Server time.Duration // of the database server; known of one on this machine, under Linux
	Rows   int64         // that the server read, in tables and indexes, over all connections
	Sent   int64         // statements

	server bool
	look   int64 // rows that the server reads to say all this
}

// Now is what was spent so far. db is a database on a server, or nil: then all that is spent is this process's.
func Now(b testing.TB, db *sql.DB) Sum {
	b.Helper()
	if db == nil {
		return Sum{Own: own(b)}
	}
	var pid string
	if err := db.QueryRow(`SELECT @@pid_file`).Scan(&pid); err != nil {
		b.Fatal(err)
	}
	first, _ := status(b, db)
	rows, sent := status(b, db)
	return Sum{Own: own(b), Server: ofServer(pid), Rows: rows, Sent: sent, server: true, look: rows - first}
}

func status(b testing.TB, db *sql.DB) (rows, sent int64) {
	b.Helper()
	list, err := db.Query(`SHOW GLOBAL STATUS WHERE Variable_name LIKE 'Handler_read%' OR Variable_name = 'Questions'`)
	if err != nil {
		b.Fatal(err)
	}
	defer list.Close() //nolint:errcheck // read to the end
	for list.Next() {
		var name string
		var n int64
		if err := list.Scan(&name, &n); err != nil {
			b.Fatal(err)
		}
		if name == "Questions" {
			sent = n
		} else {
			rows += n
		}
	}
	if err := list.Err(); err != nil {
		b.Fatal(err)
	}
	return rows, sent
}

// Report adds to a benchmark what was spent between two looks, for each of n times: cpu-ns/op of this process, and of a
// server server-ns/op, rows/op and queries/op. work-ns/op is the processor time of both together.
func Report(b *testing.B, before, after Sum, n int) {
	b.Helper()
	each := func(name string, x float64) { b.ReportMetric(x/float64(n), name) }
	work := after.Own - before.Own
	each("cpu-ns/op", float64(work))
	if after.server {
		const looks = 3 // statements of the second look
		each("queries/op", float64(after.Sent-before.Sent-looks))
		each("rows/op", float64(max(0, after.Rows-before.Rows-2*after.look)))
		server := after.Server - before.Server
		each("server-ns/op", float64(server))
		work += server
	}
	each("work-ns/op", float64(work))
}

// tick is the unit of the times in /proc: every Linux that Go runs on has a hundred of them a second.
const tick = time.Second / 100

// ofServer reads the processor time of the process whose number a file holds.
func ofServer(pidFile string) time.Duration {
	pid, err := os.ReadFile(pidFile)
	if err != nil {
		return 0
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%s/stat", bytes.TrimSpace(pid)))
	if err != nil {
		return 0
	}
	// The name before may hold anything; after it utime and stime are the 12th and 13th field.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return 0
	}
	sum := time.Duration(0)
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(string(f), 10, 64)
		if err != nil {
			return 0
		}
		sum += time.Duration(n) * tick
	}
	return sum
}
