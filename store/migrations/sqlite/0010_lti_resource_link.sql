-- +goose Up
-- An activity of a platform.
CREATE TABLE lti_resource_link (
  platformid TEXT NOT NULL,
  resourcelinkid TEXT NOT NULL,
  contextid TEXT NOT NULL,
  title TEXT NOT NULL,
  timecreated DATETIME NOT NULL,
  PRIMARY KEY (platformid, resourcelinkid)
);
