-- +goose Up
-- Which policy of a Moodle site became which of ours. moodleid is that site's tool_policy.id.
CREATE TABLE moodle_policy (
  platformid TEXT NOT NULL,
  moodleid INTEGER NOT NULL,
  policyid INTEGER NOT NULL,
  PRIMARY KEY (platformid, moodleid),
  CONSTRAINT moodle_policy_uix UNIQUE (policyid)
);
