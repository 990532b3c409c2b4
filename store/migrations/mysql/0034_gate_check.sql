-- +goose Up
-- Learners whose owed scores must be worked out again, because what they are asked changed: of one course, or of a
-- whole platform if contextid is empty. The last learner that was looked at is kept, so that a restart goes on there.
CREATE TABLE gate_check (
  id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  contextid VARBINARY(255) NOT NULL,
  due DATETIME(6) NOT NULL,
  atlink VARBINARY(255) NOT NULL,
  atuser BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY gate_check_due_ix (due)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
