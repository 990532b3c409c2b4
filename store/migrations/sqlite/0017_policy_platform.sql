-- +goose Up
-- On which platforms of its institution a policy applies.
CREATE TABLE policy_platform (
  platformid TEXT NOT NULL,
  policyid INTEGER NOT NULL,
  PRIMARY KEY (platformid, policyid)
) WITHOUT ROWID;
CREATE INDEX policy_platform_policy_ix ON policy_platform (policyid);
