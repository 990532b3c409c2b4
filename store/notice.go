package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"ltipolicy/policy"
)

const (
	noticeInsert = 500              // notices written in one statement
	outcomeWait  = 15 * time.Minute // longer than a mail server takes to say what became of a letter
	noticeFirst  = time.Minute      // before the second try; doubled with each one more
	noticeMost   = time.Hour        // between two tries
	noticesKept  = 180 * day

	noticePlanned   = "planned"
	noticeSending   = "sending"
	noticeSent      = "sent"
	noticeFailed    = "failed"
	noticePointless = "pointless"
)

// NoticeBatch is what one act sends to many people of a course.
type NoticeBatch struct {
	ID         string    `db:"id"`
	PlatformID string    `db:"platformid"`
	ContextID  string    `db:"contextid"`
	Step       string    `db:"step"` // tells it from the others of the course, and sorts after those before it
	Lang       string    `db:"lang"` // for people of whom nobody knows a language
	Link       string    `db:"link"` // where people answer
	Due        time.Time `db:"due"`  // not before
	Expires    time.Time `db:"expires"`
	Created    time.Time `db:"timecreated"`
}

// Notice is one to a person that is due.
type Notice struct {
	BatchID string `db:"batchid"`
	Sub     string `db:"sub"`
	Tries   int    `db:"tries"` // so far
}

const batchColumns = `b.id, b.platformid, b.contextid, b.step, b.lang, b.link, b.due, b.expires, b.timecreated`

func (b NoticeBatch) inUTC() NoticeBatch {
	b.Due, b.Expires, b.Created = b.Due.UTC(), b.Expires.UTC(), b.Created.UTC()
	return b
}

