-- +goose Up
-- The log of somebody, newest first.
CREATE INDEX admin_log_actor_ix ON admin_log (institutionid, actor, timecreated);
