-- +goose Up
-- Finds what names a list of members.
CREATE INDEX lti_roster_stale_ix ON lti_roster (stale);
