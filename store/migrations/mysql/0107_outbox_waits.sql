-- +goose Up
-- 1: a publication made the score due, for many people at once, and it waits for those of people's own acts.
ALTER TABLE outbox ADD COLUMN waits TINYINT NOT NULL DEFAULT 0;
