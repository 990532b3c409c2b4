-- +goose Up
-- The tool's own signing keys. One row per use: next, current, previous.
CREATE TABLE tool_key (
  kid VARCHAR(190) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  keyuse VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  pem TEXT NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  PRIMARY KEY (kid),
  UNIQUE KEY tool_key_use_uix (keyuse)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
