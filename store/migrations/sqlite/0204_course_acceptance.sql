-- The latest answer of each person to a version in each course that asks for it. tool_policy_acceptances, whose key knows
-- no courses, has the latest of them.
CREATE TABLE course_acceptance (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  policyversionid INTEGER NOT NULL,
  userid INTEGER NOT NULL,
  contextid TEXT NOT NULL,
  status INTEGER NOT NULL,
  lang TEXT NOT NULL,
  usermodified INTEGER NOT NULL,
  timecreated INTEGER NOT NULL,
  timemodified INTEGER NOT NULL,
  note TEXT NULL
);
CREATE UNIQUE INDEX course_acceptance_uix ON course_acceptance (policyversionid, userid, contextid);
CREATE INDEX course_acceptance_user_ix ON course_acceptance (userid);
CREATE INDEX course_acceptance_actor_ix ON course_acceptance (usermodified);
