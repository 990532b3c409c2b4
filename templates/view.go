package templates

import (
	"ltipolicy/policy"
)

// Field is the name of the item's form field.
func (i Item) Field() string { return AnswerField(i.VersionID) }

// StatementKey is the message key of the statement beside the item's checkbox.
func (i Item) StatementKey() string { return statementKey(i.Kind) }

// Problems are the items whose answer has an error, for the error summary.
func (p PendingPage) Problems() []Item {
	var out []Item
	for _, i := range p.Items {
		if i.Error != "" {
			out = append(out, i)
		}
	}
	return out
}

// TotalMinutes is the reading time of all full texts together.
func (p PendingPage) TotalMinutes() int {
	n := 0
	for _, i := range p.Items {
		n += i.Minutes
	}
	return n
}

// Compulsory reports whether any item cannot be refused.
func (p PendingPage) Compulsory() bool {
	for _, i := range p.Items {
		if i.Kind == policy.Acknowledge || i.Kind == policy.Agree {
			return true
		}
	}
	return false
}

// Seen is the message key of who learns the answer by name; empty where it is no free choice.
func (v AnsweredVersion) Seen() string { return SeenKey(v.Kind, v.Named) }

// SeenKey is the message key of who learns an answer to a version of a kind by name; empty where it is no free choice.
func SeenKey(k policy.Kind, named bool) string {
	switch {
	case k != policy.Consent:
		return ""
	case named:
		return "agreements.seen.teachers"
	}
	return "agreements.seen.nobody"
}

// AgainKey is the message key of the statement when accepting from My agreements.
func (p AgreementsPage) AgainKey(k policy.Kind) string { return statementKey(k) }

// TitleKey is the message key of what happened.
func (p ErrorPage) TitleKey() string {
	if key := "error." + p.Code; p.Locale.Has(key) {
		return key
	}
	return "error.internal"
}

// HelpKey is the message key of what to do. Codes whose readers can do the same share a message.
func (p ErrorPage) HelpKey() string {
	if p.Code == "state_missing" && p.Window == "" {
		return "help.cookies"
	}
	if help, ok := errorHelp[p.Code]; ok {
		return "help." + help
	}
	return "help.internal"
}

// errorHelp says for each code which advice fits.
var errorHelp = map[string]string{
	"state_missing": "window", "state_mismatch": "reopen", "nonce_mismatch": "reopen",
	"nonce_replayed": "reopen", "token_expired": "reopen",

	"platform_unknown": "register", "platform_moved": "moved", "platform_pending": "pending", "platform_error": "platform",
	"platform_disabled":  "forbidden",
	"deployment_unknown": "deployment", "subject_missing": "privacy", "token_from_future": "clock",
	"jwks_unavailable": "later",

	"token_malformed": "admin", "token_too_long": "description", "alg_refused": "admin", "kid_missing": "admin", "kid_unknown": "admin",
	"signature_invalid": "admin", "issuer_mismatch": "admin", "audience_mismatch": "admin",
	"azp_mismatch": "admin", "nonce_missing": "admin", "version_unsupported": "admin",
	"message_unsupported": "admin", "claim_missing": "admin", "claim_invalid": "admin",

	"invitation_invalid": "invitation", "register_outside": "tool_url",
	"register_elsewhere": "register_elsewhere", "register_twice": "register_twice", "token_used": "tool_again", "site_moved": "moved",
	"config_invalid": "registration", "host_mismatch": "registration", "registration_refused": "registration",
	"address_refused": "network", "platform_unreachable": "network",

	"not_found": "address", "method_not_allowed": "address", "forbidden": "forbidden", "no_session": "session",
	"conflict": "conflict", "invalid": "invalid", "csrf": "session", "too_large": "invalid",
	"too_many": "later", "unavailable": "later", "busy": "busy", "internal": "internal",

	"answer.version_replaced": "conflict", "answer.course_ended": "conflict", "answer.nothing_to_withdraw": "conflict", "answer.guest": "forbidden",
	"answer.not_concerned": "invalid", "answer.not_withdrawable": "invalid", "answer.compulsory": "invalid",
	"answer.language": "invalid", "answer.not_asked": "invalid", "answer.not_yet": "invalid",
	"answer.nothing_asked": "invalid", "answer.unknown": "invalid",
}
