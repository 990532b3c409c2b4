-- +goose Up
-- Whom to ask about a version.
ALTER TABLE policy_version_detail ADD COLUMN contact VARCHAR(255) NOT NULL DEFAULT '';
