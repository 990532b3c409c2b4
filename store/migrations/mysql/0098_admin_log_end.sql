-- +goose Up
-- Finds the views that are old.
ALTER TABLE admin_log ADD KEY admin_log_end_ix (action, timecreated);
