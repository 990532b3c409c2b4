-- +goose Up
-- Translations. The version's own row holds the primary language.
CREATE TABLE policy_version_text (
  versionid INTEGER NOT NULL,
  lang TEXT NOT NULL,
  name TEXT NOT NULL,
  summary TEXT NOT NULL,
  content TEXT NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (versionid, lang)
);
