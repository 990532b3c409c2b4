-- +goose Up
-- Nonces already used. admission tells a retry of the same launch's transaction from a replay.
CREATE TABLE lti_nonce (
  hash BLOB NOT NULL,
  admission TEXT NOT NULL,
  expires DATETIME NOT NULL,
  PRIMARY KEY (hash)
) WITHOUT ROWID;
CREATE INDEX lti_nonce_expires_ix ON lti_nonce (expires);
