-- +goose Up
-- A tenant: owns policies and platforms.
CREATE TABLE institution (
  id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(190) NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY institution_name_uix (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
