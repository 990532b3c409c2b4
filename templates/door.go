package templates

// LeavePage is for somebody who logs in and does not accept something compulsory: what that means, whom to
// ask, and the way out.
type LeavePage struct {
	Page
	Policies []LeavePolicy // the compulsory ones that are open
	Contact  string        // whom to ask, as the platform names it; empty: not known
	Back     string        // address of the policies
	Form     Form          // logs out of the platform
}

// LeavePolicy names one policy of [LeavePage].
type LeavePolicy struct{ Name, Lang string }
