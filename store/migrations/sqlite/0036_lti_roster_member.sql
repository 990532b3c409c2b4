-- +goose Up
-- The members of one fetch of a roster, in the platform's order.
CREATE TABLE lti_roster_member (
  generation TEXT NOT NULL,
  sub TEXT NOT NULL,
  position INTEGER NOT NULL,
  teacher INTEGER NOT NULL,
  name TEXT NOT NULL,
  givenname TEXT NOT NULL,
  familyname TEXT NOT NULL,
  email TEXT NOT NULL,
  idnumber TEXT NOT NULL,
  PRIMARY KEY (generation, sub)
);
CREATE INDEX lti_roster_member_position_ix ON lti_roster_member (generation, position);
