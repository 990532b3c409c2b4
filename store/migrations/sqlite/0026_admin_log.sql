-- +goose Up
-- What operators and administrators did. Rows copy what they mention.
CREATE TABLE admin_log (
  id TEXT NOT NULL,
  timecreated DATETIME NOT NULL,
  institutionid TEXT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  object TEXT NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX admin_log_time_ix ON admin_log (institutionid, timecreated);
