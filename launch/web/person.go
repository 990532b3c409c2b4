package web

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"ltipolicy/policy"
	"ltipolicy/store"
)

// Actor names a person of a platform in the log.
func Actor(ses store.Session) string {
	return strings.TrimSpace(ses.Name + " (" + ses.Sub + ", " + ses.Issuer + ")")
}

// Viewer is the person of a session, at this moment and in its course, to the rules.
func (f *Frame) Viewer(ses store.Session) policy.Viewer {
	return ses.Person().At(f.Now()).In(ses.CourseEnd)
}

// Granted are the powers that were given to the person of a session; none for visitors.
func Granted(ses store.Session) []store.Power {
	if ses.Guest || ses.UserID == 0 || ses.Admin {
		return nil
	}
	return ses.Powers
}

// Left is how many policies the person of a session still has to answer.
func (f *Frame) Left(ctx context.Context, ses store.Session) (int, error) {
	asked, err := f.store.Asked(ctx, ses.PlatformID, ses.ContextID, ses.UserID)
	if err != nil {
		return 0, fmt.Errorf("reading what is left to answer: %w", err)
	}
	return len(policy.PendingAsked(asked, f.Viewer(ses))), nil
}

// SubHash names a person in the log without saying who it is: a keyed hash, because Moodle's sub is a small
// number that a plain hash would not hide.
func (f *Frame) SubHash(platformID, sub string) string {
	m := hmac.New(sha256.New, derive(f.key.Load(), "sub"))
	m.Write([]byte(platformID + "\n" + sub))
	return hex.EncodeToString(m.Sum(nil)[:8])
}
