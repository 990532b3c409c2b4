-- +goose Up
-- The Moodle activity that a launch came from, to lead its reader back there.
ALTER TABLE lti_session ADD COLUMN cmid BIGINT NOT NULL DEFAULT 0;
