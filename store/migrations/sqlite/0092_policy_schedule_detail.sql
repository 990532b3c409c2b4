-- +goose Up
-- What was decided when a version was scheduled: which edit of the draft, and which version was active (0: none).
-- Beside it what became of it since: why it could not become active, how often it was tried, and when it is next.
CREATE TABLE policy_schedule_detail (
  policyid INTEGER NOT NULL,
  versionid INTEGER NOT NULL,
  edit INTEGER NULL,
  replaces INTEGER NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  failure TEXT NOT NULL DEFAULT '',
  failedat DATETIME NULL,
  nexttry DATETIME NULL,
  PRIMARY KEY (policyid)
);
