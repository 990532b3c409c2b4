package web

import (
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"ltipolicy/policy"
)

// Limits bound what one address or one platform can ask of a process. They are a shield against floods, not a
// fair share: a whole campus may stand behind one address, so that the limit on everything is far above what
// a campus does, and the strict one concerns only requests that nobody makes who came from a platform.
type Limits struct {
	// Address bounds all requests of one address.
	Address Rate
	// Refused bounds the refused requests of one address. Beyond it, requests that carry no proof of a login
	// or a launch that began here are not looked into any more; all others go on.
	Refused Rate
	// Platform bounds the launches of one platform, so that one that was taken over cannot fill the database
	// or slow the others down.
	Platform Rate
	// Proxies are believed when they say for whom they ask (X-Forwarded-For). Without them, requests from
	// private and loopback addresses have no limit by address: they may be everybody's.
	Proxies []netip.Prefix
	// Request is how long a request may wait for the database and for platforms; 0: 10 seconds. What is
	// long on its way has longer.
	Request time.Duration
}

// Rate is a limit: so many a second on average, so many at once.
type Rate struct {
	PerSecond float64
	Burst     int
}

// defaultLimits are right for a process that serves some universities. Opening an activity and answering
// takes 5 to 8 requests: one address may bring 600 people at once and 60 more each second.
func defaultLimits() Limits {
	return Limits{
		Address: Rate{PerSecond: 500, Burst: 5000}, Refused: Rate{PerSecond: 10, Burst: 300},
		Platform: Rate{PerSecond: 300, Burst: 3000},
	}
}

// maxBuckets bounds the memory of a limit: some 10 MB.
const maxBuckets = 50_000

// buckets are the token buckets of one limit by key. They are safe for concurrent use.
type buckets struct {
	rate Rate

	mu   sync.Mutex
	list map[string]*rate.Limiter
}

func newBuckets(r Rate) *buckets { return &buckets{rate: r, list: map[string]*rate.Limiter{}} }

func (b *buckets) of(key string, now time.Time) *rate.Limiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	l, ok := b.list[key]
	if !ok {
		if len(b.list) >= maxBuckets {
			b.shrink(now)
		}
		l = rate.NewLimiter(rate.Limit(b.rate.PerSecond), b.rate.Burst)
		b.list[key] = l
	}
	return l
}

// shrink forgets the full buckets, which are like new ones, and if there are none, a tenth of all.
func (b *buckets) shrink(now time.Time) {
	for key, l := range b.list {
		if l.TokensAt(now) >= float64(b.rate.Burst) {
			delete(b.list, key)
		}
	}
	for key := range b.list {
		if len(b.list) <= maxBuckets-maxBuckets/10 {
			break
		}
		delete(b.list, key)
	}
}

// take takes a token; if there is none, it says how long until there will be.
func (b *buckets) take(key string, now time.Time) (wait time.Duration, ok bool) {
	l := b.of(key, now)
	if l.AllowN(now, 1) {
		return 0, true
	}
	return b.wait(l, now), false
}

// empty reports whether there is no token left, without taking one.
func (b *buckets) empty(key string, now time.Time) (wait time.Duration, is bool) {
	l := b.of(key, now)
	if l.TokensAt(now) >= 1 {
		return 0, false
	}
	return b.wait(l, now), true
}

func (b *buckets) wait(l *rate.Limiter, now time.Time) time.Duration {
	return time.Duration((1 - l.TokensAt(now)) / b.rate.PerSecond * float64(time.Second))
}

// limiter holds the limits of a process.
type limiter struct {
	address, refused, platform *buckets
	proxies                    []netip.Prefix
}

func newLimiter(l Limits) *limiter {
	return &limiter{newBuckets(l.Address), newBuckets(l.Refused), newBuckets(l.Platform), l.Proxies}
}

// client is the address that a request comes from, as far as it can be believed; empty if it may be
// everybody's. Of an IPv6 address only the network counts: a household has 2^64 of them.
func (l *limiter) client(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	addr := peer.Addr().Unmap()
	if l.trusts(addr) {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		// From the right: what stands left of the first address that is no proxy of ours, the client wrote.
		for i := len(hops) - 1; i >= 0 && l.trusts(addr); i-- {
			hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
			if err != nil {
				return ""
			}
			addr = hop.Unmap()
		}
		if l.trusts(addr) {
			return ""
		}
	} else if addr.IsLoopback() || addr.IsPrivate() || addr.IsLinkLocalUnicast() {
		return ""
	}
	if addr.Is6() {
		if net, err := addr.WithZone("").Prefix(64); err == nil {
			return net.String()
		}
	}
	return addr.String()
}

func (l *limiter) trusts(a netip.Addr) bool {
	for _, p := range l.proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// limitRate refuses what is over the limits of an address, with the time to wait. Health checks are never
// refused.
func (f *Frame) limitRate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := f.limits.client(r)
		if who == "" || r.URL.Path == "/healthz" || r.URL.Path == "/readyz" {
			next.ServeHTTP(w, r)
			return
		}
		if wait, ok := f.limits.address.take(who, f.Now()); !ok {
			f.overLimit(w, r, "address", wait)
			return
		}
		if wait, is := f.limits.refused.empty(who, f.Now()); is && !f.plausible(r) {
			f.overLimit(w, r, "refused", wait)
			return
		}
		sw := &statusWriter{ResponseWriter: w}
		next.ServeHTTP(sw, r)
		switch sw.status {
		case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound,
			http.StatusMethodNotAllowed, http.StatusRequestEntityTooLarge:
			f.limits.refused.take(who, f.Now())
		}
	})
}

// plausible reports whether a request may be genuine, however many others from its address were not: it
// begins a login, reads something public, redeems an invitation, or carries what only a login or a launch
// that began here can have given it. It reads the body of a launch, and never the database.
func (f *Frame) plausible(r *http.Request) bool {
	path := r.URL.Path
	switch {
	case path == "/lti/launch":
		if ParseForm(r) != nil {
			return false
		}
		_, ours := f.PlaceOf(r.Form.Get("state"))
		return ours
	case strings.HasPrefix(path, "/lti/"), strings.HasPrefix(path, "/static/"), strings.HasPrefix(path, "/images/"):
		return true
	case strings.HasPrefix(path, "/l/"):
		id, _, _ := strings.Cut(strings.TrimPrefix(path, "/l/"), "/")
		c, err := f.launches.New(r, launchCookie+id)
		return err == nil && !c.IsNew
	}
	return strings.HasSuffix(path, "/policies")
}

// overLimit answers 429 with the time to wait.
func (f *Frame) overLimit(w http.ResponseWriter, r *http.Request, which string, wait time.Duration) {
	FrameAnywhere(w)
	f.Page(func(w http.ResponseWriter, r *http.Request) error { return f.tooMany(w, r, which, wait) }).ServeHTTP(w, r)
}

func (f *Frame) tooMany(w http.ResponseWriter, r *http.Request, which string, wait time.Duration) error {
	f.metrics.limited.WithLabelValues(which).Inc()
	Note(r.Context(), "limit", which)
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(wait.Seconds())))))
	return policy.E(policy.ErrTooMany, "")
}

// WithinPlatform takes one launch of a platform's limit.
func (f *Frame) WithinPlatform(w http.ResponseWriter, r *http.Request, platformID string) error {
	if wait, ok := f.limits.platform.take(platformID, f.Now()); !ok {
		return f.tooMany(w, r, "platform", wait)
	}
	return nil
}
