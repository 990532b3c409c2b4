-- +goose Up
-- Finds what names a list of members.
CREATE INDEX lti_roster_generation_ix ON lti_roster (generation);
