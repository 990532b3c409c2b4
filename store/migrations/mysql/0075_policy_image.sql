-- +goose Up
-- Images of policy texts, named by the SHA-256 of their bytes and never changed. timeused is when a text last took
-- one: what no text shows is deleted some time after.
CREATE TABLE policy_image (
  digest CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  mediatype VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  width INT NOT NULL,
  height INT NOT NULL,
  data MEDIUMBLOB NOT NULL,
  institutionid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  userid BIGINT NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  timeused DATETIME(6) NOT NULL,
  PRIMARY KEY (digest),
  KEY policy_image_used_ix (timeused)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
