-- +goose Up
-- Which version of a Moodle site became which of ours, with its texts exactly as they stood there. digest is of
-- the primary text that was made of them: while it holds, an export gives Moodle its own texts back.
CREATE TABLE moodle_version (
  platformid TEXT NOT NULL,
  moodleid INTEGER NOT NULL,
  versionid INTEGER NOT NULL,
  name TEXT NOT NULL,
  summary TEXT NOT NULL,
  summaryformat INTEGER NOT NULL,
  content TEXT NOT NULL,
  contentformat INTEGER NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (platformid, moodleid),
  CONSTRAINT moodle_version_uix UNIQUE (versionid)
);
