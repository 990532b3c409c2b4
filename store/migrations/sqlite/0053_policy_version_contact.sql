-- +goose Up
-- Whom to ask about a version.
ALTER TABLE policy_version_detail ADD COLUMN contact TEXT NOT NULL DEFAULT '';
