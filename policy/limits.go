package policy

// How long what a version says may be, in characters: what the columns hold that keep it, Moodle's own among them.
const (
	MaxName       = 1333
	MaxRevision   = 1333
	MaxChangeNote = 4000
	MaxContact    = 255
	MaxLang       = 30 // tool_policy_acceptances.lang
	MaxText       = 16 << 20
)

// The places that a policy can have in the order: what Moodle's column holds.
const (
	MinSort = -1 << 23
	MaxSort = 1<<23 - 1
)
