-- +goose Up
-- What a session's deep linking request asked for. usedby is the answer that used it up.
CREATE TABLE lti_deep_link (
  sessionid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  settings TEXT NOT NULL,
  expires DATETIME(6) NOT NULL,
  usedby CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  PRIMARY KEY (sessionid),
  KEY lti_deep_link_expires_ix (expires)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
