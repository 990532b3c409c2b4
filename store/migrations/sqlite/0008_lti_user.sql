-- +goose Up
-- A person on one platform. id is what Moodle's userid columns refer to.
CREATE TABLE lti_user (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  platformid TEXT NOT NULL,
  sub TEXT NOT NULL,
  name TEXT NOT NULL,
  givenname TEXT NOT NULL,
  familyname TEXT NOT NULL,
  email TEXT NOT NULL,
  username TEXT NOT NULL,
  idnumber TEXT NOT NULL,
  lang TEXT NOT NULL,
  timecreated DATETIME NOT NULL,
  lastlaunch DATETIME NOT NULL
);
CREATE UNIQUE INDEX lti_user_sub_uix ON lti_user (platformid, sub);
