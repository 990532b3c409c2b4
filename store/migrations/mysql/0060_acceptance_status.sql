-- +goose Up
-- Counts answers of a version without reading them.
ALTER TABLE tool_policy_acceptances ADD KEY toolpoliacce_sta_ix (policyversionid, status, userid);
