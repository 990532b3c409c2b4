-- +goose Up
-- What became of a transaction: written by it, or in its place by whoever never learnt whether it was committed.
CREATE TABLE tx_receipt (
  id TEXT NOT NULL,
  state TEXT NOT NULL,
  expires DATETIME NOT NULL,
  PRIMARY KEY (id)
) WITHOUT ROWID;
CREATE INDEX tx_receipt_expires_ix ON tx_receipt (expires);
