-- +goose Up
-- A course of a platform.
CREATE TABLE lti_context (
  platformid TEXT NOT NULL,
  contextid TEXT NOT NULL,
  label TEXT NOT NULL,
  title TEXT NOT NULL,
  timecreated DATETIME NOT NULL,
  PRIMARY KEY (platformid, contextid)
);
