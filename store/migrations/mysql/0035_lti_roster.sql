-- +goose Up
-- What is known of a course's roster. generation names the members of the last whole one, filling those of a fetch
-- that is under way until leaseduntil, stale those of the one before, which readers may still be at.
CREATE TABLE lti_roster (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  contextid VARBINARY(255) NOT NULL,
  url VARBINARY(2000) NOT NULL,
  generation CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  filling CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  stale CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  leaseduntil DATETIME(6) NULL,
  members BIGINT NOT NULL,
  timefetched DATETIME(6) NULL,
  timefailed DATETIME(6) NULL,
  failure VARCHAR(64) NOT NULL,
  PRIMARY KEY (platformid, contextid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
