-- +goose Up
-- The time zone in which somebody meant the day on which the version begins to apply.
ALTER TABLE policy_version_detail ADD COLUMN zone VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
