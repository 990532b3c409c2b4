-- +goose Up
-- What a launch through a door told besides its session: the one-time value that the answer must repeat.
CREATE TABLE lti_door_launch (
  sessionid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  nonce VARBINARY(255) NOT NULL,
  contact VARCHAR(255) NOT NULL,
  expires DATETIME(6) NOT NULL,
  PRIMARY KEY (sessionid),
  KEY lti_door_launch_expires_ix (expires)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
