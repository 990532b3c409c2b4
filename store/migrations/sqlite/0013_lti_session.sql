-- +goose Up
-- What a launch told, until it expires. Only the SHA-256 of the browser's secret is kept.
CREATE TABLE lti_session (
  id TEXT NOT NULL,
  secrethash BLOB NOT NULL,
  platformid TEXT NOT NULL,
  institutionid TEXT NOT NULL,
  userid INTEGER NOT NULL,
  sub TEXT NOT NULL,
  name TEXT NOT NULL,
  admin INTEGER NOT NULL,
  teacher INTEGER NOT NULL,
  guest INTEGER NOT NULL,
  framed INTEGER NOT NULL,
  contextid TEXT NOT NULL,
  contexttitle TEXT NOT NULL,
  resourcelinkid TEXT NOT NULL,
  deploymentid TEXT NOT NULL,
  roles TEXT NOT NULL,
  returnurl TEXT NOT NULL,
  locale TEXT NOT NULL,
  uilang TEXT NOT NULL,
  origin TEXT NOT NULL,
  target TEXT NOT NULL,
  timecreated DATETIME NOT NULL,
  expires DATETIME NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX lti_session_expires_ix ON lti_session (expires);
