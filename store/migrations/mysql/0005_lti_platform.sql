-- +goose Up
-- A registered Moodle. issuer and clientid come from outside and are compared byte by byte.
CREATE TABLE lti_platform (
  id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  institutionid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(255) NOT NULL,
  issuer VARBINARY(255) NOT NULL,
  clientid VARBINARY(255) NOT NULL,
  authurl TEXT NOT NULL,
  tokenurl TEXT NOT NULL,
  jwksurl TEXT NOT NULL,
  anonymous TINYINT(1) NOT NULL,
  status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY lti_platform_client_uix (issuer, clientid),
  KEY lti_platform_institution_ix (institutionid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
