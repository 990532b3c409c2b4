-- +goose Up
-- When the version became active. NULL: never, or nobody wrote it down.
ALTER TABLE policy_version_detail ADD COLUMN activefrom DATETIME;
