-- +goose Up
-- The processes that serve, and when each last wrote here: that it can is a part of being ready.
CREATE TABLE replica (
  id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  timeseen DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  KEY replica_timeseen_ix (timeseen)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
