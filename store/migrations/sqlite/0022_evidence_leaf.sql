-- +goose Up
-- The log's leaves: leaf idx is the hash of this event.
CREATE TABLE evidence_leaf (
  idx INTEGER NOT NULL,
  eventid TEXT NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (idx)
);
CREATE UNIQUE INDEX evidence_leaf_event_uix ON evidence_leaf (eventid);
