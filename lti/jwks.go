package lti

import (
	"context"
	"crypto/rsa"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	minKeySetLife     = 5 * time.Minute
	defaultKeySetLife = time.Hour // Moodle says nothing of caching
	maxKeySetLife     = 24 * time.Hour
	staleKeySetLife   = 24 * time.Hour // after its end, while the platform cannot be reached
	refetchInterval   = time.Minute    // between fetches that an unknown kid or a failure asks for
	retryInterval     = 5 * time.Second
)

// keySets caches the platforms' key sets by address, so that a launch costs no request and a flood of
// forged ones costs the platform at most one a minute. It is safe for concurrent use.
type keySets struct {
	fetched, failed atomic.Int64 // fetches by result

	client *http.Client
	now    func() time.Time
	flight singleflight.Group

	mu   sync.RWMutex
	sets map[string]*keySet // addresses come from registrations only, so there are as many as platforms
}

// keySet is replaced as a whole by each fetch. That it does not have a key is believed until the next fetch may be made,
// and never longer: nothing is remembered of what is not in it.
type keySet struct {
	keys    map[string]*rsa.PublicKey
	fetched time.Time // when keys were fetched; zero if they never were
	expires time.Time
	tried   time.Time // last attempt, successful or not
	err     error     // of the last attempt
}

func newKeySets(c *http.Client, now func() time.Time) *keySets {
	return &keySets{client: c, now: now, sets: map[string]*keySet{}}
}

// find returns the key with the kid from the set at the address. It returns an [*Error]: kid_unknown, or
// jwks_unavailable if the set could not be fetched and no copy is recent enough.
func (s *keySets) find(ctx context.Context, address, kid string) (*rsa.PublicKey, error) {
	now := s.now()
	s.mu.RLock()
	set := s.sets[address]
	s.mu.RUnlock()
	var key *rsa.PublicKey
	if set != nil {
		if key = set.keys[kid]; key != nil && now.Before(set.expires) {
			return key, nil
		}
	}
	if set.mayFetch(now) {
		var err error
		if set, err = s.fetch(ctx, address, now); err != nil {
			return nil, err
		}
		key = set.keys[kid]
	}
	// A set that could not be fetched again is used for a while longer.
	if key != nil && now.Before(set.expires.Add(staleKeySetLife)) {
		return key, nil
	}
	if set.err != nil || set.fetched.IsZero() {
		return nil, &Error{Code: JWKSUnavailable, Err: set.err}
	}
	return nil, refuse(KidUnknown, "")
}

// mayFetch reports whether it is time to fetch the set again.
func (k *keySet) mayFetch(now time.Time) bool {
	switch {
	case k == nil:
		return true
	case k.err != nil && !now.Before(k.expires.Add(staleKeySetLife)):
		return now.Sub(k.tried) >= retryInterval // nothing to fall back on
	default:
		return now.Sub(k.tried) >= refetchInterval
	}
}

// fetch gets the set, once for all that wait for it. One that gives up does not stop the others.
func (s *keySets) fetch(ctx context.Context, address string, now time.Time) (*keySet, error) {
	result := s.flight.DoChan(address, func() (any, error) {
		s.mu.RLock()
		old := s.sets[address]
		s.mu.RUnlock()
		if !old.mayFetch(now) {
			return old, nil // another flight landed since the caller looked
		}
		return s.replace(context.WithoutCancel(ctx), address, old, now), nil
	})
	select {
	case <-ctx.Done():
		return nil, &Error{Code: JWKSUnavailable, Err: ctx.Err()}
	case r := <-result:
		set, ok := r.Val.(*keySet)
		if !ok {
			return nil, &Error{Code: JWKSUnavailable, Err: r.Err}
		}
		return set, nil
	}
}

// replace puts a fresh set in the place of the old one, or keeps the old keys if the fetch fails.
func (s *keySets) replace(ctx context.Context, address string, old *keySet, now time.Time) *keySet {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	set := &keySet{tried: now}
	resp, body, err := get(ctx, s.client, address)
	if err == nil {
		set.keys, err = parseKeySet(body)
	}
	if err == nil && len(set.keys) == 0 {
		err = errors.New("the key set has no usable key")
	}
	if err != nil {
		s.failed.Add(1)
		set.err = err
		if old != nil {
			set.keys, set.fetched, set.expires = old.keys, old.fetched, old.expires
		}
	} else {
		s.fetched.Add(1)
		set.fetched = now
		set.expires = now.Add(keySetLife(resp.Header))
	}
	s.mu.Lock()
	s.sets[address] = set
	s.mu.Unlock()
	return set
}

// keySetLife says how long a key set is fresh.
func keySetLife(h http.Header) time.Duration {
	for directive := range strings.SplitSeq(strings.ToLower(strings.Join(h.Values("Cache-Control"), ",")), ",") {
		directive = strings.TrimSpace(directive)
		if directive == "no-store" || directive == "no-cache" {
			return minKeySetLife
		}
		if v, ok := strings.CutPrefix(directive, "max-age="); ok {
			n, err := strconv.ParseUint(strings.Trim(v, `"`), 10, 32)
			if err != nil {
				continue
			}
			return min(max(time.Duration(n)*time.Second, minKeySetLife), maxKeySetLife)
		}
	}
	return defaultKeySetLife
}

// LookAtKeys fetches a platform's key set, past the cache.
func (t *Tool) LookAtKeys(ctx context.Context, p Platform) Look {
	return t.lookFor(ctx, p.JWKSURL, anyKey)
}

// LookAtOwnKeys fetches the tool's own key set at its public address, as a platform would.
func (t *Tool) LookAtOwnKeys(ctx context.Context) Look { return t.lookFor(ctx, t.JWKSURI(), anyKey) }

func anyKey(body []byte) error {
	keys, err := parseKeySet(body)
	if err == nil && len(keys) == 0 {
		err = errors.New("the key set has no usable key")
	}
	return err
}
