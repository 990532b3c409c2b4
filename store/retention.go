package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// How long is kept what a program needs and nobody else. Words for people stand in [retentions].
const (
	invitationsKept = 30 * day  // after they expired
	viewsKept       = 90 * day  // of the admin log
	rostersKept     = 30 * day  // after a teacher last opened the course's participants
	replicasKept    = day       // after they were last heard of
	deadScoresKept  = 180 * day // after the platform last refused them
	day             = 24 * time.Hour
)

// A retention is the rule of one table: how long its rows are kept, and how they end.
type retention struct {
	table string
	kept  string // for people; stands in docs/operations.md, too
	// ends deletes the rows whose time has come. It is nil where rows stay, or go with the act that they belong to.
	ends func(*DB, context.Context) error
}

// retentions has the rule of every table. A new table gets its line here: what it holds is proof or in use and
// stays, or it ends, and then ends says how.
func retentions() []retention {
	return []retention{
		{"tool_policy", "for ever: answers name it; a policy that was never active goes when its only draft is discarded", nil},
		{"tool_policy_versions", "for ever: it is what people answered; a draft goes when it is discarded", nil},
		{"tool_policy_acceptances", "for ever: where everybody stands", nil},
		{"course_acceptance", "for ever: where everybody stands in courses", nil},
		{"policy_detail", "with its policy", nil},
		{"policy_platform", "as long as the policy applies to the site", nil},
		{"policy_left", "until the site shows the policy again: its lasting address", nil},
		{"policy_draft_scope", "until the draft is in force or discarded; of what was announced and taken back for ever", nil},
		{"policy_draft_platform", "until the draft is in force or discarded; of what was announced and taken back for ever", nil},
		{"policy_version_detail", "with its version", nil},
		{"policy_version_text", "with its version", nil},
		{"policy_schedule", "until its day, or until it is taken back", nil},
		{"policy_step", "until its time, or until another version is active or none", nil},
		{"policy_autosave", "30 days after the last key was pressed, or until the draft is saved", expired[string]("policy_autosave", "id", "expires", 0)},
		{"policy_image", "as long as a version shows it, and 60 days after somebody last had it in a text", (*DB).endImages},
		{"policy_image_use", "with its version", nil},

		{"acceptance_event", "for ever: the proof", nil},
		{"person_secret", "until the person is erased: it opens what the proof says about them", nil},
		{"evidence_leaf", "for ever: the proof", nil},
		{"evidence_hash", "for ever: the proof", nil},
		{"evidence_checkpoint", "a day; the first of each hour, the newest, those that were given out, and those by which views went, for ever", (*DB).endCheckpoints},
		{"evidence_shard", "for ever: the last numbers of entries", nil},
		{"evidence_witness", "for ever: one row for whoever is sent checkpoints", nil},
		{"admin_log", "acts and downloads for ever; who looked at which page 90 days", (*DB).endViews},
		{"admin_log_person", "with the entry of the admin log", nil},
		{"admin_grant", "until it is taken back", nil},

		{"institution", "for ever: policies and sites belong to it", nil},
		{"lti_platform", "for ever: answers name it", nil},
		{"lti_deployment", "with its site", nil},
		{"lti_invitation", "30 days after it expired, used or not", expired[[]byte]("lti_invitation", "tokenhash", "expires", invitationsKept)},
		{"lti_door", "until the site's door is taken away", nil},
		{"lti_sighting", "30 days after it was last seen; when a site's login plugin was last heard, as long as the site", (*DB).endSightings},
		{"moodle_policy", "with its policy: an export gives Moodle its own numbers back", nil},
		{"moodle_version", "with its version: an export gives Moodle its own texts back", nil},
		{"moodle_import", "for ever: one row a site", nil},

		{"lti_user", "for ever: answers name them", nil},
		{"lti_context", "for ever: answers and the report name it", nil},
		{"lti_membership", "for ever: who is asked what in which course", nil},
		{"lti_link_policy", "until the activity asks its course for something else", nil},
		{"lti_line_item", "for ever: one row an activity", nil},
		{"lti_roster", "for ever: one row a course; the people of its list see lti_roster_member", nil},
		{"lti_roster_member", "until the list is fetched anew, and 30 days after a teacher last opened it; what a fetch that failed left behind, some hours", (*DB).endRosters},
		{"outbox", "for ever: which score the site holds; one that the site refused for good 180 days", (*DB).endDeadScores},
		{"notice_batch", "180 days after it was ordered", expired[string]("notice_batch", "id", "timecreated", noticesKept)},
		{"notice", "180 days after it was ordered, sent or not", (*DB).endNotices},
		{"gate_check", "until it is done, some minutes", nil},

		{"lti_nonce", "until the launch that it belongs to could not be repeated any more, some minutes", expired[[]byte]("lti_nonce", "hash", "expires", 0)},
		{"lti_session", "the visit, 12 hours", expired[string]("lti_session", "id", "expires", 0)},
		{"lti_door_launch", "the visit, 12 hours", expired[string]("lti_door_launch", "sessionid", "expires", 0)},
		{"lti_deep_link", "the visit, 12 hours", expired[string]("lti_deep_link", "sessionid", "expires", 0)},

		{"replica", "a day after the process last wrote to the database", expired[string]("replica", "id", "timeseen", replicasKept)},
		{"tool_key", "until it is rotated away: three rows", nil},
		{"secret", "for ever: some rows", nil},
		{"tx_receipt", "a day: longer than any call goes on", expired[string]("tx_receipt", "id", "expires", 0)},
		{"job_lease", "for ever: one row a job, and one a site", nil},
		{"schema_version", "for ever: one row a migration", nil},
		{"goose_lock", "for ever: one row, where there were such programs", nil},
	}
}

// Sweep ends what is kept for a time only, see retentions, in small deletions. Each table's turn comes whatever
// happens to the others; the errors are joined. Replicas may sweep at once.
func (db *DB) Sweep(ctx context.Context) error {
	var errs []error
	for _, r := range retentions() {
		if r.ends == nil || ctx.Err() != nil {
			continue
		}
		if err := r.ends(db, ctx); err != nil {
			errs = append(errs, fmt.Errorf("sweeping %s: %w", r.table, unavailable(err)))
		}
	}
	if err := ctx.Err(); err != nil && len(errs) == 0 {
		return fmt.Errorf("sweeping: %w", err)
	}
	return errors.Join(errs...)
}
