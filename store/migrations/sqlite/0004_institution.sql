-- +goose Up
-- A tenant: owns policies and platforms.
CREATE TABLE institution (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  timecreated DATETIME NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX institution_name_uix ON institution (name);
