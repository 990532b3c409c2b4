-- +goose Up
-- Finds the views that are old.
CREATE INDEX admin_log_end_ix ON admin_log (action, timecreated);
