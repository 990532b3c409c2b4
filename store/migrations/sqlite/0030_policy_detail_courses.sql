-- +goose Up
-- 1: the policy is asked only in courses that ask for it.
ALTER TABLE policy_detail ADD COLUMN courses INTEGER NOT NULL DEFAULT 0;
