-- +goose Up
-- 1: it was given out, to be kept elsewhere, and is never thinned.
ALTER TABLE evidence_checkpoint ADD COLUMN given TINYINT(1) NOT NULL DEFAULT 0;
