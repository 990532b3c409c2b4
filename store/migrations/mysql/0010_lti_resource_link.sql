-- +goose Up
-- An activity of a platform.
CREATE TABLE lti_resource_link (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  resourcelinkid VARBINARY(255) NOT NULL,
  contextid VARBINARY(255) NOT NULL,
  title VARCHAR(255) NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  PRIMARY KEY (platformid, resourcelinkid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
