-- +goose Up
-- What was decided when a version was scheduled: which edit of the draft, and which version was active (0: none).
-- Beside it what became of it since: why it could not become active, how often it was tried, and when it is next.
CREATE TABLE policy_schedule_detail (
  policyid BIGINT NOT NULL,
  versionid BIGINT NOT NULL,
  edit BIGINT NULL,
  replaces BIGINT NULL,
  tries INT NOT NULL DEFAULT 0,
  failure VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  failedat DATETIME(6) NULL,
  nexttry DATETIME(6) NULL,
  PRIMARY KEY (policyid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
