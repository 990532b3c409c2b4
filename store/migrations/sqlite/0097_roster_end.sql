-- +goose Up
-- Finds lists that nobody opened for long, and what names a list of members.
CREATE INDEX lti_roster_fetched_ix ON lti_roster (timefetched);
CREATE INDEX lti_roster_generation_ix ON lti_roster (generation);
CREATE INDEX lti_roster_stale_ix ON lti_roster (stale);
CREATE INDEX lti_roster_filling_ix ON lti_roster (filling);
