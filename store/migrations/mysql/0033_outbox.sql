-- +goose Up
-- Scores owed to platforms: one row for each activity that a learner opened, so that only the newest state
-- is ever owed. wanted and sent: 0 no score, 1 full score, and sent is 2 while it is unknown what arrived. due is
-- when to look at the row next, NULL if there is nothing to do. stamp is the time of the last score that was sent.
CREATE TABLE outbox (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  resourcelinkid VARBINARY(255) NOT NULL,
  userid BIGINT NOT NULL,
  contextid VARBINARY(255) NOT NULL,
  sub VARBINARY(255) NOT NULL,
  lineitem VARBINARY(2000) NOT NULL,
  wanted TINYINT NOT NULL,
  sent TINYINT NOT NULL,
  stamp DATETIME(6) NULL,
  revision BIGINT NOT NULL,
  due DATETIME(6) NULL,
  owedsince DATETIME(6) NULL,
  attempts INT NOT NULL,
  dead TINYINT(1) NOT NULL,
  failure VARCHAR(255) NOT NULL,
  timemodified DATETIME(6) NOT NULL,
  PRIMARY KEY (platformid, resourcelinkid, userid),
  KEY outbox_due_ix (due),
  KEY outbox_user_ix (userid),
  KEY outbox_context_ix (platformid, contextid, resourcelinkid, userid),
  KEY outbox_dead_ix (dead, platformid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
