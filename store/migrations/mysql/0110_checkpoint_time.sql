-- +goose Up
-- Finds the checkpoints of a day, to thin them.
ALTER TABLE evidence_checkpoint ADD KEY evidence_checkpoint_time_ix (timecreated, size);
