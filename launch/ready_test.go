package launch

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

// TestReadyAsksOnceHoweverManyAsk: a health check is never refused, so the database has one of them at a time.
func TestReadyAsksOnceHoweverManyAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, goOn, asked, away := &health{}, make(chan bool), 0, errors.New("away")
		for range 20 {
			go func() {
				if err := h.ready(t.Context(), func(context.Context) error { asked++; <-goOn; return away }); !errors.Is(err, away) {
					t.Errorf("the answer is %v", err)
				}
			}()
		}
		synctest.Wait() // all of them wait
		close(goOn)
		synctest.Wait()
		if asked != 1 {
			t.Errorf("asked %d times", asked)
		}
		if err := h.ready(t.Context(), func(context.Context) error { return nil }); err != nil {
			t.Errorf("the next question gets the old answer: %v", err)
		}
	})
}
