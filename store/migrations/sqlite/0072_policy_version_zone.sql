-- +goose Up
-- The time zone in which somebody meant the day on which the version begins to apply.
ALTER TABLE policy_version_detail ADD COLUMN zone TEXT NOT NULL DEFAULT '';
