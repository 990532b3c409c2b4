package policy

// Reported is what the acceptances report says about a person and a version, or about a person and all
// versions of the report together: the words of Moodle's own report (admin/tool/policy,
// output/user_agreement.php).
type Reported string

// The words of the report. ReportedPartial is only said of several versions together.
const (
	ReportedPending        Reported = "pending"
	ReportedAccepted       Reported = "accepted"
	ReportedAcceptedBehalf Reported = "accepted_behalf"
	ReportedDeclined       Reported = "declined" // or withdrawn: Moodle's table does not tell
	ReportedDeclinedBehalf Reported = "declined_behalf"
	ReportedExpired        Reported = "expired" // ours: accepted, and the time is over for which that counts
	ReportedPartial        Reported = "partial"
	ReportedNotAsked       Reported = "not_asked" // ours: the version asks the person nothing now
	ReportedEnded          Reported = "ended"     // ours: answered, whatever it was, in a course that has ended since
)

// Answered reports whether there is an answer, whatever it says.
func (r Reported) Answered() bool { return r.Accepted() || r.Declined() }

// Accepted reports whether the version stands accepted, by whomever.
func (r Reported) Accepted() bool { return r == ReportedAccepted || r == ReportedAcceptedBehalf }

// Declined reports whether the version stands declined or withdrawn, by whomever.
func (r Reported) Declined() bool { return r == ReportedDeclined || r == ReportedDeclinedBehalf }

// Report says where a person stands with one version. latest is the answer that counts for it, see [Latest], expired
// whether it has ended, see [Asked.Expired], and asked is whether the version asks the person now, see [Asked.Asks]: an
// answer is told also where it does not.
func Report(latest *Given, expired, asked bool, person int64) Reported {
	switch {
	case latest != nil && expired:
		return ReportedExpired
	case latest == nil && asked:
		return ReportedPending
	case latest == nil:
		return ReportedNotAsked
	case latest.Accepted && latest.OnBehalf(person):
		return ReportedAcceptedBehalf
	case latest.Accepted:
		return ReportedAccepted
	case latest.OnBehalf(person):
		return ReportedDeclinedBehalf
	default:
		return ReportedDeclined
	}
}

// In is the word for an answer that was given in a course, which may have ended: then that is all that is said of it.
func (r Reported) In(ended bool) Reported {
	if ended && (r.Answered() || r == ReportedExpired) {
		return ReportedEnded
	}
	return r
}

// ReportAll says where a person stands with all versions of the report together. Versions that do not
// concern the person do not count, and neither does what ended; if nothing else is there, it is ReportedEnded or
// ReportedNotAsked. On a page, "partially accepted"
// means that all are answered and some declined, and as long as one is open the whole is pending. In a
// download, as in Moodle's, it also means that some are answered and some are open.
func ReportAll(each []Reported, download bool) Reported {
	var asked, accepted, declined int
	only := ReportedNotAsked
	for _, r := range each {
		switch {
		case r == ReportedNotAsked:
			continue
		case r == ReportedEnded:
			if asked == 0 {
				only = r
			}
			continue
		}
		asked, only = asked+1, r
		if r.Accepted() {
			accepted++
		}
		if r.Declined() {
			declined++
		}
	}
	switch {
	case asked < 2: // one alone says who answered
		return only
	case accepted == asked:
		return ReportedAccepted
	case declined == asked:
		return ReportedDeclined
	case accepted+declined == asked, download && accepted+declined > 0:
		return ReportedPartial
	default:
		return ReportedPending
	}
}
