-- +goose Up
-- Which policy of a Moodle site became which of ours. moodleid is that site's tool_policy.id.
CREATE TABLE moodle_policy (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  moodleid BIGINT NOT NULL,
  policyid BIGINT NOT NULL,
  PRIMARY KEY (platformid, moodleid),
  UNIQUE KEY moodle_policy_uix (policyid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
