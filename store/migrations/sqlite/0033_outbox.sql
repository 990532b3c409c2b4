-- +goose Up
-- Scores owed to platforms: one row for each activity that a learner opened, so that only the newest state
-- is ever owed. wanted and sent: 0 no score, 1 full score, and sent is 2 while it is unknown what arrived. due is
-- when to look at the row next, NULL if there is nothing to do. stamp is the time of the last score that was sent.
CREATE TABLE outbox (
  platformid TEXT NOT NULL,
  resourcelinkid TEXT NOT NULL,
  userid INTEGER NOT NULL,
  contextid TEXT NOT NULL,
  sub TEXT NOT NULL,
  lineitem TEXT NOT NULL,
  wanted INTEGER NOT NULL,
  sent INTEGER NOT NULL,
  stamp DATETIME,
  revision INTEGER NOT NULL,
  due DATETIME,
  owedsince DATETIME,
  attempts INTEGER NOT NULL,
  dead INTEGER NOT NULL,
  failure TEXT NOT NULL,
  timemodified DATETIME NOT NULL,
  PRIMARY KEY (platformid, resourcelinkid, userid)
);
CREATE INDEX outbox_due_ix ON outbox (due);
CREATE INDEX outbox_user_ix ON outbox (userid);
CREATE INDEX outbox_context_ix ON outbox (platformid, contextid, resourcelinkid, userid);
CREATE INDEX outbox_dead_ix ON outbox (dead, platformid);
