-- +goose Up
-- Moodle 4.5's tool_policy_versions. Nothing may be added here.
CREATE TABLE tool_policy_versions (
  id bigint(10) NOT NULL AUTO_INCREMENT,
  name varchar(1333) NOT NULL DEFAULT '',
  type smallint(3) NOT NULL DEFAULT 0,
  audience smallint(3) NOT NULL DEFAULT 0,
  archived smallint(3) NOT NULL DEFAULT 0,
  usermodified bigint(10) NOT NULL,
  timecreated bigint(10) NOT NULL,
  timemodified bigint(10) NOT NULL,
  policyid bigint(10) NOT NULL,
  agreementstyle smallint(3) NOT NULL DEFAULT 0,
  optional smallint(3) NOT NULL DEFAULT 0,
  revision varchar(1333) NOT NULL DEFAULT '',
  summary longtext NOT NULL,
  summaryformat smallint(3) NOT NULL,
  content longtext NOT NULL,
  contentformat smallint(3) NOT NULL,
  PRIMARY KEY (id),
  KEY toolpolivers_use_ix (usermodified),
  KEY toolpolivers_pol_ix (policyid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='Holds versions of the policy documents';
