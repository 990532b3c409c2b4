package connection

import "slices"

// Check is a thing that must work.
type Check string

// State is how it stands with a thing.
type State string

// The states. Only Wrong asks somebody to do something.
const (
	Fine    State = "fine"
	Wrong   State = "wrong"
	Unknown State = "unknown" // not seen yet, or hidden behind another line
	None    State = "none"    // does not apply
)

// States has every state.
func States() []State { return []State{Fine, Wrong, Unknown, None} }

// Line is a line of the table.
type Line struct {
	Check Check             `json:"check"`
	State State             `json:"state"`
	Cause Cause             `json:"cause"`
	Step  Step              `json:"step,omitempty"` // empty: there is nothing to do
	With  map[string]string `json:"with,omitempty"` // what stands in the words; Time is in RFC 3339
}

// Bad counts the lines on which something is wrong.
func Bad(lines []Line) int {
	n := 0
	for _, l := range lines {
		if l.State == Wrong {
			n++
		}
	}
	return n
}

// Cause is what was found.
type Cause string

// Step is what somebody does about it.
type Step string

// known says of each cause what it means for the thing, and which step mends it. A new one gets its line here, its words
// in the message files, and its row in docs/connection.md.
var known = map[Cause]struct {
	state State
	step  Step
}{
	"above": {Unknown, ""},

	"net_name":        {Wrong, "name"},
	"net_address":     {Wrong, "private"},
	"net_refused":     {Wrong, "name"},
	"net_redirect":    {Wrong, "redirect"},
	"net_plain":       {Wrong, "https"},
	"net_certificate": {Wrong, "certificate"},
	"net_silent":      {Wrong, "network"},
	"net_status":      {Wrong, "address"},
	"net_nonsense":    {Wrong, "address"},

	"site_fine":     {Fine, ""},
	"site_pending":  {Wrong, "run"},
	"site_disabled": {Wrong, "run"},
	"site_moved":    {Wrong, "move"},
	"site_redirect": {Wrong, "move"},
	"site_unread":   {Unknown, ""},

	"site_keys_fine": {Fine, ""},

	"our_keys_fine":  {Fine, ""},
	"our_keys_port":  {Wrong, "ports"},
	"our_keys_host":  {Wrong, "hosts"},
	"our_keys_both":  {Wrong, "ports_hosts"},
	"our_keys_own":   {Wrong, "own"},
	"our_keys_fetch": {Wrong, "fetch"},
	"our_keys_other": {Wrong, "keyset"},

	"token_fine":     {Fine, ""},
	"token_status":   {Wrong, "token"},
	"token_nonsense": {Wrong, "token"},
	"token_scopes":   {Wrong, "services"},
	"token_client":   {Wrong, "again"},
	"token_refused":  {Wrong, "again"},

	"roster_fine":         {Fine, ""},
	"roster_nameless":     {Fine, "privacy"},
	"roster_none":         {Unknown, ""},
	"roster_off":          {Unknown, ""},
	"roster_gone":         {Unknown, ""},
	"roster_unauthorized": {Wrong, "header"},
	"roster_down":         {Wrong, "log"},
	"roster_elsewhere":    {Wrong, "wwwroot"},
	"roster_refused":      {Wrong, "services"},
	"roster_failed":       {Wrong, "address"},

	"courses_fine": {Fine, ""},
	"courses_none": {Unknown, "parameters"},

	"score_fine": {Fine, ""},
	"score_none": {None, ""},
	"score_late": {Wrong, "run"},
	"score_dead": {Wrong, "run"},

	"door_none":    {None, ""},
	"door_waiting": {None, ""},
	"door_idle":    {None, ""},
	"door_fine":    {Fine, ""},
	"door_lost":    {Wrong, "cron"},

	"clock_fine":    {Fine, ""},
	"clock_ahead":   {Wrong, "ntp"},
	"clock_behind":  {Wrong, "ntp"},
	"clock_differs": {Wrong, "ntp"},
	"clock_unknown": {Unknown, ""},

	"cookies_fine": {Fine, ""},
	"cookies_lost": {Wrong, "window"},
	"cookies_none": {Unknown, ""},

	"deployment_fine":    {Fine, ""},
	"deployment_first":   {Unknown, ""},
	"deployment_refused": {Wrong, "run"},
}

// Causes has every cause, in order.
func Causes() []Cause {
	var all []Cause
	for c := range known {
		all = append(all, c)
	}
	slices.Sort(all)
	return all
}

// StepOf is the step that mends a cause; empty: none.
func StepOf(c Cause) Step { return known[c].step }

// StateOf is what a cause means for the thing that was checked.
func StateOf(c Cause) State { return known[c].state }

// as is the line with another cause, which says the same of a place of its own.
func (l Line) as(c Cause) Line {
	l.State, l.Cause, l.Step = known[c].state, c, known[c].step
	return l
}

// found makes a line; pairs are what stands in its words, name and value in turn.
func found(c Cause, pairs ...string) Line {
	l := Line{State: known[c].state, Cause: c, Step: known[c].step}
	for i := 0; i+1 < len(pairs); i += 2 {
		if l.With == nil {
			l.With = map[string]string{}
		}
		l.With[pairs[i]] = pairs[i+1]
	}
	return l
}
