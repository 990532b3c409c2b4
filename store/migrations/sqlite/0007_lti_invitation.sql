-- +goose Up
-- Single-use right to register a platform. Only the token's SHA-256 is kept.
CREATE TABLE lti_invitation (
  tokenhash BLOB NOT NULL,
  institutionid TEXT NOT NULL,
  timecreated DATETIME NOT NULL,
  expires DATETIME NOT NULL,
  timeused DATETIME NULL,
  platformid TEXT NULL,
  PRIMARY KEY (tokenhash)
);
