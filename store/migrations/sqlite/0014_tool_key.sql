-- +goose Up
-- The tool's own signing keys. One row per use: next, current, previous.
CREATE TABLE tool_key (
  kid TEXT NOT NULL,
  keyuse TEXT NOT NULL,
  pem TEXT NOT NULL,
  timecreated DATETIME NOT NULL,
  PRIMARY KEY (kid)
);
CREATE UNIQUE INDEX tool_key_use_uix ON tool_key (keyuse);
