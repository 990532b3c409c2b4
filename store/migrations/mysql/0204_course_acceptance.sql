-- The latest answer of each person to a version in each course that asks for it. tool_policy_acceptances, whose key knows
-- no courses, has the latest of them.
CREATE TABLE course_acceptance (
  id BIGINT NOT NULL AUTO_INCREMENT,
  policyversionid BIGINT NOT NULL,
  userid BIGINT NOT NULL,
  contextid VARBINARY(255) NOT NULL,
  status TINYINT(1) NOT NULL,
  lang VARCHAR(30) NOT NULL,
  usermodified BIGINT NOT NULL,
  timecreated BIGINT NOT NULL,
  timemodified BIGINT NOT NULL,
  note LONGTEXT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY course_acceptance_uix (policyversionid, userid, contextid),
  KEY course_acceptance_user_ix (userid),
  KEY course_acceptance_actor_ix (usermodified)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
