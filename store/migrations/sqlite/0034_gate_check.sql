-- +goose Up
-- Learners whose owed scores must be worked out again, because what they are asked changed: of one course, or of a
-- whole platform if contextid is empty. The last learner that was looked at is kept, so that a restart goes on there.
CREATE TABLE gate_check (
  id TEXT NOT NULL,
  platformid TEXT NOT NULL,
  contextid TEXT NOT NULL,
  due DATETIME NOT NULL,
  atlink TEXT NOT NULL,
  atuser INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX gate_check_due_ix ON gate_check (due);
