-- +goose Up
-- The log of an act, newest first.
ALTER TABLE admin_log ADD KEY admin_log_action_ix (institutionid, action, timecreated);
