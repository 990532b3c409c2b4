-- +goose Up
-- What tool_policy has no place for.
CREATE TABLE policy_detail (
  policyid INTEGER NOT NULL,
  institutionid TEXT NOT NULL,
  slug TEXT NOT NULL,
  PRIMARY KEY (policyid)
);
CREATE UNIQUE INDEX policy_detail_slug_uix ON policy_detail (institutionid, slug);
