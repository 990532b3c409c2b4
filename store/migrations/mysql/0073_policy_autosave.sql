-- +goose Up
-- What people typed into the editor of a draft and have not saved: the form as it was, for nobody else.
-- versionid 0: a policy that does not exist yet.
CREATE TABLE policy_autosave (
  id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  institutionid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  versionid BIGINT NOT NULL,
  userid BIGINT NOT NULL,
  page VARCHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  edit BIGINT NOT NULL,
  form MEDIUMTEXT NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  timemodified DATETIME(6) NOT NULL,
  expires DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY policy_autosave_version_uix (institutionid, versionid, userid),
  KEY policy_autosave_expires_ix (expires)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
