-- +goose Up
-- On which platforms a draft is to be asked, see policy_draft_scope.
CREATE TABLE policy_draft_platform (
  versionid INTEGER NOT NULL,
  platformid TEXT NOT NULL,
  PRIMARY KEY (versionid, platformid)
) WITHOUT ROWID;
