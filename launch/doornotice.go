package launch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ltipolicy/lti"
	"ltipolicy/policy"
)

// How often a notice is tried: after half a minute, then twice as long each time, up to an hour. The plugin
// asks by itself once in a while, so that a site which cannot be reached from here still learns of changes.
const (
	noticeBatch    = 20
	noticeFirst    = 30 * time.Second
	noticeLongest  = time.Hour
	noticeDoubling = 7 // then it is an hour
)

// doorStateOf computes what a platform's members are asked now and records it.
func (s *Server) doorStateOf(ctx context.Context, platformID string) (lti.DoorState, error) {
	asked, err := s.store.Asked(ctx, platformID, "", 0)
	if err != nil {
		return lti.DoorState{}, fmt.Errorf("reading what is asked: %w", err)
	}
	state, err := s.store.SaveDoorState(ctx, platformID, policy.DemandOf(asked, s.Now()))
	if err != nil {
		return state, fmt.Errorf("recording the door's state: %w", err)
	}
	return state, nil
}

// TendDoors finds what changed for the members of each platform with a login door, by whatever means it was
// published or took effect, and tells the plugins that do not know yet. Replicas may do it at once: a notice
// that arrives twice does nothing the second time. The first error does not keep other platforms waiting.
func (s *Server) TendDoors(ctx context.Context) error {
	doors, err := s.store.Doors(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, d := range doors {
		if _, err := s.doorStateOf(ctx, d.PlatformID); err != nil {
			failed = append(failed, fmt.Errorf("door of platform %s: %w", d.PlatformID, err))
		}
	}
	owed, err := s.store.OwedNotices(ctx, noticeBatch)
	if err != nil {
		return errors.Join(append(failed, err)...)
	}
	for _, d := range owed {
		p, err := s.store.Platform(ctx, d.PlatformID)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		notice, err := s.tool.SignDoorNotice(ctx, p, d.State)
		if err == nil {
			err = s.tool.SendDoorNotice(ctx, d.AuthURL, notice)
		}
		if err == nil {
			err = s.store.NoticeDelivered(ctx, d.PlatformID, d.State.Serial)
		} else {
			s.Log.Warn("door notice", "platform", d.PlatformID, "try", d.Tries+1, "error", err.Error())
			err = s.store.NoticePostponed(ctx, d, s.Now().Add(noticePause(d.Tries)))
		}
		if err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

func noticePause(tries int) time.Duration {
	return min(noticeLongest, noticeFirst<<min(tries, noticeDoubling))
}
