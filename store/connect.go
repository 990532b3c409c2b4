package store

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"
	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"ltipolicy/policy"
)

// connect makes the pools. It is the one place that knows connection settings.
func (db *DB) connect(dsn string, o Options) error {
	maxOpen := o.MaxOpen
	scheme, rest, ok := strings.Cut(dsn, ":")
	switch {
	case ok && scheme == "sqlite" && rest != "":
		return db.connectSQLite(rest, maxOpen, o.Create)
	case ok && scheme == "mysql":
		return db.connectMySQL(rest, maxOpen)
	default:
		return policy.E(policy.ErrInvalid, "").Because(errors.New("database: want sqlite:FILE or mysql:USER:PASS@tcp(HOST:PORT)/NAME"))
	}
}

func (db *DB) connectSQLite(file string, maxOpen int, create bool) error {
	if strings.Contains(file, ":memory:") {
		// Each connection would have a database of its own.
		return policy.E(policy.ErrInvalid, "").Because(errors.New("database: SQLite needs a file"))
	}
	// The file holds private keys and names; SQLite gives its side files the same mode.
	flags := os.O_RDWR
	if create {
		flags |= os.O_CREATE
	}
	f, err := os.OpenFile(file, flags, 0o600)
	if errors.Is(err, fs.ErrNotExist) && !create {
		return policy.E(policy.ErrNotFound, "").Because(fmt.Errorf(
			`there is no file %s: "ltipolicy migrate" makes it, if -database names the right one`, file))
	}
	if err != nil {
		return fmt.Errorf("opening the SQLite file: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("opening the SQLite file: %w", err)
	}
	address := "file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(file) +
		// First, so that the settings after it wait for another process as well.
		"?_pragma=busy_timeout(5000)" +
		// Readers never wait for the writer.
		"&_pragma=journal_mode(WAL)" +
		// An answer that was confirmed to a person must survive a power cut too; NORMAL would not sync the
		// log at commit.
		"&_pragma=synchronous(FULL)" +
		// We have no foreign keys, as on the servers; said so that no default ever changes it.
		"&_pragma=foreign_keys(0)" +
		// 16 MB of pages instead of 2 for each connection.
		"&_pragma=cache_size(-16000)" +
		// Times as text that sorts, always in UTC.
		"&_time_format=sqlite&_timezone=UTC"
	// A transaction that writes takes the lock at its start: one that began by reading could not wait for it.
	w, err := sql.Open("sqlite", address+"&_txlock=immediate")
	if err != nil {
		return fmt.Errorf("opening the SQLite file: %w", err)
	}
	w.SetMaxOpenConns(1)
	r, err := sql.Open("sqlite", address+"&_pragma=query_only(1)")
	if err != nil {
		w.Close() //nolint:errcheck // the first error counts
		return fmt.Errorf("opening the SQLite file: %w", err)
	}
	if maxOpen <= 0 {
		maxOpen = 4
	}
	r.SetMaxOpenConns(maxOpen)
	r.SetMaxIdleConns(maxOpen)
	db.w, db.r, db.name = sqlx.NewDb(w, "sqlite"), reads{sqlx.NewDb(r, "sqlite"), db}, "sqlite "+file
	return nil
}

func (db *DB) connectMySQL(dsn string, maxOpen int) error {
	c, err := mysql.ParseDSN(escapeFiles(dsn))
	if err != nil {
		return policy.E(policy.ErrInvalid, "").Because(fmt.Errorf("database address: %w", err))
	}
	if c.DBName == "" {
		return policy.E(policy.ErrInvalid, "").Because(errors.New("database address: no database name"))
	}
	// Columns DATETIME become time.Time, and times are written, in UTC.
	c.ParseTime, c.Loc = true, time.UTC
	// Text compares byte by byte unless a column says otherwise; the name exists on every server.
	c.Collation = "utf8mb4_bin"
	// RowsAffected counts rows that matched, as SQLite does: every compare-and-set relies on it.
	c.ClientFoundRows = true
	// One round trip a query, and no statements prepared on the server, which proxies cannot share.
	c.InterpolateParams = true
	// The driver would call a server that takes no writes a bad connection, and nobody would learn the cause;
	// see [release].
	c.RejectReadOnly = false
	if c.Timeout == 0 {
		c.Timeout = 5 * time.Second
	}
	if c.ReadTimeout == 0 {
		c.ReadTimeout = 30 * time.Second
	}
	if c.WriteTimeout == 0 {
		c.WriteTimeout = 30 * time.Second
	}
	if err := readTLS(c); err != nil {
		return policy.E(policy.ErrInvalid, "").Because(fmt.Errorf("database address: %w", err))
	}
	if c.TLSConfig == "" && c.TLS == nil {
		c.TLSConfig = usualTLS(c)
	}
	if c.Params == nil {
		c.Params = map[string]string{}
	}
	// A server that is not strict would cut values short, and evidence with them.
	c.Params["sql_mode"] = "'STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'"
	c.Logger = driverLog{db.log}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return policy.E(policy.ErrInvalid, "").Because(fmt.Errorf("database address: %w", err))
	}
	if maxOpen <= 0 {
		maxOpen = 20
	}
	db.server = &looking{Connector: connector, own: c.Params, log: db.log}
	pool := sql.OpenDB(db.server)
	pool.SetMaxOpenConns(maxOpen)
	// As many idle as open: fewer would reconnect at each burst.
	pool.SetMaxIdleConns(maxOpen)
	pool.SetConnMaxIdleTime(time.Minute)
	// Below any server's wait_timeout, and soon enough to follow a failover behind a proxy.
	pool.SetConnMaxLifetime(3 * time.Minute)
	db.w = sqlx.NewDb(pool, "mysql")
	db.r, db.mysql, db.name, db.config = reads{db.w, db}, true, "mysql "+c.Addr+"/"+c.DBName, c
	return nil
}

// driverLog sends the driver's own remarks, such as broken connections, to the program's log.
type driverLog struct{ log *slog.Logger }

func (l driverLog) Print(v ...any) { l.log.Warn("database driver", "message", fmt.Sprint(v...)) }
