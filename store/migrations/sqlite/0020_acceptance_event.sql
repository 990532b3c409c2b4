-- +goose Up
-- One row per act of answering: append-only. presentation is NULL where there was no form, so that the
-- unique key binds only answers that came from one.
CREATE TABLE acceptance_event (
  id TEXT NOT NULL,
  timecreated DATETIME NOT NULL,
  institutionid TEXT NOT NULL,
  platformid TEXT NOT NULL,
  issuer TEXT NOT NULL,
  userid INTEGER NOT NULL,
  sub TEXT NOT NULL,
  actorid INTEGER NOT NULL,
  actorsub TEXT NOT NULL,
  policyid INTEGER NOT NULL,
  versionid INTEGER NOT NULL,
  materialid INTEGER NOT NULL,
  policyname TEXT NOT NULL,
  revision TEXT NOT NULL,
  kind TEXT NOT NULL,
  lang TEXT NOT NULL,
  uilang TEXT NOT NULL,
  digest TEXT NOT NULL,
  statement TEXT NOT NULL,
  button TEXT NOT NULL,
  answer TEXT NOT NULL,
  standing INTEGER NOT NULL,
  note TEXT NOT NULL,
  launchid TEXT NOT NULL,
  deploymentid TEXT NOT NULL,
  contextid TEXT NOT NULL,
  resourcelinkid TEXT NOT NULL,
  roles TEXT NOT NULL,
  presentation TEXT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX acceptance_event_presentation_uix ON acceptance_event (presentation, versionid);
CREATE INDEX acceptance_event_user_ix ON acceptance_event (userid, versionid, timecreated);
CREATE INDEX acceptance_event_platform_ix ON acceptance_event (platformid, timecreated);
