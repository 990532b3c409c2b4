-- +goose Up
-- Translations. The version's own row holds the primary language.
CREATE TABLE policy_version_text (
  versionid BIGINT NOT NULL,
  lang VARCHAR(35) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(1333) NOT NULL,
  summary LONGTEXT NOT NULL,
  content LONGTEXT NOT NULL,
  digest CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (versionid, lang)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
