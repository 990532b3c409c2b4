-- +goose Up
-- Finds lists that nobody opened for long, and what names a list of members.
ALTER TABLE lti_roster ADD KEY lti_roster_fetched_ix (timefetched), ADD KEY lti_roster_generation_ix (generation), ADD KEY lti_roster_stale_ix (stale), ADD KEY lti_roster_filling_ix (filling);
