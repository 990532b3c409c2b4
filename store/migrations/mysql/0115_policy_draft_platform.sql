-- +goose Up
-- On which platforms a draft is to be asked, see policy_draft_scope.
CREATE TABLE policy_draft_platform (
  versionid BIGINT NOT NULL,
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (versionid, platformid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
