-- +goose Up
-- Counts answers of a version, also by day, without reading them.
ALTER TABLE tool_policy_acceptances ADD KEY toolpoliacce_day_ix (policyversionid, status, userid, timemodified);
