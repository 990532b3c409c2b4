-- +goose Up
-- What a launch told, until it expires. Only the SHA-256 of the browser's secret is kept.
CREATE TABLE lti_session (
  id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  secrethash BINARY(32) NOT NULL,
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  institutionid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  userid BIGINT NOT NULL,
  sub VARBINARY(255) NOT NULL,
  name VARCHAR(255) NOT NULL,
  admin TINYINT(1) NOT NULL,
  teacher TINYINT(1) NOT NULL,
  guest TINYINT(1) NOT NULL,
  framed TINYINT(1) NOT NULL,
  contextid VARBINARY(255) NOT NULL,
  contexttitle VARCHAR(255) NOT NULL,
  resourcelinkid VARBINARY(255) NOT NULL,
  deploymentid VARBINARY(255) NOT NULL,
  roles TEXT NOT NULL,
  returnurl TEXT NOT NULL,
  locale VARCHAR(30) NOT NULL,
  uilang VARCHAR(35) NOT NULL,
  origin VARCHAR(255) NOT NULL,
  target TEXT NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  expires DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  KEY lti_session_expires_ix (expires)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
