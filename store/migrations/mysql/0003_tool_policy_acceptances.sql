-- +goose Up
-- Moodle 4.5's tool_policy_acceptances, here the projection of acceptance_event. Nothing may be added here.
CREATE TABLE tool_policy_acceptances (
  id bigint(10) NOT NULL AUTO_INCREMENT,
  policyversionid bigint(10) NOT NULL,
  userid bigint(10) NOT NULL,
  status tinyint(1) DEFAULT NULL,
  lang varchar(30) NOT NULL DEFAULT '',
  usermodified bigint(10) NOT NULL,
  timecreated bigint(10) NOT NULL,
  timemodified bigint(10) NOT NULL,
  note longtext DEFAULT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY toolpoliacce_poluse_uix (policyversionid,userid),
  KEY toolpoliacce_pol_ix (policyversionid),
  KEY toolpoliacce_use_ix (userid),
  KEY toolpoliacce_use2_ix (usermodified)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='Tracks users accepting the policy versions';
