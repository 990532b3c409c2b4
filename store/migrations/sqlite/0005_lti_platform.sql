-- +goose Up
-- A registered Moodle. issuer and clientid come from outside and are compared byte by byte.
CREATE TABLE lti_platform (
  id TEXT NOT NULL,
  institutionid TEXT NOT NULL,
  name TEXT NOT NULL,
  issuer TEXT NOT NULL,
  clientid TEXT NOT NULL,
  authurl TEXT NOT NULL,
  tokenurl TEXT NOT NULL,
  jwksurl TEXT NOT NULL,
  anonymous INTEGER NOT NULL,
  status TEXT NOT NULL,
  timecreated DATETIME NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX lti_platform_client_uix ON lti_platform (issuer, clientid);
CREATE INDEX lti_platform_institution_ix ON lti_platform (institutionid);
