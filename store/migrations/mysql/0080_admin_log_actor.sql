-- +goose Up
-- The log of somebody, newest first.
ALTER TABLE admin_log ADD KEY admin_log_actor_ix (institutionid, actor, timecreated);
