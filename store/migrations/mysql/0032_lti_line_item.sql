-- +goose Up
-- The line item of an activity, as its last launch told. Empty: it has none, or no scores may be sent to it.
CREATE TABLE lti_line_item (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  resourcelinkid VARBINARY(255) NOT NULL,
  contextid VARBINARY(255) NOT NULL,
  url VARBINARY(2000) NOT NULL,
  PRIMARY KEY (platformid, resourcelinkid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
