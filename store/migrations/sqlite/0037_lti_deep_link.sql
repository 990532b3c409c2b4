-- +goose Up
-- What a session's deep linking request asked for. usedby is the answer that used it up.
CREATE TABLE lti_deep_link (
  sessionid TEXT NOT NULL,
  settings TEXT NOT NULL,
  expires DATETIME NOT NULL,
  usedby TEXT,
  PRIMARY KEY (sessionid)
);
CREATE INDEX lti_deep_link_expires_ix ON lti_deep_link (expires);
