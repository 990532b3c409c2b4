-- +goose Up
-- The highest tool_policy_acceptances.id that was taken over from a Moodle site: an export numbers new rows above it.
CREATE TABLE moodle_import (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  acceptanceid BIGINT NOT NULL,
  timemodified DATETIME(6) NOT NULL,
  PRIMARY KEY (platformid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
