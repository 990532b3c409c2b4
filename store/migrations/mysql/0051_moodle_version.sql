-- +goose Up
-- Which version of a Moodle site became which of ours, with its texts exactly as they stood there. digest is of
-- the primary text that was made of them: while it holds, an export gives Moodle its own texts back.
CREATE TABLE moodle_version (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  moodleid BIGINT NOT NULL,
  versionid BIGINT NOT NULL,
  name VARCHAR(1333) NOT NULL,
  summary LONGTEXT NOT NULL,
  summaryformat SMALLINT NOT NULL,
  content LONGTEXT NOT NULL,
  contentformat SMALLINT NOT NULL,
  digest CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (platformid, moodleid),
  UNIQUE KEY moodle_version_uix (versionid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
