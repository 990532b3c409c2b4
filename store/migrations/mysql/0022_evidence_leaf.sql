-- +goose Up
-- The log's leaves: leaf idx is the hash of this event.
CREATE TABLE evidence_leaf (
  idx BIGINT NOT NULL,
  eventid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  hash BINARY(32) NOT NULL,
  PRIMARY KEY (idx),
  UNIQUE KEY evidence_leaf_event_uix (eventid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
