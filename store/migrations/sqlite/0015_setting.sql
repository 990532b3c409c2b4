-- +goose Up
-- Values generated once and kept, such as the session key.
CREATE TABLE setting (
  name TEXT NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (name)
);
