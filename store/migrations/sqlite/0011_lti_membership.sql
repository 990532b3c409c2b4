-- +goose Up
-- Who launched in which course, with which signed roles.
CREATE TABLE lti_membership (
  platformid TEXT NOT NULL,
  contextid TEXT NOT NULL,
  userid INTEGER NOT NULL,
  roles TEXT NOT NULL,
  lastlaunch DATETIME NOT NULL,
  PRIMARY KEY (platformid, contextid, userid)
);
CREATE INDEX lti_membership_user_ix ON lti_membership (userid);
