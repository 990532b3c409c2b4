-- +goose Up
-- The highest tool_policy_acceptances.id that was taken over from a Moodle site: an export numbers new rows above it.
CREATE TABLE moodle_import (
  platformid TEXT NOT NULL,
  acceptanceid INTEGER NOT NULL,
  timemodified DATETIME NOT NULL,
  PRIMARY KEY (platformid)
);
