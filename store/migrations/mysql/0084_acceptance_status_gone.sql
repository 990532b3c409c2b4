-- +goose Up
-- It is the beginning of toolpoliacce_day_ix.
ALTER TABLE tool_policy_acceptances DROP KEY toolpoliacce_sta_ix;
