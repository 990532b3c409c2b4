-- +goose Up
-- Counts answers of a version without reading them.
CREATE INDEX toolpoliacce_sta_ix ON tool_policy_acceptances (policyversionid, status, userid);
