-- +goose Up
-- The processes that serve, and when each last wrote here: that it can is a part of being ready.
CREATE TABLE replica (
  id TEXT NOT NULL,
  timeseen DATETIME NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX replica_timeseen_ix ON replica (timeseen);
