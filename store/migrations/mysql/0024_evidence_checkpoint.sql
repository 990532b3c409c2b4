-- +goose Up
-- Signed notes over the log's size and tree hash.
CREATE TABLE evidence_checkpoint (
  size BIGINT NOT NULL,
  note TEXT NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  PRIMARY KEY (size)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
