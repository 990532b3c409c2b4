-- +goose Up
-- What people typed into the editor of a draft and have not saved: the form as it was, for nobody else.
-- versionid 0: a policy that does not exist yet.
CREATE TABLE policy_autosave (
  id TEXT NOT NULL,
  institutionid TEXT NOT NULL,
  versionid INTEGER NOT NULL,
  userid INTEGER NOT NULL,
  page TEXT NOT NULL,
  edit INTEGER NOT NULL,
  form TEXT NOT NULL,
  timecreated DATETIME NOT NULL,
  timemodified DATETIME NOT NULL,
  expires DATETIME NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX policy_autosave_version_uix ON policy_autosave (institutionid, versionid, userid);
CREATE INDEX policy_autosave_expires_ix ON policy_autosave (expires);
