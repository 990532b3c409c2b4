-- +goose Up
-- Counts the saves of a draft, so that of two editors the second sees that the first was there.
ALTER TABLE policy_version_detail ADD COLUMN edit BIGINT NOT NULL DEFAULT 0;
