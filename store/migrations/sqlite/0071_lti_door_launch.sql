-- +goose Up
-- What a launch through a door told besides its session: the one-time value that the answer must repeat.
CREATE TABLE lti_door_launch (
  sessionid TEXT NOT NULL,
  nonce TEXT NOT NULL,
  contact TEXT NOT NULL,
  expires DATETIME NOT NULL,
  PRIMARY KEY (sessionid)
);
CREATE INDEX lti_door_launch_expires_ix ON lti_door_launch (expires);
