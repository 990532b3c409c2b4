-- +goose Up
-- Which versions show an image, in any of their languages.
CREATE TABLE policy_image_use (
  versionid BIGINT NOT NULL,
  digest CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (versionid, digest),
  KEY policy_image_use_digest_ix (digest)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
