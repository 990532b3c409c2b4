package courier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"ltipolicy/lti"
	"ltipolicy/policy"
	"ltipolicy/store"
)

// How often a notice is tried: after half a minute, then twice as long each time, up to an hour. The plugin
// asks by itself once in a while, so that a site which cannot be reached from here still learns of changes.
const (
	noticeBatch    = 20 // told at once
	noticeFirst    = 30 * time.Second
	noticeLongest  = time.Hour
	noticeDoubling = 7 // then it is an hour
)

// doorStates finds what changed for the members of each platform with a login door, by whatever means it was
// published or took effect, and has the plugins told. The first error does not keep other platforms waiting.
func (w *Worker) doorStates(ctx context.Context) error {
	doors, err := w.store.Doors(ctx)
	if err != nil {
		return err
	}
	var failed []error
	news := false
	for _, d := range doors {
		changed, err := w.doorState(ctx, d)
		if err != nil {
			failed = append(failed, fmt.Errorf("door of platform %s: %w", d.PlatformID, err))
		}
		news = news || changed
	}
	if news {
		w.Wake(DoorNotices)
	}
	return errors.Join(failed...)
}

func (w *Worker) doorState(ctx context.Context, d store.Door) (news bool, err error) {
	asked, err := w.store.Asked(ctx, d.PlatformID, "", 0)
	if err != nil {
		return false, err
	}
	return w.store.SaveDoorState(ctx, d, policy.DemandOf(asked, w.now()))
}

// doorNotices tells the plugins that do not know their state yet, each on its own: a site that is away keeps no
// other one waiting, and is no failure of ours.
func (w *Worker) doorNotices(ctx context.Context) error {
	owed, err := w.store.OwedNotices(ctx, noticeBatch)
	if err != nil {
		return err
	}
	failed := make([]error, len(owed))
	var wg sync.WaitGroup
	for i, d := range owed {
		wg.Go(func() {
			failed[i] = safely(func() error { return w.doorNotice(ctx, d) })
		})
	}
	wg.Wait()
	return errors.Join(failed...)
}

func (w *Worker) doorNotice(ctx context.Context, d store.Door) error {
	p, err := w.store.Platform(ctx, d.PlatformID)
	if err != nil {
		return err
	}
	notice, err := w.tool.SignDoorNotice(ctx, p, d.State)
	if err == nil {
		err = w.tool.SendDoorNotice(ctx, d.AuthURL, notice)
	}
	if err == nil {
		return w.store.NoticeDelivered(ctx, d.PlatformID, d.State.Serial)
	}
	if ctx.Err() != nil {
		return ctx.Err() // stopping; it is owed still
	}
	level := slog.LevelWarn
	if errors.Is(err, lti.ErrNoDoor) {
		// Every Moodle has a door here as soon as it is registered, and not every one has the plugin.
		level = slog.LevelDebug
	}
	w.log.Log(ctx, level, "door notice", "platform", d.PlatformID, "try", d.Tries+1, "error", err.Error())
	return w.store.NoticePostponed(ctx, d, w.now().Add(noticePause(d.Tries)))
}

func noticePause(tries int) time.Duration {
	return min(noticeLongest, noticeFirst<<min(tries, noticeDoubling))
}
