-- +goose Up
-- Moodle 4.5's tool_policy_versions. Nothing may be added here.
CREATE TABLE tool_policy_versions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL DEFAULT '',
  type INTEGER NOT NULL DEFAULT 0,
  audience INTEGER NOT NULL DEFAULT 0,
  archived INTEGER NOT NULL DEFAULT 0,
  usermodified INTEGER NOT NULL,
  timecreated INTEGER NOT NULL,
  timemodified INTEGER NOT NULL,
  policyid INTEGER NOT NULL,
  agreementstyle INTEGER NOT NULL DEFAULT 0,
  optional INTEGER NOT NULL DEFAULT 0,
  revision TEXT NOT NULL DEFAULT '',
  summary TEXT NOT NULL,
  summaryformat INTEGER NOT NULL,
  content TEXT NOT NULL,
  contentformat INTEGER NOT NULL
);
CREATE INDEX toolpolivers_use_ix ON tool_policy_versions (usermodified);
CREATE INDEX toolpolivers_pol_ix ON tool_policy_versions (policyid);
