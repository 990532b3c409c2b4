-- +goose Up
-- What became of a transaction: written by it, or in its place by whoever never learnt whether it was committed.
CREATE TABLE tx_receipt (
  id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  state VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  expires DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  KEY tx_receipt_expires_ix (expires)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
