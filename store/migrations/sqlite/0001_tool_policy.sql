-- +goose Up
-- Moodle 4.5's tool_policy: the same columns, so that rows travel both ways. Nothing may be added here.
CREATE TABLE tool_policy (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sortorder INTEGER NOT NULL DEFAULT 999,
  currentversionid INTEGER DEFAULT NULL
);
CREATE INDEX toolpoli_cur_ix ON tool_policy (currentversionid);
