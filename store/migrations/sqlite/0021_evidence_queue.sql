-- +goose Up
-- Events that are not in the log yet.
CREATE TABLE evidence_queue (
  eventid TEXT NOT NULL,
  PRIMARY KEY (eventid)
) WITHOUT ROWID;
