-- +goose Up
-- A person on one platform. id is what Moodle's userid columns refer to.
CREATE TABLE lti_user (
  id BIGINT NOT NULL AUTO_INCREMENT,
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  sub VARBINARY(255) NOT NULL,
  name VARCHAR(255) NOT NULL,
  givenname VARCHAR(255) NOT NULL,
  familyname VARCHAR(255) NOT NULL,
  email VARCHAR(255) NOT NULL,
  username VARCHAR(255) NOT NULL,
  idnumber VARCHAR(255) NOT NULL,
  lang VARCHAR(30) NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  lastlaunch DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY lti_user_sub_uix (platformid, sub)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
