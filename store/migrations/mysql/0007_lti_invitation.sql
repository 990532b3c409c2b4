-- +goose Up
-- Single-use right to register a platform. Only the token's SHA-256 is kept.
CREATE TABLE lti_invitation (
  tokenhash BINARY(32) NOT NULL,
  institutionid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  expires DATETIME(6) NOT NULL,
  timeused DATETIME(6) NULL,
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  PRIMARY KEY (tokenhash)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
