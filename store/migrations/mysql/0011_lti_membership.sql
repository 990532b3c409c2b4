-- +goose Up
-- Who launched in which course, with which signed roles.
CREATE TABLE lti_membership (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  contextid VARBINARY(255) NOT NULL,
  userid BIGINT NOT NULL,
  roles TEXT NOT NULL,
  lastlaunch DATETIME(6) NOT NULL,
  PRIMARY KEY (platformid, contextid, userid),
  KEY lti_membership_user_ix (userid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
