-- +goose Up
-- 1: it was given out, to be kept elsewhere, and is never thinned.
ALTER TABLE evidence_checkpoint ADD COLUMN given INTEGER NOT NULL DEFAULT 0;
