-- +goose Up
-- Where a draft is to be asked once it applies: in whole sites or only in courses that ask for it. The sites stand in
-- policy_draft_platform. It counts while the draft's edit is this one: a program from before this table saves a draft
-- without it. Without a row that counts, a draft is for where its policy applies.
CREATE TABLE policy_draft_scope (
  versionid INTEGER NOT NULL,
  edit INTEGER NOT NULL,
  courses INTEGER NOT NULL,
  PRIMARY KEY (versionid)
);
