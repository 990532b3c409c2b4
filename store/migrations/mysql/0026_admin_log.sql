-- +goose Up
-- What operators and administrators did. Rows copy what they mention.
CREATE TABLE admin_log (
  id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  institutionid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  actor VARCHAR(255) NOT NULL,
  action VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  object VARCHAR(255) NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (id),
  KEY admin_log_time_ix (institutionid, timecreated)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
