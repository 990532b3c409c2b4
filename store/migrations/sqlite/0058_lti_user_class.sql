-- +goose Up
-- What is not a person: test, service or guest. Empty for people.
ALTER TABLE lti_user ADD COLUMN class TEXT NOT NULL DEFAULT '';