// OrderNotices plans a notice to each of some participants of a roster, with an entry in the admin log, and returns how
// many it were. A course has one batch for each step: another is policy.ErrConflict, and so is a roster that was replaced
// meanwhile. Who was erased meanwhile gets none. The batch's id and the time at which it was made are filled in.
func (db *DB) OrderNotices(ctx context.Context, by AdminEntry, b NoticeBatch, r Roster, subs []string) (planned int, err error) {
	if len(b.Link) > addressMax || b.Step == "" || len(subs) == 0 {
		return 0, policy.E(policy.ErrInvalid, "").Because(errors.New("notices: no step, nobody, or a link that is too long"))
	}
	if b.ID, err = db.NewID(); err != nil {
		return 0, err
	}
	err = db.tx(ctx, func(tx *Tx) error {
		now := utc(db.now())
		planned = 0
		_, err := tx.ExecContext(ctx, `
			INSERT INTO notice_batch (id, platformid, contextid, step, lang, link, due, expires, timecreated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			b.ID, r.PlatformID, r.ContextID, b.Step, b.Lang, b.Link, utc(b.Due), utc(b.Expires), now)
		if duplicate(err) {
			return policy.E(policy.ErrConflict, "").Because(errors.New("notices of this step were ordered before"))
		}
		if err != nil {
			return fmt.Errorf("ordering notices: %w", err)
		}
		for _, some := range parts(subs, noticeInsert) {
			n, err := db.planNotices(ctx, tx, b, r, some, now)
			if err != nil {
				return fmt.Errorf("planning notices: %w", err)
			}
			planned += n
		}
		if planned == 0 {
			return policy.E(policy.ErrConflict, "").Because(errors.New("the list of participants was replaced"))
		}
		by.Detail = fmt.Sprintf(`{"step":%q,"people":%d}`, b.Step, planned)
		return db.logAdmin(ctx, tx, by)
	})
	if err != nil {
		return 0, fmt.Errorf("ordering notices: %w", err)
	}
	return planned, nil
}

// planNotices finds the people in the list of which they were read, so that none of them is left who is erased at this
// moment, see [DB.gone].
func (db *DB) planNotices(ctx context.Context, tx *Tx, b NoticeBatch, r Roster, subs []string, now time.Time) (int, error) {
	from, of := ` x.sub FROM lti_roster_member x WHERE x.generation = ? AND x.sub IN (?)`, r.generation
	if r.generation == "" {
		from, of = ` u.sub FROM lti_user u WHERE u.platformid = ? AND u.sub IN (?)`, r.PlatformID
	}
	query, args, err := sqlx.In(`
		INSERT INTO notice (batchid, platformid, state, due, tries, failure, token, timecreated, sub)
		SELECT ?, ?, ?, ?, 0, '', '', ?,`+from+db.held(), b.ID, r.PlatformID, noticePlanned, utc(b.Due), now, of, subs)
	if err != nil {
		return 0, err
	}
	res, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// NoticeSites returns the platforms of which a notice is due, or owed an outcome.
func (db *DB) NoticeSites(ctx context.Context) ([]string, error) {
	var platforms, due []string
	if err := db.r.SelectContext(ctx, &platforms, platformsQuery); err != nil {
		return nil, fmt.Errorf("reading the platforms: %w", unavailable(err))
	}
	now := utc(db.now())
	const look = `SELECT n.platformid FROM notice n WHERE n.platformid = ? AND n.state = ? AND n.due <= ?`
	for _, ids := range parts(platforms, 50) {
		var all []string
		var args []any
		for _, id := range ids {
			all = append(all, `SELECT p.id FROM lti_platform p WHERE p.id = ? AND (EXISTS (`+look+`) OR EXISTS (`+look+`))`)
			args = append(args, id, id, noticePlanned, now, id, noticeSending, now)
		}
		var some []string
		if err := db.r.SelectContext(ctx, &some, strings.Join(all, ` UNION ALL `), args...); err != nil {
			return nil, fmt.Errorf("looking for notices that are due: %w", unavailable(err))
		}
		due = append(due, some...)
	}
	return due, nil
}

// noticeLease is how long a replica has the notices of a site for itself: longer than it takes to send what it reads at
// once. It keeps the rate; that nobody gets a notice twice does not depend on it, see [DB.HandNoticeOver].
const noticeLease = 5 * time.Minute

func noticeJob(platformID string) string { return "notices " + platformID }

// LeaseNotices makes this process the one that sends the notices of a platform, for some minutes, unless another is.
func (db *DB) LeaseNotices(ctx context.Context, platformID string) (bool, error) {
	return db.takeLease(ctx, noticeJob(platformID), db.id, noticeLease)
}

// LeaveNotices lets another process have them at once. It takes two seconds at most, also when the context has ended.
func (db *DB) LeaveNotices(ctx context.Context, platformID string) error {
	return db.giveBack(ctx, noticeJob(platformID), db.id)
}

// DueNotices returns some notices of one batch that are due at a platform, at most limit; none: nothing is due.
func (db *DB) DueNotices(ctx context.Context, platformID string, limit int) (b NoticeBatch, ns []Notice, err error) {
	var rows []Notice
	err = db.r.SelectContext(ctx, &rows, `
		SELECT n.batchid, n.sub, n.tries FROM notice n WHERE n.platformid = ? AND n.state = ? AND n.due <= ? ORDER BY n.due LIMIT ?`,
		platformID, noticePlanned, utc(db.now()), limit)
	if err != nil || len(rows) == 0 {
		return b, nil, unavailable(err)
	}
	for _, n := range rows {
		if n.BatchID == rows[0].BatchID {
			ns = append(ns, n)
		}
	}
	if err := db.r.GetContext(ctx, &b, `SELECT `+batchColumns+` FROM notice_batch b WHERE b.id = ?`, rows[0].BatchID); err != nil {
		return b, nil, missing("batch of notices", err)
	}
	return b.inUTC(), ns, nil
}

// Handing is a notice of which the mail server has everything but the end.
type Handing struct {
	Notice
	token string
}

// HandNoticeOver says, before a letter's end is sent, that it will be: from then on nobody sends the notice again, unless
// [DB.NoticeLate] says that the server refused it. It is nil if the notice is not to be sent, because somebody else has
// just handed it over or it has ended: then the letter's end must not be sent. In the same statement it says that the one
// handed over before was taken, which may be nil.
func (db *DB) HandNoticeOver(ctx context.Context, n Notice, before *Handing) (*Handing, error) {
	token, err := db.NewID()
	if err != nil {
		return nil, err
	}
	h := &Handing{n, token}
	was := &Handing{}
	want := int64(1)
	if before != nil {
		was, want = before, 2
	}
	if before != nil && before.BatchID != n.BatchID {
		return nil, errors.New("handing a notice over: the one before is of another batch")
	}
	now := utc(db.now())
	unclear := false
	err = db.patiently(ctx, func(ctx context.Context) error {
		res, err := db.exec(ctx, `
			UPDATE notice SET
				state = CASE WHEN sub = ? THEN 'sending' ELSE 'sent' END,
				due = CASE WHEN sub = ? THEN ? ELSE NULL END,
				tries = CASE WHEN sub = ? THEN ? ELSE tries END,
				token = CASE WHEN sub = ? THEN ? ELSE token END,
				timeended = CASE WHEN sub = ? THEN NULL ELSE ? END
			WHERE batchid = ? AND sub IN (?, ?) AND (sub = ? AND (state = 'planned' OR state = 'sending' AND token = ?) OR sub = ? AND token = ?)`,
			n.Sub, n.Sub, now.Add(outcomeWait), n.Sub, n.Tries+1, n.Sub, token, n.Sub, now,
			n.BatchID, n.Sub, was.Sub, n.Sub, token, was.Sub, was.token)
		if err != nil {
			return err
		}
		found, err := res.RowsAffected()
		if err != nil || found == want {
			return err
		}
		unclear = true
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("handing a notice over: %w", err)
	}
	if !unclear {
		return h, nil
	}
	var state []string
	err = db.r.SelectContext(ctx, &state, `SELECT state FROM notice WHERE batchid = ? AND sub = ? AND token = ?`, n.BatchID, n.Sub, token)
	if err != nil || len(state) == 0 {
		return nil, unavailable(err)
	}
	return h, nil
}

// NoticeSent says that the server took a notice.
func (db *DB) NoticeSent(ctx context.Context, h *Handing) error {
	return db.settleNotice(ctx, h.Notice, h, `state = 'sent', due = NULL, timeended = ?`, utc(db.now()))
}

// NoticeLate says that the server did not take a notice now, and why: a code. It is due again after a pause that grows with
// the tries. h is nil if it was not handed over.
func (db *DB) NoticeLate(ctx context.Context, n Notice, h *Handing, code string) error {
	pause := min(noticeMost, noticeFirst<<min(n.Tries, 10))
	return db.settleNotice(ctx, n, h, `state = 'planned', due = ?, failure = ?, tries = ?`,
		utc(db.now()).Add(pause), clip(code, 64), n.Tries+1)
}

// NoticeFailed says that a notice cannot be delivered, and why: a code. h is nil if it was not handed over.
func (db *DB) NoticeFailed(ctx context.Context, n Notice, h *Handing, code string) error {
	return db.settleNotice(ctx, n, h, `state = 'failed', due = NULL, failure = ?, tries = ?, timeended = ?`,
		clip(code, 64), n.Tries+1, utc(db.now()))
}

// settleNotice changes a notice that nobody else has handed over since. It is the same done twice as done once.
func (db *DB) settleNotice(ctx context.Context, n Notice, h *Handing, set string, args ...any) error {
	where, is := `state = 'planned'`, []any{n.BatchID, n.Sub}
	if h != nil {
		where, is = `token = ?`, append(is, h.token)
	}
	err := db.patiently(ctx, func(ctx context.Context) error {
		_, err := db.exec(ctx, `UPDATE notice SET `+set+` WHERE batchid = ? AND sub = ? AND `+where, append(args, is...)...)
		return err
	})
	if err != nil {
		return fmt.Errorf("writing down what became of a notice: %w", err)
	}
	return nil
}

// PointlessNotices says that nobody needs these notices any more, which are of one batch, and why: a code.
func (db *DB) PointlessNotices(ctx context.Context, code string, ns ...Notice) error {
	return db.endPlanned(ctx, noticePointless, code, ns)
}

// UndeliverableNotices says that these notices, which are of one batch, cannot be delivered to anybody, and why: a code.
func (db *DB) UndeliverableNotices(ctx context.Context, code string, ns ...Notice) error {
	return db.endPlanned(ctx, noticeFailed, code, ns)
}

func (db *DB) endPlanned(ctx context.Context, state, code string, ns []Notice) error {
	if len(ns) == 0 {
		return nil
	}
	var subs []string
	for _, n := range ns {
		subs = append(subs, n.Sub)
	}
	query, args, err := sqlx.In(`UPDATE notice SET state = ?, due = NULL, failure = ?, timeended = ? WHERE batchid = ? AND sub IN (?) AND state = 'planned'`,
		state, clip(code, 64), utc(db.now()), ns[0].BatchID, subs)
	if err != nil {
		return err
	}
	err = db.patiently(ctx, func(ctx context.Context) error {
		_, err := db.exec(ctx, query, args...)
		return err
	})
	if err != nil {
		return fmt.Errorf("ending notices: %w", err)
	}
	return nil
}

// NoticeUnsure is the code of a notice of which nobody knows whether the server took it: whoever handed it over ended
// before it could say so. It is not sent again.
const NoticeUnsure = "unsure"

// GiveUpNotices ends the notices of a platform whose outcome was waited for long enough.
func (db *DB) GiveUpNotices(ctx context.Context, platformID string) error {
	now := utc(db.now())
	err := db.patiently(ctx, func(ctx context.Context) error {
		_, err := db.exec(ctx, `
			UPDATE notice SET state = 'failed', failure = ?, timeended = ?, due = NULL WHERE platformid = ? AND state = 'sending' AND due <= ?`,
			NoticeUnsure, now, platformID, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("giving up notices: %w", err)
	}
	return nil
}

// NoticeCounts says what became of the notices of a batch.
type NoticeCounts struct {
	Waiting   int `db:"waiting"` // planned, or on their way
	Sent      int `db:"sent"`
	Failed    int `db:"failed"`
	Pointless int `db:"pointless"`
}

// All is how many they are.
func (c NoticeCounts) All() int { return c.Waiting + c.Sent + c.Failed + c.Pointless }

// LatestNotices returns the latest batch of a course with what became of it, or policy.ErrNotFound.
func (db *DB) LatestNotices(ctx context.Context, platformID, contextID string) (b NoticeBatch, c NoticeCounts, err error) {
	err = db.r.GetContext(ctx, &b, `
		SELECT `+batchColumns+` FROM notice_batch b WHERE b.platformid = ? AND b.contextid = ? ORDER BY b.step DESC LIMIT 1`, platformID, contextID)
	if err != nil {
		return b, c, missing("notices", err)
	}
	err = db.r.GetContext(ctx, &c, `
		SELECT COALESCE(SUM(CASE WHEN n.state IN ('planned', 'sending') THEN 1 ELSE 0 END), 0) AS waiting,
			COALESCE(SUM(CASE WHEN n.state = 'sent' THEN 1 ELSE 0 END), 0) AS sent,
			COALESCE(SUM(CASE WHEN n.state = 'failed' THEN 1 ELSE 0 END), 0) AS failed,
			COALESCE(SUM(CASE WHEN n.state = 'pointless' THEN 1 ELSE 0 END), 0) AS pointless
		FROM notice n WHERE n.batchid = ?`, b.ID)
	if err != nil {
		return b, c, fmt.Errorf("counting notices: %w", unavailable(err))
	}
	return b.inUTC(), c, nil
}

// Reminding is the latest notice to a person about a course that came to an end.
type Reminding struct {
	Sent time.Time // zero: it could not be delivered
	Code string    // why
}

// Reminded says of some participants of a course what became of their latest notice that was sent or could not be.
func (db *DB) Reminded(ctx context.Context, platformID, contextID string, subs []string) (map[string]Reminding, error) {
	if len(subs) == 0 {
		return nil, nil
	}
	query, args, err := sqlx.In(`
		SELECT n.sub, n.state, n.failure, n.timeended FROM notice_batch b JOIN notice n ON n.batchid = b.id AND n.sub IN (?)
		WHERE b.platformid = ? AND b.contextid = ?`, subs, platformID, contextID)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Sub     string       `db:"sub"`
		State   string       `db:"state"`
		Failure string       `db:"failure"`
		Ended   sql.NullTime `db:"timeended"`
	}
	if err := db.r.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("reading who was reminded: %w", unavailable(err))
	}
	latest, when := map[string]Reminding{}, map[string]time.Time{}
	for _, r := range rows {
		at := timeOf(r.Ended)
		if r.State != noticeSent && r.State != noticeFailed || at.Before(when[r.Sub]) {
			continue
		}
		when[r.Sub] = at
		latest[r.Sub] = Reminding{Code: r.Failure}
		if r.State == noticeSent {
			latest[r.Sub] = Reminding{Sent: at}
		}
	}
	return latest, nil
}

// endNotices ends the notices that were ordered long ago, some of one batch at a time.
func (db *DB) endNotices(ctx context.Context) error {
	before := utc(db.now().Add(-noticesKept))
	for range sweepMost {
		var rows []Notice
		err := db.r.SelectContext(ctx, &rows, `SELECT n.batchid, n.sub, n.tries FROM notice n WHERE n.timecreated < ? ORDER BY n.timecreated LIMIT ?`, before, sweepBatch)
		if err != nil || len(rows) == 0 {
			return err
		}
		var subs []string
		for _, n := range rows {
			if n.BatchID == rows[0].BatchID {
				subs = append(subs, n.Sub)
			}
		}
		if err := db.remove(ctx, `DELETE FROM notice WHERE sub IN (?) AND batchid = ? AND timecreated < ?`, subs, rows[0].BatchID, before); err != nil {
			return err
		}
	}
	return nil
}
