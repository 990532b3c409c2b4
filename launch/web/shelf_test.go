package web

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ltipolicy/policy"
)

func made(bytes int) func(context.Context) (*Thing, bool, error) {
	return func(context.Context) (*Thing, bool, error) { return &Thing{Content: make([]byte, bytes)}, true, nil }
}

// TestShelfHoldsOnlySoMuch: the names are the strangers' to invent, the memory is not.
func TestShelfHoldsOnlySoMuch(t *testing.T) {
	s := NewShelf(32 << 20)
	for i := range 300 {
		if _, err := s.Get(t.Context(), fmt.Sprint(i), made(1<<20)); err != nil {
			t.Fatal(err)
		}
		if s.look("0") == nil { // asked for all the time
			t.Fatalf("after %d things the one in use is gone", i)
		}
		if s.bytes > s.most || len(s.kept) != s.order.Len() || s.bytes != len(s.kept)<<20 {
			t.Fatalf("%d bytes in %d things", s.bytes, len(s.kept))
		}
	}
	if _, err := s.Get(t.Context(), "huge", made(s.most/shelfThing+1)); err != nil || s.look("huge") != nil {
		t.Errorf("something huge is kept: %v", err)
	}
	if s.look("5") != nil {
		t.Error("what nobody asked for is still there")
	}
	refused := errors.New("refused")
	if _, err := s.Get(t.Context(), "bad", func(context.Context) (*Thing, bool, error) { return nil, true, refused }); !errors.Is(err, refused) || s.look("bad") != nil {
		t.Errorf("a failure is kept: %v", err)
	}
}

// TestShelfMakesAThingOnce: however many ask for it at once, also if the first of them goes away.
func TestShelfMakesAThingOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, goOn := NewShelf(32<<20), make(chan bool)
		first, leave := context.WithCancel(t.Context())
		go s.Get(first, "page", func(ctx context.Context) (*Thing, bool, error) { //nolint:errcheck // the others look
			<-goOn
			return &Thing{}, true, ctx.Err()
		})
		synctest.Wait()
		leave()
		for range 20 {
			go func() {
				if _, err := s.Get(t.Context(), "page", func(context.Context) (*Thing, bool, error) {
					t.Error("it is made twice")
					return &Thing{}, true, nil
				}); err != nil {
					t.Error(err)
				}
			}()
		}
		synctest.Wait() // all of them wait
		close(goOn)
		synctest.Wait()
	})
}

// TestShelfKeepsNobodyWaiting: not a reader whose own time is over, nor those who come after one that never got an answer.
func TestShelfKeepsNobodyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewShelf(32 << 20)
		never := func(ctx context.Context) (*Thing, bool, error) {
			<-ctx.Done()
			return nil, false, ctx.Err()
		}
		first, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		if _, err := s.Get(first, "page", never); !errors.Is(err, policy.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("whoever waited a second: %v", err)
		}
		began := time.Now()
		if _, err := s.Get(t.Context(), "page", never); err == nil || time.Since(began) > requestTime {
			t.Errorf("whoever had the time: %v after %v", err, time.Since(began))
		}
		if _, err := s.Get(t.Context(), "page", made(1)); err != nil {
			t.Errorf("whoever comes then: %v", err)
		}
	})
}

// TestShelfSurvivesWhatItMakes: what goes wrong in making is an error of those who asked for it, and of nobody else.
func TestShelfSurvivesWhatItMakes(t *testing.T) {
	s := NewShelf(32 << 20)
	_, err := s.Get(t.Context(), "page", func(context.Context) (*Thing, bool, error) { panic("broken") })
	if err == nil || !strings.Contains(err.Error(), "broken") || !strings.Contains(err.Error(), "shelf_test.go") {
		t.Errorf("%v", err)
	}
	if _, err := s.Get(t.Context(), "page", made(1)); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
