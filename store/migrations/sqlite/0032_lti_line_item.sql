-- +goose Up
-- The line item of an activity, as its last launch told. Empty: it has none, or no scores may be sent to it.
CREATE TABLE lti_line_item (
  platformid TEXT NOT NULL,
  resourcelinkid TEXT NOT NULL,
  contextid TEXT NOT NULL,
  url TEXT NOT NULL,
  PRIMARY KEY (platformid, resourcelinkid)
);
