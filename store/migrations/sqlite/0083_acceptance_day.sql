-- +goose Up
-- Counts answers of a version, also by day, without reading them.
CREATE INDEX toolpoliacce_day_ix ON tool_policy_acceptances (policyversionid, status, userid, timemodified);
