-- +goose Up
-- Which replica does a background job, until when.
CREATE TABLE job_lease (
  name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  token CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  leaseduntil DATETIME(6) NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
