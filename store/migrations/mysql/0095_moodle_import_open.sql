-- +goose Up
-- Answers that were taken over since an import was last finished: an import that was broken off is finished by
-- the next one.
ALTER TABLE moodle_import ADD COLUMN openanswers BIGINT NOT NULL DEFAULT 0;
