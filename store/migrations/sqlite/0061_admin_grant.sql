-- +goose Up
-- What an administrator let a person of a platform do: policies, report, behalf.
CREATE TABLE admin_grant (
  platformid TEXT NOT NULL,
  userid INTEGER NOT NULL,
  power TEXT NOT NULL,
  actor TEXT NOT NULL,
  timecreated DATETIME NOT NULL,
  PRIMARY KEY (platformid, userid, power)
);
