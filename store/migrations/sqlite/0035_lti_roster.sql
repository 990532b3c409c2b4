-- +goose Up
-- What is known of a course's roster. generation names the members of the last whole one, filling those of a fetch
-- that is under way until leaseduntil, stale those of the one before, which readers may still be at.
CREATE TABLE lti_roster (
  platformid TEXT NOT NULL,
  contextid TEXT NOT NULL,
  url TEXT NOT NULL,
  generation TEXT NOT NULL,
  filling TEXT NOT NULL,
  stale TEXT NOT NULL,
  leaseduntil DATETIME,
  members INTEGER NOT NULL,
  timefetched DATETIME,
  timefailed DATETIME,
  failure TEXT NOT NULL,
  PRIMARY KEY (platformid, contextid)
);
