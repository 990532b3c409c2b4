package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"ltipolicy/policy"
	"ltipolicy/seal"
)

// startWait is how long Open waits for a server that is not up yet, as happens when everything starts at once.
const startWait = 30 * time.Second

// Options of [Open]. The zero value is right for production.
type Options struct {
	Now     func() time.Time // nil: time.Now
	Rand    io.Reader        // ids, keys and jitter; safe for concurrent use; nil: crypto/rand
	Logger  *slog.Logger     // nil: nothing is logged
	MaxOpen int              // connections; 0: 20 for a server, 4 readers for SQLite
	// Patience is how long a call waits for a database that does not answer or for others who hold what it
	// needs, in tries and pauses together, unless its context ends before; 0: 10 seconds.
	Patience time.Duration
	Create   bool // make the file of a SQLite database that is not there
	// Keys seal what the database keeps secret. Without them everything else can be done; what needs a secret fails
	// with policy.ErrUnavailable.
	Keys *seal.Keys
	// Sleep waits between tries; nil: a timer. It returns early with ctx's error.
	Sleep func(ctx context.Context, d time.Duration) error
}

// DB is an open database. It is safe for concurrent use by any number of goroutines.
type DB struct {
	// w writes and r reads. They are one pool for a server. SQLite has one writer at a time: a pool of one
	// connection makes writers queue fairly instead of polling for the lock.
	w     *sqlx.DB
	r     reads
	mysql bool
	name  string
	// server tells what is behind the connections; nil for SQLite.
	server *looking

	config     *mysql.Config // of a server
	migrations fs.FS

	now      func() time.Time
	rand     io.Reader
	log      *slog.Logger
	keys     *seal.Keys
	patience time.Duration
	sleep    func(ctx context.Context, d time.Duration) error

	id    string // of this process, for leases that outlive a call and for the table replica
	pulse pulse

	seen     sync.Map     // lti.Platform by id, as last read; see PlatformSeen
	lastTurn atomic.Value // string: the platform that this process took a publication's scores of last

	numbering map[kind]shards // where this process numbers entries

	counts  tallies[map[int64]Count]
	figures tallies[Figures]
	members walk
}

// Open opens the database that dsn names: sqlite:FILE or mysql:USER:PASS@tcp(HOST:PORT)/NAME, also
// USER:PASS@unix(SOCKET)/NAME. It waits up to 30 seconds for a server that does not answer yet, and changes
// nothing: see [DB.Migrate]. A dsn that cannot be read is policy.ErrInvalid, a database that is not there
// policy.ErrNotFound; errors never hold the password.
func Open(ctx context.Context, dsn string, o Options) (*DB, error) {
	db := &DB{now: o.Now, rand: o.Rand, log: o.Logger, sleep: o.Sleep, keys: o.Keys, migrations: migrations,
		patience: cmp.Or(o.Patience, 10*time.Second),
	}
	if db.now == nil {
		db.now = time.Now
	}
	if db.rand == nil {
		db.rand = rand.Reader
	}
	if db.log == nil {
		db.log = slog.New(slog.DiscardHandler)
	}
	if db.sleep == nil {
		db.sleep = sleep
	}
	var err error
	if db.id, err = db.NewID(); err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	db.numbering = map[kind]shards{}
	for _, k := range kinds {
		if db.numbering[k], err = newShards(db.rand, k); err != nil {
			return nil, fmt.Errorf("opening the database: %w", err)
		}
	}
	if err := db.connect(dsn, o); err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	if err := db.await(ctx); err != nil {
		db.Close() //nolint:errcheck // the first error counts
		if e, ok := errors.AsType[*mysql.MySQLError](err); ok && e.Number == 1049 {
			err = policy.E(policy.ErrNotFound, "").Because(fmt.Errorf(
				`%w: create it and run "ltipolicy migrate", if -database names the right one`, err))
		}
		return nil, fmt.Errorf("opening %s: %w", db.name, unavailable(explainTLS(err)))
	}
	return db, nil
}

// await pings until the server answers. What waiting cannot mend, such as a wrong password, fails at once.
func (db *DB) await(ctx context.Context) error {
	pause, waited := 100*time.Millisecond, time.Duration(0)
	for {
		err := db.w.PingContext(ctx)
		if err == nil {
			return db.r.PingContext(ctx)
		}
		if ctx.Err() != nil || waited >= startWait || faultOf(err) != away {
			return err
		}
		db.log.Info("waiting for the database", "database", db.name, "error", err)
		if err := db.sleep(ctx, pause); err != nil {
			return err
		}
		waited += pause
		pause = min(2*pause, 3*time.Second)
	}
}

// Close closes all connections. Later calls of any method fail with policy.ErrUnavailable.
func (db *DB) Close() error {
	err := db.w.Close()
	if !db.mysql {
		err = errors.Join(err, db.r.Close())
	}
	return err
}

// String names the database for the log, with engine, version and topology but without user or password.
func (db *DB) String() string {
	if db.server == nil {
		return db.name
	}
	if is := db.server.String(); is != "" {
		return db.name + " (" + is + ")"
	}
	return db.name
}

// utc is the form in which times are stored.
func utc(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// timeOrNull stores the zero time as NULL: MySQL refuses the year 1.
func timeOrNull(t time.Time) sql.NullTime { return sql.NullTime{Time: utc(t), Valid: !t.IsZero()} }

func timeOf(t sql.NullTime) time.Time {
	if !t.Valid {
		return time.Time{}
	}
	return t.Time.UTC()
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
