-- +goose Up
-- Where the platform lists the course's participants, as its last launch told. NULL in rows of earlier programs,
-- which kept it in lti_roster.
ALTER TABLE lti_context ADD COLUMN rosterurl VARBINARY(2000) NULL;
