-- +goose Up
-- Signed notes over the log's size and tree hash.
CREATE TABLE evidence_checkpoint (
  size INTEGER NOT NULL,
  note TEXT NOT NULL,
  timecreated DATETIME NOT NULL,
  PRIMARY KEY (size)
);
