-- +goose Up
-- What an administrator let a person of a platform do: policies, report, behalf.
CREATE TABLE admin_grant (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  userid BIGINT NOT NULL,
  power VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  actor VARCHAR(255) NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  PRIMARY KEY (platformid, userid, power)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
