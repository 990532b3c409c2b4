-- +goose Up
-- The log's tree, in the order of golang.org/x/mod/sumdb/tlog's stored hashes.
CREATE TABLE evidence_hash (
  idx INTEGER NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (idx)
) WITHOUT ROWID;
