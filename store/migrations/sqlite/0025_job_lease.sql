-- +goose Up
-- Which replica does a background job, until when.
CREATE TABLE job_lease (
  name TEXT NOT NULL,
  token TEXT NOT NULL,
  leaseduntil DATETIME NOT NULL,
  PRIMARY KEY (name)
);
