package web

import (
	"bytes"
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"ltipolicy/policy"
)

// shelfThing is which part of a shelf one thing may take; one that is larger is made each time.
const shelfThing = 4

// Shelf keeps what anybody may read and what takes long to make, by a name that is another one when what it is made of
// changes. What was not asked for longest goes first. It is safe for concurrent use.
type Shelf struct {
	making singleflight.Group
	most   int // bytes

	mu    sync.Mutex
	kept  map[string]*list.Element
	order *list.List // *Thing, the newest first
	bytes int
}

// Thing stands on a shelf. Nobody changes it.
type Thing struct {
	Kind    string // media type
	Tag     string // what browsers compare: another one for another content
	Content []byte

	name string
}

// Send answers with the thing, or tells a browser that it has it already.
func (t *Thing) Send(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", t.Kind)
	w.Header().Set("ETag", `"`+t.Tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(t.Content))
}

// NewThing is a thing with this content. Its tag is another one for another content.
func NewThing(kind string, content []byte) *Thing {
	sum := sha256.Sum256(content)
	return &Thing{Kind: kind, Tag: hex.EncodeToString(sum[:16]), Content: content}
}

// NewShelf returns an empty one that holds so many bytes at most.
func NewShelf(most int) *Shelf {
	return &Shelf{most: most, kept: map[string]*list.Element{}, order: list.New()}
}

// Has reports whether something stands under the name.
func (s *Shelf) Has(name string) bool { return s.look(name) != nil }

// Get returns what stands under the name, or has it made: once, however many ask for it at the same time. made says whether
// it may be kept. It goes on when the reader who asked first goes away, because others wait for it, for as long as a request
// may wait; and none of them waits longer than its own context lets it.
func (s *Shelf) Get(ctx context.Context, name string, made func(context.Context) (_ *Thing, keep bool, _ error)) (*Thing, error) {
	if t := s.look(name); t != nil {
		return t, nil
	}
	making := s.making.DoChan(name, func() (_ any, err error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTime)
		defer cancel()
		defer func() {
			if p := recover(); p != nil { // no reader's: it would end the process
				err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		t, keep, err := made(ctx)
		if err == nil && keep {
			s.put(name, t)
		}
		return t, err
	})
	select {
	case <-ctx.Done():
		return nil, policy.E(policy.ErrUnavailable, "").Because(context.Cause(ctx))
	case got := <-making:
		if got.Err != nil {
			return nil, got.Err
		}
		return got.Val.(*Thing), nil
	}
}

func (s *Shelf) look(name string) *Thing {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.kept[name]
	if !ok {
		return nil
	}
	s.order.MoveToFront(e)
	return e.Value.(*Thing)
}

func (s *Shelf) put(name string, t *Thing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.kept[name]; ok || len(t.Content) > s.most/shelfThing {
		return
	}
	t.name = name
	s.kept[name] = s.order.PushFront(t)
	for s.bytes += len(t.Content); s.bytes > s.most; {
		last := s.order.Back()
		old := s.order.Remove(last).(*Thing)
		delete(s.kept, old.name)
		s.bytes -= len(old.Content)
	}
}
