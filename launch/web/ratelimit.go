package web

import (
	"cmp"
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

// Limits bound what a stranger, one address or one platform can ask of a process. They are a shield against floods, not
// a fair share, and each is charged to whoever caused it: what is not signed to its state and its address, what a
// platform signed to that platform. A whole campus may stand behind one address, with somebody who floods among them: so
// each kind of request has its own limit there, and who can show a state or a visit of ours is not refused for what
// others at the address did.
type Limits struct {
	// Address bounds the requests of one address, those of each kind by themselves: see kindOf.
	Address Rate
	// Refused bounds the refused requests of one address. Beyond it, requests that carry no proof of a login
	// or a launch that began here are not looked into any more; all others go on.
	Refused Rate
	// Platform bounds the launches that one platform signed, so that one that was taken over cannot fill the database
	// or slow the others down. Nobody else can use it up.
	Platform Rate
	// State bounds what is posted with the state of one login, which is one launch and no more: so many, and
	// again in an hour, when there is no such state any more. Zero: 6.
	State Rate
	// Visit bounds the requests of one visit where its address is over the limit; zero: 20 a second, 200 at once.
	Visit Rate
	// Made bounds the pages of the archive that are made for one address because nobody had asked for them since they
	// changed; zero: 2 a second, 100 at once.
	Made Rate
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
// takes 5 to 8 requests, of each kind 3 at most: one address may bring 1,600 people at once and 160 more each second.
func defaultLimits() Limits {
	return Limits{
		Address: Rate{PerSecond: 500, Burst: 5000}, Refused: Rate{PerSecond: 10, Burst: 300},
		Platform: Rate{PerSecond: 300, Burst: 3000},
	}
}

var (
	defaultState = Rate{PerSecond: 6 / time.Hour.Seconds(), Burst: 6}
	defaultVisit = Rate{PerSecond: 20, Burst: 200}
	defaultMade  = Rate{PerSecond: 2, Burst: 100}
)

// networkShare is how many times the limit of an address its network has: a /48 of IPv6 holds 65,536 of what counts as
// one address.
const networkShare = 4

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

// owe takes a token, and of those to come if there is none, up to as many as there are at once.
func (b *buckets) owe(key string, now time.Time) {
	if l := b.of(key, now); l.TokensAt(now) > -float64(b.rate.Burst) {
		l.ReserveN(now, 1)
	}
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
	address, refused, platform, logins, lost, visits, made *buckets
	networks, refusedNetworks, madeNetworks                *buckets
	proxies                                                []netip.Prefix
}

func newLimiter(l Limits) *limiter {
	wide := func(r Rate) Rate { return Rate{networkShare * r.PerSecond, networkShare * r.Burst} }
	return &limiter{
		address: newBuckets(l.Address), refused: newBuckets(l.Refused), platform: newBuckets(l.Platform),
		logins: newBuckets(cmp.Or(l.State, defaultState)), lost: newBuckets(Rate{PerSecond: 1 / time.Hour.Seconds(), Burst: 1}),
		visits: newBuckets(cmp.Or(l.Visit, defaultVisit)),
		made:   newBuckets(cmp.Or(l.Made, defaultMade)), madeNetworks: newBuckets(wide(cmp.Or(l.Made, defaultMade))),
		networks: newBuckets(wide(l.Address)), refusedNetworks: newBuckets(wide(l.Refused)), proxies: l.Proxies,
	}
}

// takeAddress takes a token for a kind of request from an address and from its network.
func (l *limiter) takeAddress(who, kind string, now time.Time) (wait time.Duration, ok bool) {
	if wait, ok = l.address.take(kind+who, now); !ok {
		return wait, false
	}
	if network := networkOf(who); network != "" {
		return l.networks.take(kind+network, now)
	}
	return 0, true
}

// noMoreRefusals reports whether an address or its network has used up what refusals may cost.
func (l *limiter) noMoreRefusals(who string, now time.Time) (wait time.Duration, is bool) {
	if wait, is = l.refused.empty(who, now); is {
		return wait, true
	}
	if network := networkOf(who); network != "" {
		return l.refusedNetworks.empty(network, now)
	}
	return 0, false
}

func (l *limiter) takeRefusal(who string, now time.Time) {
	l.refused.owe(who, now)
	if network := networkOf(who); network != "" {
		l.refusedNetworks.owe(network, now)
	}
}

// networkOf is the network that an address of IPv6 stands in, as it is given to a site; empty for IPv4.
func networkOf(who string) string {
	p, err := netip.ParsePrefix(who)
	if err != nil {
		return ""
	}
	wide, err := p.Addr().Prefix(48)
	if err != nil {
		return ""
	}
	return wide.String()
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

// kindOf is what a request is for. Each kind has a limit of its own at an address, so that whoever floods one leaves the
// others to those who share the address.
func kindOf(path string) string {
	for _, kind := range [...]string{"/lti/login", "/lti/launch", "/lti/door", "/lti/regist", "/l/", "/static/", "/images/"} {
		if strings.HasPrefix(path, kind) {
			return kind
		}
	}
	return "/"
}

// Displayed reports whether the answer will be shown to somebody: as a page, or in a frame of one. Browsers say of an image,
// a script, data, or what is fetched in advance that it is that. Old ones say nothing.
func Displayed(r *http.Request) bool {
	if r.Header.Get("Sec-Purpose") != "" {
		return false
	}
	switch r.Header.Get("Sec-Fetch-Dest") {
	case "", "document":
		return true
	}
	return Framed(r)
}

// limitRate refuses what is over the limits of an address, with the time to wait. Health checks are never
// refused.
func (f *Frame) limitRate(routes *Routes) middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.limited(w, r, routes, next) })
	}
}

