-- +goose Up
-- Nonces already used. admission tells a retry of the same launch's transaction from a replay.
CREATE TABLE lti_nonce (
  hash BINARY(32) NOT NULL,
  admission CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  expires DATETIME(6) NOT NULL,
  PRIMARY KEY (hash),
  KEY lti_nonce_expires_ix (expires)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
