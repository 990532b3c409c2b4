-- +goose Up
-- Drafts that become active by themselves. One a policy.
CREATE TABLE policy_schedule (
  policyid INTEGER NOT NULL,
  versionid INTEGER NOT NULL,
  effectivefrom DATETIME NOT NULL,
  minor INTEGER NOT NULL,
  actor TEXT NOT NULL,
  PRIMARY KEY (policyid)
);
CREATE INDEX policy_schedule_due_ix ON policy_schedule (effectivefrom);
