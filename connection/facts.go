package connection

import (
	"net/netip"
	"time"

	"ltipolicy/lti"
)

// Facts are what was seen of a site. The zero value of a part means that nothing was.
type Facts struct {
	Now      time.Time
	Platform lti.Platform

	Issuer string // what the Moodle at the site's address calls itself; empty: it could not be read
	Onward string // the address to which the site's leads on; empty: it does not
	Keys   lti.Look
	Token  lti.TokenLook

	// What the site must reach: the tool's key set, where its host and the site's are as seen from here, and whether it
	// answers from here. All but its address is looked at only if the site could not fetch it.
	KeySet     string
	Host, Site []netip.Addr
	Own        lti.Look

	Roster  Roster
	Courses Courses
	Score   Score
	Door    Door
	Frames  Frames
	Refusal Refusal
}

// Roster is what became of asking for a course's list of participants.
type Roster struct {
	Course   string          // empty: no course is known
	Offered  bool            // the course's last launch told where its list is
	Code     lti.ServiceCode // why it failed; "": the list came, if the token is for lists
	Host     string          // of an address to which the tool does not go
	Nameless bool            // with a person without a name
}

// Courses is what a site tells of its courses' dates.
type Courses struct {
	Told time.Time // when a launch last said when its course ends, or that it does not; zero: none did
}

// Score is how it stands with the scores of a site.
type Score struct {
	Activities bool      // there is one with a grade
	Dead       int       // refused for good
	Owed       time.Time // since when the oldest one waits; zero: none does
	Code       string    // why the last try of that one failed
}

// Door is what is known of a site's login plugin.
type Door struct {
	Declared bool
	Heard    time.Time // when it last asked; zero: never
	Idle     time.Time // when it last said that the site does not have it chosen; zero: never
	Version  string    // of the plugin, as it said then; may be empty
}

// Frames count launches in frames, of some days.
type Frames struct {
	Cookies int // the browser kept the tool's cookie
	Storage int // it did not, and Moodle's own storage helped
	Lost    int // nothing helped: a new window was offered
}

// Refusal is the last launch that was refused for its deployment.
type Refusal struct {
	Deployment string
	When       time.Time
}
