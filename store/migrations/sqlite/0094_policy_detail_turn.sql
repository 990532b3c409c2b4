-- +goose Up
-- Counts the acts that change what of the policy applies or waits: each compares and sets it, so that no two of
-- them go by what the other one overtook.
ALTER TABLE policy_detail ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
