-- +goose Up
-- Events that are not in the log yet.
CREATE TABLE evidence_queue (
  eventid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (eventid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
