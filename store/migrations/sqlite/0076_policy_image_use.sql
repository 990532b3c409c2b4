-- +goose Up
-- Which versions show an image, in any of their languages.
CREATE TABLE policy_image_use (
  versionid INTEGER NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (versionid, digest)
);
CREATE INDEX policy_image_use_digest_ix ON policy_image_use (digest);
