package web

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ltipolicy/policy"
)

// TestLongFormsWaitForTheirOwn: of long forms only so many are in memory at once, and whoever sends many waits for the
// own ones: others go on.
func TestLongFormsWaitForTheirOwn(t *testing.T) {
	m := newRoom()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	leave, err := m.enter(t.Context(), "a", maxFormsEach)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.enter(gone, "a", 1); !errors.Is(err, policy.ErrUnavailable) {
		t.Errorf("one more of the same: %v", err)
	}
	other, err := m.enter(t.Context(), "b", maxFormsEach)
	if err != nil {
		t.Fatalf("somebody else: %v", err)
	}
	if _, err := m.enter(gone, "c", 1); !errors.Is(err, policy.ErrUnavailable) {
		t.Errorf("more than there is room for: %v", err)
	}
	leave()
	other()
	if leave, err := m.enter(t.Context(), "c", maxFormsEach); err != nil {
		t.Errorf("there is room again: %v", err)
	} else {
		leave()
	}
	if len(m.payer) != 0 {
		t.Errorf("%d payers are remembered", len(m.payer))
	}
	for range maxFormsWaitEach {
		m.shareOf("d")
	}
	if _, err := m.enter(t.Context(), "d", 1); !errors.Is(err, errFormsWait) {
		t.Errorf("too many of one wait: %v", err)
	}
	m.waiting.Store(maxFormsWait)
	if _, err := m.enter(t.Context(), "a", 1); !errors.Is(err, errFormsWait) {
		t.Errorf("too many wait: %v", err)
	}
}

// TestShortFormsNeedNoRoom: whoever answers, launches or asks about a receipt of usual length waits for nobody.
func TestShortFormsNeedNoRoom(t *testing.T) {
	for length, want := range map[int64]int64{0: 0, maxBody: 0, maxBody + 1: formFactor * (maxBody + 1), maxDraft: maxFormsEach, maxDraft + 1: maxFormsEach, -1: maxFormsEach} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(""))
		if r.ContentLength = length; long(r) != want {
			t.Errorf("%d bytes need %d, want %d", length, long(r), want)
		}
	}
}

// TestAddressSendsOnlySoMuchAtOnce: what slow clients keep in memory is bounded by their address.
func TestAddressSendsOnlySoMuchAtOnce(t *testing.T) {
	b := bodies{now: map[string]int64{}}
	n := 0
	for b.take("a", maxBody) {
		n++
	}
	if n != maxBodies/maxBody {
		t.Errorf("%d bodies at once, want %d", n, maxBodies/maxBody)
	}
	if !b.take("b", maxDraft) {
		t.Error("another address pays for it")
	}
	b.give("b", maxDraft)
	for range n {
		b.give("a", maxBody)
	}
	if len(b.now) != 0 {
		t.Errorf("%d addresses are remembered", len(b.now))
	}
}
