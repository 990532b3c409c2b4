-- +goose Up
-- The login door of a platform: the plugin's authorisation endpoint, what members are asked (a serial that
-- grows with each change), and the notice of it that the plugin is owed: stateserial > delivered.
CREATE TABLE lti_door (
  platformid TEXT NOT NULL,
  authurl TEXT NOT NULL,
  statehash TEXT NOT NULL,
  stateserial INTEGER NOT NULL,
  versions TEXT NOT NULL,
  delivered INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  nexttry DATETIME NOT NULL,
  timecreated DATETIME NOT NULL,
  timemodified DATETIME NOT NULL,
  PRIMARY KEY (platformid)
);
