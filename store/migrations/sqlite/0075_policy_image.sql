-- +goose Up
-- Images of policy texts, named by the SHA-256 of their bytes and never changed. timeused is when a text last took
-- one: what no text shows is deleted some time after.
CREATE TABLE policy_image (
  digest TEXT NOT NULL,
  mediatype TEXT NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  data BLOB NOT NULL,
  institutionid TEXT NOT NULL,
  userid INTEGER NOT NULL,
  timecreated DATETIME NOT NULL,
  timeused DATETIME NOT NULL,
  PRIMARY KEY (digest)
);
CREATE INDEX policy_image_used_ix ON policy_image (timeused);
