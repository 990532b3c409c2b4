-- +goose Up
-- The log of an act, newest first.
CREATE INDEX admin_log_action_ix ON admin_log (institutionid, action, timecreated);
