-- +goose Up
-- Drafts that become active by themselves. One a policy.
CREATE TABLE policy_schedule (
  policyid BIGINT NOT NULL,
  versionid BIGINT NOT NULL,
  effectivefrom DATETIME(6) NOT NULL,
  minor TINYINT(1) NOT NULL,
  actor VARCHAR(255) NOT NULL,
  PRIMARY KEY (policyid),
  KEY policy_schedule_due_ix (effectivefrom)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
