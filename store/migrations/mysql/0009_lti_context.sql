-- +goose Up
-- A course of a platform.
CREATE TABLE lti_context (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  contextid VARBINARY(255) NOT NULL,
  label VARCHAR(255) NOT NULL,
  title VARCHAR(255) NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  PRIMARY KEY (platformid, contextid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
