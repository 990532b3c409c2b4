-- +goose Up
-- The login door of a platform: the plugin's authorisation endpoint, what members are asked (a serial that
-- grows with each change), and the notice of it that the plugin is owed: stateserial > delivered.
CREATE TABLE lti_door (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  authurl TEXT NOT NULL,
  statehash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  stateserial BIGINT NOT NULL,
  versions TEXT NOT NULL,
  delivered BIGINT NOT NULL,
  tries INT NOT NULL,
  nexttry DATETIME(6) NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  timemodified DATETIME(6) NOT NULL,
  PRIMARY KEY (platformid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
