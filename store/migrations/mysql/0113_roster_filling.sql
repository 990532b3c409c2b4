-- +goose Up
-- Finds what names a list of members.
ALTER TABLE lti_roster ADD KEY lti_roster_filling_ix (filling);