func (f *Frame) limited(w http.ResponseWriter, r *http.Request, routes *Routes, next http.Handler) {
	kind := kindOf(r.URL.Path)
	switch kind {
	case "/lti/login", "/lti/launch", "/lti/regist":
		if !Displayed(r) { // a page of somebody else has the browser ask; it is charged to nobody, and costs next to nothing
			Outcome(r.Context(), "forbidden")
			w.WriteHeader(http.StatusForbidden)
			return
		}
	}
	who := f.limits.client(r)
	if who == "" || r.URL.Path == "/healthz" || r.URL.Path == "/readyz" {
		next.ServeHTTP(w, r)
		return
	}
	if wait, ok := f.within(r, who, kind); !ok {
		f.overLimit(w, r, "address", wait)
		return
	}
	if wait, is := f.limits.noMoreRefusals(who, f.Now()); is && !f.plausible(r, routes) {
		f.overLimit(w, r, "refused", wait)
		return
	}
	sw := &statusWriter{ResponseWriter: w}
	next.ServeHTTP(sw, r)
	switch sw.status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound,
		http.StatusMethodNotAllowed, http.StatusRequestEntityTooLarge:
		f.limits.takeRefusal(who, f.Now())
	}
}

// within takes a request of a kind from what its address has left. Where nothing is left, others may have used it up who
// share the address: a launch then goes by the login that began it, and anything else of a visit by that visit.
func (f *Frame) within(r *http.Request, who, kind string) (wait time.Duration, ok bool) {
	now := f.Now()
	if wait, ok = f.limits.takeAddress(who, kind, now); ok {
		return 0, true
	}
	switch kind {
	case "/lti/launch":
		if login := f.launching(r); login != "" {
			_, ok = f.limits.logins.take("post "+login, now)
		}
	case "/l/", "/lti/login", "/static/":
		if visit := f.visitOf(r); visit != "" {
			_, ok = f.limits.visits.take(visit, now)
		}
	}
	return wait, ok
}

// launching is the login that a launch came from; empty if it is none of ours, or over. It reads the body, and never the
// database.
func (f *Frame) launching(r *http.Request) string {
	if ParseForm(r) != nil {
		return ""
	}
	return f.loginOf(r.Form.Get("state"))
}

// visitOf is the id of a visit that the browser holds, of the one in the address if there is one; empty if it has none.
// It never reads the database.
func (f *Frame) visitOf(r *http.Request) string {
	here, within := strings.CutPrefix(r.URL.Path, "/l/")
	here, _, _ = strings.Cut(here, "/")
	tried := 0
	for _, c := range r.Cookies() {
		id, is := strings.CutPrefix(c.Name, launchCookie)
		if !is || within && id != here {
			continue
		}
		if tried++; tried > maxLaunchCookies {
			break
		}
		if ses, err := f.launches.New(r, c.Name); err == nil && !ses.IsNew {
			return id
		}
	}
	return ""
}

// plausible reports whether a request may be genuine, however many others from its address were not: it
// is for anybody, or carries what only a login or a launch that began here can have given it. It reads the body of a
// launch, and never the database.
func (f *Frame) plausible(r *http.Request, routes *Routes) bool {
	path := r.URL.Path
	switch {
	case path == "/lti/launch":
		login := f.launching(r)
		if login == "" {
			return false
		}
		_, ok := f.limits.logins.take("look "+login, f.Now())
		return ok
	case strings.HasPrefix(path, "/l/"):
		return f.visitOf(r) != ""
	}
	_, pattern := routes.mux.Handler(r)
	return pattern != "" && pattern != "/"
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

// WithinMade refuses to make a page that is dear to make, and that is kept, for an address that had many made.
func (f *Frame) WithinMade(w http.ResponseWriter, r *http.Request) error {
	who, now := f.limits.client(r), f.Now()
	if who == "" {
		return nil
	}
	wait, ok := f.limits.made.take(who, now)
	if network := networkOf(who); ok && network != "" {
		wait, ok = f.limits.madeNetworks.take(network, now)
	}
	if !ok {
		return f.tooMany(w, r, "made", wait)
	}
	return nil
}

// WithinPlatform refuses a launch that would be over its platform's limit. The caller knows that the platform signed it, and
// says with Launched that it came in: one that was sent again does not count, it costs whoever sends it.
func (f *Frame) WithinPlatform(w http.ResponseWriter, r *http.Request, platformID string) error {
	if wait, is := f.limits.platform.empty(platformID, f.Now()); is {
		return f.tooMany(w, r, "platform", wait)
	}
	return nil
}

// Launched takes one launch of a platform's limit, and of what will be left where there is none: many that were looked at
// together are many all the same.
func (f *Frame) Launched(platformID string) { f.limits.platform.owe(platformID, f.Now()) }

// WithinLogin reports whether a launch may still be looked into that came with this state, and counts it. The caller knows
// that whoever sent it holds the login of exactly this state.
func (f *Frame) WithinLogin(state string) bool {
	_, ok := f.limits.logins.take("with "+state, f.Now())
	return ok
}

// FirstLost reports whether nothing was lost yet of the login whose mark the state has. It says so once.
func (f *Frame) FirstLost(state string) bool {
	login := f.loginOf(state)
	if login == "" {
		return false
	}
	_, ok := f.limits.lost.take(login, f.Now())
	return ok
}
