-- +goose Up
-- Finds the checkpoints of a day, to thin them.
CREATE INDEX evidence_checkpoint_time_ix ON evidence_checkpoint (timecreated, size);
