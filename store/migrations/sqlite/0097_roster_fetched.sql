-- +goose Up
-- Finds lists that nobody opened for long.
CREATE INDEX lti_roster_fetched_ix ON lti_roster (timefetched);
