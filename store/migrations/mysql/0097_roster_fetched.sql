-- +goose Up
-- Finds lists that nobody opened for long.
ALTER TABLE lti_roster ADD KEY lti_roster_fetched_ix (timefetched);
