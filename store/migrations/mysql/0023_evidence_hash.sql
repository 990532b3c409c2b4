-- +goose Up
-- The log's tree, in the order of golang.org/x/mod/sumdb/tlog's stored hashes.
CREATE TABLE evidence_hash (
  idx BIGINT NOT NULL,
  hash BINARY(32) NOT NULL,
  PRIMARY KEY (idx)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
