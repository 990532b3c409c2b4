-- +goose Up
-- The folded words by which people are found, made by the program. Empty: not made yet.
ALTER TABLE lti_user ADD COLUMN search TEXT NOT NULL DEFAULT '';
